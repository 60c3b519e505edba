/* RMS norm of rows: y = x * w / sqrt(mean(x^2) + eps). */
#ifndef INGLE_LEARN_NN_NORM_H
#define INGLE_LEARN_NN_NORM_H

#include "learn/learn.h"

struct nn_norm {
    const float *w; /* [n_dims] */
    float *dw;      /* what its gradient is added to */
    int n_dims;
    float eps;
};

/* y [n][n_dims] from x of the same shape; y may be x. */
void nn_norm_forward(struct learn *l, const struct nn_norm *f, float *y, const float *x, int n);

/* Floats of scratch that the backward pass needs. */
size_t nn_norm_scratch(int n, int n_dims);

/* From dy and the x of the forward pass: adds to dw and to dx. */
void nn_norm_backward(struct learn *l, const struct nn_norm *f, float *dx, const float *dy,
                      const float *x, int n, float *scratch);

#endif
