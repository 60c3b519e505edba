/* The mean of each sequence's rows. */
#ifndef INGLE_LEARN_NN_MEAN_POOL_H
#define INGLE_LEARN_NN_MEAN_POOL_H

#include "learn/nn/sequences.h"

/* y [seqs.n][n_dims] from x [n_tokens][n_dims]. */
void nn_mean_pool_forward(float *y, const float *x, struct nn_sequences seqs, int n_dims);
/* Writes dx [n_tokens][n_dims]. */
void nn_mean_pool_backward(float *dx, const float *dy, struct nn_sequences seqs, int n_dims);

#endif
