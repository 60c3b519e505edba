/* Rows of a table, looked up by ids. */
#ifndef INGLE_LEARN_NN_EMBEDDING_H
#define INGLE_LEARN_NN_EMBEDDING_H

#include "learn/learn.h"

/* x[t] = table[ids[t]], rows of n_dims. */
void nn_embedding_forward(struct learn *l, float *x, const float *table, const int32_t *ids, int n,
                          int n_dims);
/* dtable[ids[t]] += dx[t] */
void nn_embedding_backward(struct learn *l, float *dtable, const float *dx, const int32_t *ids,
                           int n, int n_dims);

#endif
