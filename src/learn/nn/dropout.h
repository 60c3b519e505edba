/* Dropout: a share of the elements becomes 0, the others grow to make up for it. Which ones follows
 * from seed and place alone, so that the backward pass needs no memory of the forward pass. */
#ifndef INGLE_LEARN_NN_DROPOUT_H
#define INGLE_LEARN_NN_DROPOUT_H

#include "learn/learn.h"

/* In place, x [n][n_cols]; 0 <= share < 1, 0 does nothing. The backward pass is the same call with
 * the gradient. */
void nn_dropout(struct learn *l, float *x, int n, int n_cols, float share, uint64_t seed);

#endif
