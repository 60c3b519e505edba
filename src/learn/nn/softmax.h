/* Exponentials of a row, and what is made of them. */
#ifndef INGLE_LEARN_NN_SOFTMAX_H
#define INGLE_LEARN_NN_SOFTMAX_H

#include "engine/kern/ops.h"

/* y[i] = exp(scale * x[i] + shift); returns their sum. y may be x. */
float nn_exp(const struct kern_ops *ops, float *y, const float *x, int n, float scale, float shift);

/* x becomes softmax(scale * x); returns log sum exp(scale * x). n >= 1. */
float nn_softmax(const struct kern_ops *ops, float *x, int n, float scale);

#endif
