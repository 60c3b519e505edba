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
void merger_add(struct merger *m, size_t start, size_t len, int32_t id);

/* Merges until nothing does. The list begins at symbol 0, which is never swallowed. Each merge
 * costs a few steps a level. */
void merger_run(struct merger *m, const char *text, merge_fn merge, const void *rules);

#endif
