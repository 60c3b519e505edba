/* Softmax of a row. */
#ifndef INGLE_LEARN_NN_SOFTMAX_H
#define INGLE_LEARN_NN_SOFTMAX_H

#include "engine/kern/ops.h"

/* x becomes softmax(scale * x); returns log sum exp(scale * x). n >= 1. */
float nn_softmax(const struct kern_ops *ops, float *x, int n, float scale);

#endif
