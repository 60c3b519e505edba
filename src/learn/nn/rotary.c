#include "learn/nn/rotary.h"

#include <math.h>

#include "learn/split.h"

struct rotary_pass {
    const struct learn *l;
    float *x;
    const float *cs;
    struct nn_sequences seqs;
    int n_heads, head_dim;
};

void nn_rotary_angles(float *cs, int n_ctx, int head_dim, float base) {
    for (int i = 0; i < head_dim / 2; i++) {
        double speed = pow((double)base, -2.0 * i / head_dim);
        for (int pos = 0; pos < n_ctx; pos++) {
            float *at = cs + (size_t)pos * (size_t)head_dim + 2 * i;
            at[0] = (float)cos(pos * speed);
            at[1] = (float)sin(pos * speed);
        }
    }
}

void nn_rotary_reverse(float *cs, int n_ctx, int head_dim) {
    size_t n = (size_t)n_ctx * (size_t)head_dim;
    for (size_t i = 1; i < n; i += 2) cs[i] = -cs[i];
}

static void rotate_part(int from, int to, void *arg) {
    const struct rotary_pass *p = arg;
    size_t width = (size_t)p->n_heads * (size_t)p->head_dim;
    for (int s = from; s < to; s++) {
        const float *cs = p->cs;
        for (int t = p->seqs.starts[s]; t < p->seqs.starts[s + 1]; t++, cs += p->head_dim) {
            p->l->ops.rope(p->x + (size_t)t * width, cs, p->n_heads, p->head_dim, p->head_dim,
                           false);
        }
    }
}

void nn_rotary(struct learn *l, float *x, const float *cs, struct nn_sequences seqs, int n_heads,
               int head_dim) {
    struct rotary_pass p = {l, x, cs, seqs, n_heads, head_dim};
    learn_split(l, seqs.n, 1, rotate_part, &p);
}
