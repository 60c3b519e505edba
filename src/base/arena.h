/* Memory that is taken in small pieces and given back all at once. A zeroed arena with max set is
 * a valid empty one. Failure is sticky, so that a builder may check once at its end. */
#ifndef INGLE_BASE_ARENA_H
#define INGLE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; the newest first */
    size_t used;                /* of the newest */
    size_t total;               /* bytes given out */
    size_t max;                 /* of total */
    bool failed;                /* out of memory, or past max */
    bool is_secret;             /* a person's words: wiped before their storage goes back */
};

void arena_init(struct arena *a, size_t max);
void arena_init_secret(struct arena *a, size_t max);
void arena_clear(struct arena *a); /* frees all; leaves it reusable, with the same maximum */

/* Zeroed, aligned for any type; NULL on failure, which failed remembers. size 0 is fine. */
BASE_NODISCARD void *arena_alloc(struct arena *a, size_t size);
/* NULL as well if the product wraps. */
BASE_NODISCARD void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy with a NUL behind it. */
BASE_NODISCARD char *arena_copy(struct arena *a, const void *data, size_t size);

#endif
