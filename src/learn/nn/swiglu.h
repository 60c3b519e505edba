/* The gate of a feed-forward layer: act = silu(gate) * up, silu(v) = v / (1 + exp(-v)). */
#ifndef INGLE_LEARN_NN_SWIGLU_H
#define INGLE_LEARN_NN_SWIGLU_H

#include "learn/learn.h"

/* n rows of n_ff; act may be gate or up. */
void nn_swiglu_forward(struct learn *l, float *act, const float *gate, const float *up, int n,
                       int n_ff);
/* Turns gate and up into their own gradients. */
void nn_swiglu_backward(struct learn *l, float *gate, float *up, const float *dact, int n,
                        int n_ff);

#endif
