/* The pairs of neighbouring symbols while a vocabulary is learnt: how often each occurs, in which
 * pieces, and which occurs most. Of equal ones the smaller key wins, so that results depend on the
 * text alone. */
#ifndef INGLE_LEARN_TEXT_BPE_PAIRS_H
#define INGLE_LEARN_TEXT_BPE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BPE_PAIRS_NONE (-1)

struct bpe_pair {
    uint64_t key; /* left << 32 | right */
    int64_t count;
    int32_t first_use; /* of uses; BPE_PAIRS_NONE */
};

struct bpe_use {
    int32_t piece, next;
};

struct bpe_rank {
    int64_t count;
    int32_t pair;
};

struct bpe_pairs {
    struct bpe_pair *pairs;
    struct bpe_use *uses;
    struct bpe_rank *heap; /* the most frequent first; counts may be out of date, never too low */
    int32_t *slots;        /* pair numbers by key; BPE_PAIRS_NONE */
    size_t n_pairs, pairs_cap, n_uses, uses_cap, n_heap, heap_cap, n_slots;
    bool failed; /* out of memory; later calls do nothing */
};

void bpe_pairs_clear(struct bpe_pairs *p);

/* Adds to a pair's count; is_new notes that the piece holds it. */
void bpe_pairs_add(struct bpe_pairs *p, int32_t left, int32_t right, int64_t count, int32_t piece,
                   bool is_new);
/* The pairs from number `from` on enter the order; each is to be complete by now. */
void bpe_pairs_rank(struct bpe_pairs *p, size_t from);
/* The most frequent pair, taken out of the order; NULL if none occurs twice. */
const struct bpe_pair *bpe_pairs_best(struct bpe_pairs *p);

#endif
