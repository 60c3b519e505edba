#include "learn/nn/swiglu.h"

#include "learn/split.h"

#define PART 16
#define STRETCH 256 /* floats of a row at a time */

struct swiglu_pass {
    const struct learn *l;
    float *act, *gate, *up;
    const float *gate_in, *up_in, *dact;
    int n_ff;
};

static void forward_part(int from, int to, void *arg) {
    const struct swiglu_pass *p = arg;
    size_t f = (size_t)p->n_ff;
    for (size_t i = (size_t)from; i < (size_t)to; i++) {
        p->l->ops.silu_mul(p->act + i * f, p->gate_in + i * f, p->up_in + i * f, p->n_ff);
    }
}

void nn_swiglu_forward(struct learn *l, float *act, const float *gate, const float *up, int n,
                       int n_ff) {
    struct swiglu_pass p = {.l = l, .act = act, .gate_in = gate, .up_in = up, .n_ff = n_ff};
    learn_split(l, n, PART, forward_part, &p);
}

/* With s = sigmoid(g): d silu = s (1 + g (1 - s)). */
static void backward_stretch(const struct kern_ops *ops, float *gate, float *up, const float *dact,
                             int n) {
    float e[STRETCH];
    (void)ops->exp_sum(e, gate, n, -1.0f, 0.0f);
    for (int i = 0; i < n; i++) {
        float s = 1.0f / (1.0f + e[i]), g = gate[i], silu = g * s;
        gate[i] = dact[i] * up[i] * (s + silu * (1.0f - s));
        up[i] = dact[i] * silu;
    }
}

static void backward_part(int from, int to, void *arg) {
    const struct swiglu_pass *p = arg;
    size_t end = (size_t)to * (size_t)p->n_ff;
    for (size_t at = (size_t)from * (size_t)p->n_ff; at < end; at += STRETCH) {
        int n = end - at < STRETCH ? (int)(end - at) : STRETCH;
        backward_stretch(&p->l->ops, p->gate + at, p->up + at, p->dact + at, n);
    }
}

void nn_swiglu_backward(struct learn *l, float *gate, float *up, const float *dact, int n,
                        int n_ff) {
    struct swiglu_pass p = {.l = l, .gate = gate, .up = up, .dact = dact, .n_ff = n_ff};
    learn_split(l, n, PART, backward_part, &p);
}
