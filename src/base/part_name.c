#include "base/part_name.h"

#include <stdio.h>
#include <string.h>

#define SUFFIX_LEN 20 /* "-00001-of-00003.gguf" */
#define N_DIGITS 5
#define COUNT_AT 10 /* in the suffix */

bool part_name_is(const char *path, int i, int n) {
    char expected[32];
    snprintf(expected, sizeof expected, "-%05d-of-%05d.gguf", i + 1, n);
    size_t len = strlen(path);
    return len > SUFFIX_LEN && strcmp(path + len - SUFFIX_LEN, expected) == 0;
}

int part_name_count(const char *path) {
    size_t len = strlen(path);
    if (len <= SUFFIX_LEN) return 0;
    const char *digits = path + len - SUFFIX_LEN + COUNT_AT;
    int n = 0;
    for (int k = 0; k < N_DIGITS; k++) {
        if (digits[k] < '0' || digits[k] > '9') return 0;
        n = n * 10 + (digits[k] - '0');
    }
    return part_name_is(path, 0, n) ? n : 0;
}

void part_name_set(char *path, int i) {
    char digits[16];
    snprintf(digits, sizeof digits, "%05d", i + 1);
    memcpy(path + strlen(path) - SUFFIX_LEN + 1, digits, N_DIGITS);
}
