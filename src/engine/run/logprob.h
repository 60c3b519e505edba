/* How likely a model finds a token: the natural logarithm of its share in the softmax of a row of
 * logits, computed in double precision. Generation asks it where the caller wants to know. */
#ifndef INGLE_ENGINE_RUN_LOGPROB_H
#define INGLE_ENGINE_RUN_LOGPROB_H

#include "ingle/session.h"

/* Those of token `id` and of the n_top likeliest tokens, the likeliest first, of equally likely
 * ones the lowest id first. NaN counts as impossible. Returns how many it wrote to top: those that
 * are possible, at most n_top <= INGLE_TOP_MAX. */
int logprob_read(const float *logits, int n_vocab, int32_t id, float *logprob, int n_top,
                 ingle_token_logprob *top);

#endif
