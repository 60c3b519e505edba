/* Gradients against central differences of fourth order. */
#ifndef INGLE_TESTS_SUPPORT_GRADIENT_H
#define INGLE_TESTS_SUPPORT_GRADIENT_H

#include <stddef.h>

/* The loss that the gradient is of, computed from what x is at the moment. */
typedef double (*gradient_loss_fn)(void *ctx);

/* Fails unless gradient[0..n) is that of the loss in x[0..n), at up to 40 places of it: the error
 * may be a thousandth of the greatest derivative seen. The loss should be about 1 and change on a
 * scale of 1. */
void gradient_check(gradient_loss_fn loss, void *ctx, float *x, const float *gradient, size_t n,
                    const char *what);

#endif
