/* What changed between two texts, word by word: the fewest words removed and added (Myers, "An
 * O(ND) difference algorithm and its variations", 1986, in linear space). */
#ifndef INGLE_TASK_WORD_DIFF_H
#define INGLE_TASK_WORD_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum diff_kind { DIFF_SAME, DIFF_REMOVED, DIFF_ADDED };

/* A stretch: of the old text (SAME, REMOVED) or the new one (ADDED). Removed comes before added. */
struct diff_part {
    enum diff_kind kind;
    size_t from, to; /* bytes */
};

struct word_diff {
    struct diff_part *parts; /* owned */
    size_t n;
    size_t n_old, n_new;       /* words of the texts, white space not counted */
    size_t n_removed, n_added; /* of these */
};

/* Words are runs of letters and digits; each other character, and each run of white space, is by
 * itself. Texts that differ in more than some 20,000 places are taken as changed wholly between
 * their common ends. */
BASE_NODISCARD ingle_status word_diff_new(struct word_diff *out, const char *old_text,
                                          size_t old_len, const char *new_text, size_t new_len,
                                          ingle_error *err);
void word_diff_clear(struct word_diff *d);

/* The share of words that are not the same, of the longer text's. */
double word_diff_share(const struct word_diff *d);

/* The algorithm itself, over numbers: marks what is not common. changed_a[n_a], changed_b[n_b] are
 * set to true where an item is removed or added. */
BASE_NODISCARD ingle_status diff_items(const size_t *a, size_t n_a, const size_t *b, size_t n_b,
                                       bool *changed_a, bool *changed_b, ingle_error *err);

#endif
