/* Labels on a language model: one prompt (instructions and labels first, the text last, so that all
 * but the text is computed once), then the trie of the labels' tokens. */
#ifndef INGLE_TASK_INTENT_MODEL_H
#define INGLE_TASK_INTENT_MODEL_H

#include "base/buf.h"
#include "ingle/intent.h"
#include "task/label_trie.h"
#include "task/tasks.h"

/* What is kept of a set of labels: with "none of these", if that is an answer, as the last. */
struct intent_set {
    uint64_t identity;
    size_t n;          /* labels, none of these included */
    struct buf system; /* the instructions */
    struct label_trie trie;
    float *prior;   /* [n] log-probabilities for texts without content */
    bool has_prior; /* it is complete */
    float *vectors; /* of the encoder; intent_encoder.h */
    size_t *first, n_vectors, n_dims;
};

void intent_set_clear(struct intent_set *set);

/* Makes the instructions, the trie and the prior. names[n]: of all labels. */
BASE_NODISCARD ingle_status intent_model_prepare(struct ingle_tasks *t, struct intent_set *set,
                                                 const ingle_intent_options *opt,
                                                 const char *const *names, ingle_error *err);

/* Log-probabilities of the labels for a text; counts go to *result. */
BASE_NODISCARD ingle_status intent_model_score(struct ingle_tasks *t, const struct intent_set *set,
                                               const char *text, size_t len, float *logprobs,
                                               ingle_intent_result *result, ingle_error *err);

#endif
