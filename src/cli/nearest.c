/* "Did you mean ...": the name that a mistyped word is closest to. */
#include <string.h>

#include "cli/options.h"

#define MAX_LEN 31

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) that turn a into b. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t d[MAX_LEN + 1][MAX_LEN + 1];
    for (size_t i = 0; i <= n_a; i++) d[i][0] = i;
    for (size_t j = 0; j <= n_b; j++) d[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        for (size_t j = 1; j <= n_b; j++) {
            size_t edits = min_size(d[i - 1][j], d[i][j - 1]) + 1;
            edits = min_size(edits, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                edits = min_size(edits, d[i - 2][j - 2] + 1);
            }
            d[i][j] = edits;
        }
    }
    return d[n_a][n_b];
}

const char *nearest(const char *word, const char *const *names, size_t n) {
    size_t n_word = strlen(word);
    if (n_word == 0 || n_word > MAX_LEN) return NULL;
    const char *best = NULL;
    size_t best_edits = n_word / 3 + 2; /* farther is a guess, not a suggestion */
    for (size_t i = 0; i < n; i++) {
        size_t n_name = strlen(names[i]);
        if (n_name > MAX_LEN) continue;
        bool begins = n_word >= 3 && n_name > n_word && memcmp(names[i], word, n_word) == 0;
        size_t edits = begins ? 1 : distance(word, n_word, names[i], n_name);
        /* All replaced is no likeness: "zz" is not "rm". */
        if (edits < best_edits && edits < n_word) {
            best_edits = edits;
            best = names[i];
        }
    }
    return best;
}
