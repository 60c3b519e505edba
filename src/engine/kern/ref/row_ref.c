/* Operations on one row of floats. */
#include <math.h>

#include "engine/kern/ref/ref.h"

static KERN_DECL_RMS_NORM(rms_norm) {
    double sum = 0.0;
    for (int i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    float scale = 1.0f / sqrtf((float)(sum / n) + eps);
    for (int i = 0; i < n; i++) y[i] = x[i] * scale * w[i];
}

static KERN_DECL_SILU_MUL(silu_mul) {
    for (int i = 0; i < n; i++) y[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

static KERN_DECL_ADD(add) {
    for (int i = 0; i < n; i++) y[i] += x[i];
}

static KERN_DECL_EXP_SUM(exp_sum) {
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        y[i] = expf(scale * x[i] + shift);
        sum += (double)y[i];
    }
    return (float)sum;
}

static KERN_DECL_PEAKS(peaks) {
    for (int i = 0; i < n; i += group, peaks++) {
        int end = n - i < group ? n : i + group;
        *peaks = -INFINITY;
        for (int k = i; k < end; k++) {
            if (x[k] > *peaks) *peaks = x[k];
        }
    }
}

static KERN_DECL_ROPE(rope) {
    int apart = neox ? n_rot / 2 : 1, step = neox ? 1 : 2;
    for (int h = 0; h < n_heads; h++, x += head_dim) {
        for (int i = 0; i < n_rot / 2; i++) {
            float *a = x + i * step, *b = a + apart;
            float c = cs[2 * i], s = cs[2 * i + 1];
            float turned_a = *a * c - *b * s, turned_b = *a * s + *b * c;
            *a = turned_a;
            *b = turned_b;
        }
    }
}

void kern_row_ref(struct kern_ops *ops) {
    ops->rms_norm = rms_norm;
    ops->silu_mul = silu_mul;
    ops->add = add;
    ops->exp_sum = exp_sum;
    ops->peaks = peaks;
    ops->rope = rope;
}
