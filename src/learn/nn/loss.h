/* Softmax cross-entropy with label smoothing (Szegedy et al. 2016): the target is
 * 1 - smoothing + smoothing / n_classes for the right class, smoothing / n_classes for the others.
 */
#ifndef INGLE_LEARN_NN_LOSS_H
#define INGLE_LEARN_NN_LOSS_H

#include "learn/learn.h"

#define NN_IGNORE (-1) /* a target that counts for nothing */

struct nn_loss {
    const int32_t *targets; /* [n] a class or NN_IGNORE */
    int n, n_classes;
    float smoothing;
    float scale; /* of the gradient: 1 / n_examples for a mean */
};

/* Turns logits [n][n_classes] into their gradient; losses[i] (nats, unscaled; 0 where ignored). */
void nn_loss(struct learn *l, const struct nn_loss *f, float *logits, float *losses);

#endif
