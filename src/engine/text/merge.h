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
    int32_t prev, next;
};

/* What two neighbours would become; lower ranks go first, leftmost first among equals. */
struct merge_result {
    uint32_t rank;
    int32_t id;
};

/* False if the two do not merge. */
typedef bool (*merge_fn)(const void *rules, const char *text, const struct merge_symbol *left,
                         const struct merge_symbol *right, struct merge_result *result);

struct merge_candidate {
    uint64_t key; /* rank, then left */
    int32_t right;
    int32_t id;
    uint32_t len; /* of both when it was found */
};

/* Zeroed is a valid empty one; storage is kept from text to text. */
struct merger {
    struct merge_symbol *symbols; /* [n] */
    size_t n, cap;
    struct merge_candidate *heap; /* [3 * cap] */
    size_t n_heap;
};

/* Empties it and makes room for n symbols; false if out of memory. */
BASE_NODISCARD bool merger_begin(struct merger *m, size_t n);
void merger_clear(struct merger *m);

/* Appends the next symbol; there must be room. */
void merger_add(struct merger *m, size_t start, size_t len, int32_t id);

/* Merges until nothing does. The list begins at symbol 0, which is never swallowed. Time
 * n log n. */
void merger_run(struct merger *m, const char *text, merge_fn merge, const void *rules);

#endif
