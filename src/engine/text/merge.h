/* Merging neighbours, best pair first: the loop that SentencePiece and byte-level BPE share. What a
 * pair is worth is the caller's. */
#ifndef INGLE_ENGINE_TEXT_MERGE_H
#define INGLE_ENGINE_TEXT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* A part of the text, in a list by index: -1 = none. */
struct merge_symbol {
    uint32_t start, len; /* bytes; len 0 = swallowed by its left neighbour */
    int32_t id;
    int32_t joined_id; /* what it becomes with its right neighbour */
    int32_t prev, next;
};

/* What two neighbours would become; lower ranks go first, leftmost first among equals. */
struct merge_result {
    int32_t rank; /* below MERGE_NEVER */
    int32_t id;
};

#define MERGE_NEVER INT32_MAX

/* False if the two do not merge. */
typedef bool (*merge_fn)(const void *rules, const char *text, const struct merge_symbol *left,
                         const struct merge_symbol *right, struct merge_result *result);

#define MERGE_LEVELS 8 /* 16 to the eighth is more than there are positions */

/* Zeroed is a valid empty one; storage is kept from text to text. */
struct merger {
    struct merge_symbol *symbols; /* [n] */
    size_t n, cap;
    /* Ranks of the pairs, by their left symbol, and above them the least rank of every sixteen:
     *
     *     level 2   3 . . .
     *     level 1   5 3 . .  ...
     *     level 0   7 5 . 9 ... | 3 ...
     *
     * up to a level of sixteen or less. Those below it are padded to sixteens with MERGE_NEVER. */
    int32_t *ranks; /* of all levels, the lowest first */
    int32_t *level[MERGE_LEVELS];
    int n_levels; /* below the top one */
    size_t n_top;
};

/* Empties it and makes room for n symbols; false if out of memory. */
BASE_NODISCARD bool merger_begin(struct merger *m, size_t n);
void merger_clear(struct merger *m);

/* Appends the next symbol; there must be room. */
static inline void merger_add(struct merger *m, size_t start, size_t len, int32_t id) {
    m->symbols[m->n++] =
        (struct merge_symbol){.start = (uint32_t)start, .len = (uint32_t)len, .id = id};
}

/* Merges until nothing does. The list begins at symbol 0, which is never swallowed. The time is
 * linear in the symbols, times a few steps a level of the tree. merge is a constant, so that the
 * short texts of which there are most make no indirect calls. */
BASE_ALWAYS_INLINE void merger_run(struct merger *m, const char *text, merge_fn merge,
                                   const void *rules);

/* ---- how: walks over all symbols, and for what is left of many of them a tree ---- */

/* merge.c: the tree, over ranks that are there. */
void merger_run_tree(struct merger *m, const char *text, merge_fn merge, const void *rules);

/* A walk over so many symbols is cheaper than keeping a tree. */
#define MERGE_SHORT 64
/* A walk over more is worth its time if it merges one of so many, as in runs of one character. */
#define MERGE_WORTH 16

BASE_ALWAYS_INLINE int32_t merge_rank(struct merge_symbol *left, const struct merge_symbol *right,
                                      const char *text, merge_fn merge, const void *rules) {
    struct merge_result result;
    if (!merge(rules, text, left, right, &result)) return MERGE_NEVER;
    left->joined_id = result.id;
    return result.rank;
}

/* Does every merge of the least rank, leftmost first, but stops merging where one makes a pair that
 * comes before the others. Returns the least rank that is left. */
BASE_ALWAYS_INLINE int32_t merge_walk(struct merger *m, int32_t rank, const char *text,
                                      merge_fn merge, const void *rules) {
    struct merge_symbol *symbols = m->symbols;
    int32_t *ranks = m->ranks, least = MERGE_NEVER;
    bool merging = true;
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++, n++) {
        bool merges = merging && ranks[i] == rank;
        symbols[n] = symbols[i];
        ranks[n] = ranks[i];
        if (merges) {
            symbols[n].id = symbols[i].joined_id;
            symbols[n].len += symbols[++i].len;
            ranks[n] = MERGE_NEVER;
            if (i + 1 < m->n) {
                ranks[n] = merge_rank(&symbols[n], &symbols[i + 1], text, merge, rules);
            }
            if (n > 0) {
                ranks[n - 1] = merge_rank(&symbols[n - 1], &symbols[n], text, merge, rules);
            }
            merging = ranks[n] > rank && (n == 0 || ranks[n - 1] > rank);
        }
        if (n > 0 && ranks[n - 1] < least) least = ranks[n - 1];
    }
    m->n = n;
    return least; /* the last symbol has no pair */
}

BASE_ALWAYS_INLINE void merger_run(struct merger *m, const char *text, merge_fn merge,
                                   const void *rules) {
    struct merge_symbol *symbols = m->symbols;
    int32_t least = MERGE_NEVER;
    if (m->n == 0) return;
    for (size_t i = 0; i + 1 < m->n; i++) {
        m->ranks[i] = merge_rank(&symbols[i], &symbols[i + 1], text, merge, rules);
        if (m->ranks[i] < least) least = m->ranks[i];
    }
    m->ranks[m->n - 1] = MERGE_NEVER;
    size_t before = SIZE_MAX;
    while (least != MERGE_NEVER && (m->n <= MERGE_SHORT || before - m->n >= before / MERGE_WORTH)) {
        before = m->n;
        least = merge_walk(m, least, text, merge, rules);
    }
    for (size_t i = 0; i < m->n; i++) {
        symbols[i].prev = (int32_t)i - 1;
        symbols[i].next = (int32_t)i + 1;
    }
    symbols[m->n - 1].next = -1;
    if (least != MERGE_NEVER) merger_run_tree(m, text, merge, rules);
}

#endif
