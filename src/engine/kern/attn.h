/* What the attention of every tier does alike. */
#ifndef INGLE_ENGINE_KERN_ATTN_H
#define INGLE_ENGINE_KERN_ATTN_H

#include "base/compiler.h"
#include "engine/kern/ops.h"

/* Of a step's keys, key0 to key0 + KERN_ATTN_KEYS: how many each row sees. Returns how many all of
 * them see; the values of those are added for all rows at once, then each row's own. The weight 0
 * would not do for what a row must not see: an infinite value times 0 is NaN. */
BASE_ALWAYS_INLINE int kern_attn_seen(int *n_seen, const int *n_keys, int n_rows, int key0) {
    int common = KERN_ATTN_KEYS;
    for (int r = 0; r < n_rows; r++) {
        int n = n_keys[r] - key0;
        n_seen[r] = n < 0 ? 0 : n > KERN_ATTN_KEYS ? KERN_ATTN_KEYS : n;
        if (n_seen[r] < common) common = n_seen[r];
    }
    return common;
}

/* What is read next, fetched a step at a time while something else is computed: a page is too short
 * for the hardware to see where it goes. Only the first tile of a call does so: what the others
 * read is near by then. */
struct kern_ahead {
    const uint8_t *next;
    size_t step; /* bytes; 0 = always the same line, which costs nothing */
};

/* Fetches `size` bytes of it. */
BASE_ALWAYS_INLINE void kern_fetch(struct kern_ahead *ahead, size_t size) {
    for (size_t i = 0; i < size; i += 64) __builtin_prefetch(ahead->next + i);
    ahead->next += ahead->step;
}

/* Consecutive values of a page. */
struct kern_values {
    const uint8_t *first;
    int n;
    int head_dim;
};

/* The n values of a page from number `from` on. */
BASE_ALWAYS_INLINE struct kern_values kern_values_of(const struct kern_kv_page *page, int from,
                                                     int n, int head_dim, enum kern_kv_type type) {
    size_t at = (size_t)from * (size_t)head_dim * kern_kv_size(type);
    return (struct kern_values){(const uint8_t *)page->v + at, n, head_dim};
}

#endif
