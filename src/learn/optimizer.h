/* AdamW (Loshchilov and Hutter 2019): decoupled weight decay, bias correction; and the clipping of
 * gradients by their length. */
#ifndef INGLE_LEARN_OPTIMIZER_H
#define INGLE_LEARN_OPTIMIZER_H

#include "learn/learn.h"
#include "learn/nn/params.h"

struct optimizer {
    float beta1, beta2, eps, decay; /* free to change before the first step */
    int64_t step;                   /* taken */
    size_t n;
    float *mean, *square; /* [n] owned: running means of gradients and of their squares */
    double *partial;      /* owned scratch */
};

/* With the usual 0.9, 0.95, 1e-8, 0.1. Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status optimizer_init(struct optimizer *o, const struct nn_params *p,
                                           ingle_error *err);
void optimizer_clear(struct optimizer *o);

/* Shrinks the gradient to this length if it is longer. Returns the length it had. */
float optimizer_clip(struct optimizer *o, struct learn *l, struct nn_params *p, float max_norm);

/* One step along the gradient, which is left as it is. */
void optimizer_step(struct optimizer *o, struct learn *l, struct nn_params *p, float rate);

#endif
