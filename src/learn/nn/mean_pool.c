#include "learn/nn/mean_pool.h"

#include <stddef.h>

void nn_mean_pool_forward(float *y, const float *x, struct nn_sequences seqs, int n_dims) {
    for (int s = 0; s < seqs.n; s++, y += n_dims) {
        float share = 1.0f / (float)(seqs.starts[s + 1] - seqs.starts[s]);
        for (int i = 0; i < n_dims; i++) y[i] = 0.0f;
        for (int t = seqs.starts[s]; t < seqs.starts[s + 1]; t++, x += n_dims) {
            for (int i = 0; i < n_dims; i++) y[i] += x[i];
        }
        for (int i = 0; i < n_dims; i++) y[i] *= share;
    }
}

void nn_mean_pool_backward(float *dx, const float *dy, struct nn_sequences seqs, int n_dims) {
    for (int s = 0; s < seqs.n; s++, dy += n_dims) {
        float share = 1.0f / (float)(seqs.starts[s + 1] - seqs.starts[s]);
        for (int t = seqs.starts[s]; t < seqs.starts[s + 1]; t++, dx += n_dims) {
            for (int i = 0; i < n_dims; i++) dx[i] = dy[i] * share;
        }
    }
}
