#include "learn/nn/softmax.h"

#include <math.h>

float nn_softmax(const struct kern_ops *ops, float *x, int n, float scale) {
    float top;
    ops->peaks(&top, x, n, n);
    float sum = ops->exp_sum(x, x, n, scale, -scale * top), share = 1.0f / sum;
    for (int i = 0; i < n; i++) x[i] *= share;
    return scale * top + logf(sum);
}
