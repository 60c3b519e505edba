#include "support/gradient.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define STEP 0.02f
#define MAX_PLACES 40

static double loss_at(gradient_loss_fn loss, void *ctx, float *x, float value) {
    float before = *x;
    *x = value;
    double result = loss(ctx);
    *x = before;
    return result;
}

static double derivative(gradient_loss_fn loss, void *ctx, float *x) {
    double d[2];
    for (int i = 0; i < 2; i++) {
        float high = *x + STEP * (float)(i + 1), low = *x - STEP * (float)(i + 1);
        d[i] = (loss_at(loss, ctx, x, high) - loss_at(loss, ctx, x, low)) /
               ((double)high - (double)low);
    }
    return (4.0 * d[0] - d[1]) / 3.0;
}

void gradient_check(gradient_loss_fn loss, void *ctx, float *x, const float *gradient, size_t n,
                    const char *what) {
    double want[MAX_PLACES], greatest = 1e-6;
    size_t stride = n <= MAX_PLACES ? 1 : (n + MAX_PLACES - 1) / MAX_PLACES, k = 0;
    for (size_t i = 0; i < n; i += stride) {
        want[k] = derivative(loss, ctx, &x[i]);
        if (fabs(want[k]) > greatest) greatest = fabs(want[k]);
        k++;
    }
    k = 0;
    for (size_t i = 0; i < n; i += stride, k++) {
        if (fabs((double)gradient[i] - want[k]) <= 1e-3 * greatest) continue;
        fail_msg("%s[%zu]: the gradient is %.6g, the difference quotient %.6g (greatest %.3g)",
                 what, i, (double)gradient[i], want[k], greatest);
    }
}
