#include "learn/nn/softmax.h"

#include <math.h>

float nn_exp(const struct kern_ops *ops, float *y, const float *x, int n, float scale,
             float shift) {
    (void)ops;
    float sum = 0.0f;
    for (int i = 0; i < n; i++) {
        y[i] = expf(scale * x[i] + shift);
        sum += y[i];
    }
    return sum;
}

float nn_softmax(const struct kern_ops *ops, float *x, int n, float scale) {
    float top;
    ops->peaks(&top, x, n, n);
    float sum = nn_exp(ops, x, x, n, scale, -scale * top), share = 1.0f / sum;
    for (int i = 0; i < n; i++) x[i] *= share;
    return scale * top + logf(sum);
}
