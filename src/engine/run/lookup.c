#include "engine/run/lookup.h"

#include "base/map.h"

#define MIN_MATCH 2
#define MAX_STEPS 16 /* along a chain */

static size_t region_size(const struct lookup *l) {
    return (((size_t)1 << l->bits) + (size_t)l->n_ctx) * sizeof *l->newest;
}

ingle_status lookup_init(struct lookup *l, int n_ctx, ingle_error *err) {
    *l = (struct lookup){.n_ctx = n_ctx};
    while (l->bits < 30 && 1 << l->bits < n_ctx) l->bits++;
    size_t size = region_size(l);
    l->newest = region_new(size, false);
    if (!l->newest) {
        *l = (struct lookup){0};
        return status_no_memory(err, "the index of the context's tokens", size);
    }
    l->older = l->newest + ((size_t)1 << l->bits);
    return INGLE_OK;
}

void lookup_clear(struct lookup *l) {
    region_free(l->newest, region_size(l));
    *l = (struct lookup){0};
}

/* Where the chain of the pair begins that ends at position p >= 1. */
static int32_t *chain_of(const struct lookup *l, const int32_t *tokens, int p) {
    uint64_t pair = (uint64_t)(uint32_t)tokens[p - 1] << 32 | (uint32_t)tokens[p];
    /* The high bits of a product with 2^64 / golden ratio: all bits of the pair have a say. */
    uint64_t product = pair * 0x9e3779b97f4a7c15u;
    return &l->newest[(product >> 32) >> (32 - l->bits)];
}

static void enter(struct lookup *l, const int32_t *tokens, int p) {
    if (p >= 1) {
        int32_t *chain = chain_of(l, tokens, p);
        l->older[p] = *chain;
        *chain = p + 1;
    }
    l->n_entered = p + 1;
}

/* Undoes enter() for the last ones, newest first: what is left is as if they had never been. */
void lookup_truncate(struct lookup *l, const int32_t *tokens, int n_keep) {
    while (l->n_entered > n_keep) {
        int p = --l->n_entered;
        if (p >= 1) *chain_of(l, tokens, p) = l->older[p];
    }
    lookup_restart(l);
}

void lookup_restart(struct lookup *l) {
    l->len = 0;
}

/* How many tokens up to position a and up to b > a are the same. */
static int match(const int32_t *tokens, int a, int b) {
    int len = 0;
    while (len < LOOKUP_LONGEST && len <= a && tokens[a - len] == tokens[b - len]) len++;
    return len;
}

void lookup_find(struct lookup *l, const int32_t *tokens, int n) {
    int last = n - 1;
    while (l->n_entered < last) enter(l, tokens, l->n_entered);
    if (l->len > 0 && tokens[l->source] == tokens[last]) {
        l->source++;
        if (l->len < LOOKUP_LONGEST) l->len++;
    } else {
        l->len = 0;
    }
    if (last < 1) return;
    /* The longest match; of equally long ones that which is followed already, else the newest. */
    int32_t at = *chain_of(l, tokens, last);
    for (int step = 0; step < MAX_STEPS && at > 0 && l->len < LOOKUP_LONGEST; step++) {
        int len = match(tokens, at - 1, last);
        if (len >= MIN_MATCH && len > l->len) {
            l->len = len;
            l->source = at;
        }
        at = l->older[at - 1];
    }
}

/* A match that reaches into the text's end, as that of "ababab" does, goes on into the draft. */
void lookup_draft(const struct lookup *l, int32_t *tokens, int n, int k) {
    for (int i = 0; i < k; i++) tokens[n + i] = tokens[l->source + i];
}
