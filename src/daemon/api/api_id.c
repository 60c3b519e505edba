/* Names for answers. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/api/api.h"

#define N_LETTERS 24

const char *api_new_id(struct arena *arena, const char *prefix) {
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char bytes[N_LETTERS] = {0};
    char drawn[N_LETTERS + 1], id[64];
    if (getrandom(bytes, sizeof bytes, 0) < 0) memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < N_LETTERS; i++) {
        drawn[i] = letters[bytes[i] % (sizeof letters - 1)];
    }
    drawn[N_LETTERS] = '\0';
    int n = snprintf(id, sizeof id, "%s%s", prefix, drawn);
    const char *copy = arena_copy(arena, id, (size_t)n);
    return copy ? copy : prefix;
}
