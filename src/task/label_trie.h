/* The tokens of labels as a trie, so that what several begin with is computed once:
 *
 *   pay -+- _bill (end)         Only where paths part is there a choice: at `pay` between _bill and
 *        +- _rent (end)         _rent, at the root between pay and book. A label that is the
 *   book (end) --- _table       beginning of another ends by a choice too: between its end and
 * more.
 *
 * The probability of a label is the product of its choices' on the way, each among what the labels
 * leave open there: the model's probability of writing the label if it may write nothing but
 * labels. So lengths need no correction: what no label parts from costs nothing. */
#ifndef INGLE_TASK_LABEL_TRIE_H
#define INGLE_TASK_LABEL_TRIE_H

#include <stdbool.h>

#include "base/status.h"
#include "ingle/session.h"

#define LABEL_TRIE_NONE UINT32_MAX
#define LABEL_TRIE_MAX_TOKENS 64 /* of one label */

struct label_node {
    ingle_token token;
    uint32_t parent, child, sibling; /* LABEL_TRIE_NONE */
    uint32_t label;                  /* that ends here; LABEL_TRIE_NONE */
    bool parts;                      /* here or below, there is a choice */
};

struct label_trie {
    struct label_node *nodes; /* [n]; the first is the root */
    size_t n, cap;
    ingle_token *ends; /* [n_ends] tokens that end an answer; only if some label begins another */
    size_t n_ends;
    ingle_token *choices; /* [n_choices] every token that is chosen anywhere, ends included */
    size_t n_choices;
    bool needs_ends;
};

/* Zeroed by the caller; cleared by it also after a failure. */
void label_trie_clear(struct label_trie *t);

/* Adds label number `label`. *same receives the number of one with the same tokens (INVALID is the
 * caller's to say), else LABEL_TRIE_NONE. */
BASE_NODISCARD ingle_status label_trie_add(struct label_trie *t, const ingle_token *tokens,
                                           size_t n, uint32_t label, uint32_t *same,
                                           ingle_error *err);

/* After the last label: finds the choices. */
BASE_NODISCARD ingle_status label_trie_finish(struct label_trie *t, const ingle_model *model,
                                              ingle_error *err);

/* Log-probabilities of all labels after what the session holds, whose logits are there (only those
 * of the choices are looked at). The session holds the same again, without logits if *n_passes > 0.
 *
 * prior[labels]: log-probabilities that will be subtracted from them; NULL = none. With it, no pass
 * is made for labels that begin alike if all of them together, whatever the pass said, would come
 * to less than LABEL_TRIE_LITTLE of the best label: they get equal parts of what their beginning
 * has. */
#define LABEL_TRIE_LITTLE 1e-5
BASE_NODISCARD ingle_status label_trie_score(const struct label_trie *t, ingle_session *session,
                                             const float *prior, float *logprobs, int *n_passes,
                                             ingle_error *err);

#endif
