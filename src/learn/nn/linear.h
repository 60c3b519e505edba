/* y = x W^T + bias, and its gradients. Matrices are [rows][columns], one row a token. */
#ifndef INGLE_LEARN_NN_LINEAR_H
#define INGLE_LEARN_NN_LINEAR_H

#include "learn/learn.h"
#include "learn/nn/params.h"

struct nn_linear {
    const float *w, *bias; /* [n_out][n_in]; [n_out] or NULL */
    float *dw, *dbias;     /* what gradients are added to */
    int n_in, n_out;
};

/* The layer of a weight tensor [n_out][n_in] and a bias tensor; bias < 0 = none. */
struct nn_linear nn_linear_of(const struct nn_params *p, int weight, int bias);

/* y [n][n_out] from x [n][n_in]. */
void nn_linear_forward(struct learn *l, const struct nn_linear *f, float *y, const float *x, int n);

/* From dy [n][n_out] and the x of the forward pass: adds to dw and dbias; writes dx [n][n_in], or
 * adds to it. dx NULL: not wanted. */
void nn_linear_backward(struct learn *l, const struct nn_linear *f, float *dx, bool add,
                        const float *dy, const float *x, int n);

#endif
