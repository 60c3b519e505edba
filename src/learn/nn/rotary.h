/* Rotary positions of queries and keys, pairs of dims side by side as in architecture llama. */
#ifndef INGLE_LEARN_NN_ROTARY_H
#define INGLE_LEARN_NN_ROTARY_H

#include "learn/learn.h"
#include "learn/nn/sequences.h"

/* cs [n_ctx][head_dim]: cos and sin of every position's angles. */
void nn_rotary_angles(float *cs, int n_ctx, int head_dim, float base);
/* The same angles the other way round, which is the backward pass: sines change sign. */
void nn_rotary_reverse(float *cs, int n_ctx, int head_dim);

/* Rotates the heads of x [n_tokens][n_heads * head_dim], each row by its place in its sequence. */
void nn_rotary(struct learn *l, float *x, const float *cs, struct nn_sequences seqs, int n_heads,
               int head_dim);

#endif
