/* Names for answers. */
#include <string.h>
#include <sys/random.h>

#include "daemon/api/api.h"

#define N_LETTERS 24

const char *api_new_id(struct arena *arena, const char *prefix) {
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char bytes[N_LETTERS] = {0};
    char id[64];
    size_t n = strlen(prefix);
    if (getrandom(bytes, sizeof bytes, 0) < 0) memset(bytes, 0, sizeof bytes);
    memcpy(id, prefix, n);
    for (size_t i = 0; i < N_LETTERS; i++) id[n + i] = letters[bytes[i] % (sizeof letters - 1)];
    const char *copy = arena_copy(arena, id, n + N_LETTERS);
    return copy ? copy : prefix;
}
