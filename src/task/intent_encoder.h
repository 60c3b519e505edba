/* Labels without a language model: the sentence encoder's vectors of a label's name, description
 * and examples against that of the text. */
#ifndef INGLE_TASK_INTENT_ENCODER_H
#define INGLE_TASK_INTENT_ENCODER_H

#include "task/intent_model.h"

BASE_NODISCARD ingle_status intent_encoder_prepare(struct ingle_tasks *t, struct intent_set *set,
                                                   const ingle_intent_options *opt,
                                                   ingle_error *err);

/* Scores whose softmax are the confidences; none of these, if set->n is more than the labels, is
 * as likely as a label whose similarity is the one at which half of the answers are wrong. */
BASE_NODISCARD ingle_status intent_encoder_score(struct ingle_tasks *t,
                                                 const struct intent_set *set, const char *text,
                                                 size_t len, float *scores, ingle_error *err);

#endif
