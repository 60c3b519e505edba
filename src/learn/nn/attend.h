/* Attention within packed sequences, causal or over all of the sequence; several query heads may
 * share a key-value head. Scores are kept for a block of queries at a time and computed again in
 * the backward pass, so that memory grows with the tokens and not with their square. */
#ifndef INGLE_LEARN_NN_ATTEND_H
#define INGLE_LEARN_NN_ATTEND_H

#include "learn/learn.h"
#include "learn/nn/sequences.h"

/* Rows of q, out and dq are n_head * head_dim long, rows of k, v, dk and dv n_head_kv * head_dim.
 */
struct nn_attend {
    int n_head, n_head_kv, head_dim;
    bool is_causal;
    struct nn_sequences seqs;
    const float *q, *k, *v;
    float *out;
    float *log_sum;      /* [n_tokens][n_head]: for the backward pass */
    float *scratch;      /* nn_attend_scratch() floats */
    const float *dout;   /* backward only, as all below */
    float *dq, *dk, *dv; /* written */
};

size_t nn_attend_scratch(const struct learn *l, int longest);
void nn_attend_forward(struct learn *l, const struct nn_attend *f);
/* From dout and what the forward pass read and wrote. */
void nn_attend_backward(struct learn *l, const struct nn_attend *f);

#endif
