#include "learn/nn/norm.h"

#include <math.h>
#include <string.h>

#include "learn/nn/rows.h"
#include "learn/split.h"

#define PART 64 /* rows whose share of dw is summed apart */

struct norm_pass {
    const struct learn *l;
    const struct nn_norm *f;
    float *out, *scratch;
    const float *x, *dy;
};

static void forward_part(int from, int to, void *arg) {
    const struct norm_pass *p = arg;
    size_t d = (size_t)p->f->n_dims;
    for (size_t i = (size_t)from; i < (size_t)to; i++) {
        p->l->ops.rms_norm(p->out + i * d, p->x + i * d, p->f->w, p->f->n_dims, p->f->eps);
    }
}

void nn_norm_forward(struct learn *l, const struct nn_norm *f, float *y, const float *x, int n) {
    struct norm_pass p = {.l = l, .f = f, .out = y, .x = x};
    learn_split(l, n, PART, forward_part, &p);
}

size_t nn_norm_scratch(int n, int n_dims) {
    return (size_t)((n + PART - 1) / PART) * (size_t)n_dims;
}

/* With r = 1 / sqrt(mean(x^2) + eps) and g = dy * w: dx = r g - x r^3 mean(g * x), dw = dy * x r.
 */
static void backward_row(const struct nn_norm *f, float *dx, float *dw, const float *dy,
                         const float *x) {
    const int n = f->n_dims;
    float squares = nn_dot(x, x, n), along = 0.0f;
    float lanes[NN_LANES] = {0};
    int i = 0;
    for (; i + NN_LANES <= n; i += NN_LANES) {
        for (int k = 0; k < NN_LANES; k++) lanes[k] += dy[i + k] * f->w[i + k] * x[i + k];
    }
    for (; i < n; i++) along += dy[i] * f->w[i] * x[i];
    along += nn_sum_lanes(lanes);
    float r = 1.0f / sqrtf(squares / (float)n + f->eps);
    float back = r * r * r * along / (float)n;
    for (i = 0; i < n; i++) {
        dx[i] += r * dy[i] * f->w[i] - back * x[i];
        dw[i] += dy[i] * x[i] * r;
    }
}

static void backward_part(int from, int to, void *arg) {
    const struct norm_pass *p = arg;
    size_t d = (size_t)p->f->n_dims;
    float *dw = p->scratch + (size_t)(from / PART) * d;
    memset(dw, 0, d * sizeof *dw);
    for (size_t i = (size_t)from; i < (size_t)to; i++) {
        backward_row(p->f, p->out + i * d, dw, p->dy + i * d, p->x + i * d);
    }
}

void nn_norm_backward(struct learn *l, const struct nn_norm *f, float *dx, const float *dy,
                      const float *x, int n, float *scratch) {
    struct norm_pass p = {.l = l, .f = f, .out = dx, .scratch = scratch, .x = x, .dy = dy};
    learn_split(l, n, PART, backward_part, &p);
    for (int i = 0; i < n; i += PART, scratch += f->n_dims) l->ops.add(f->dw, scratch, f->n_dims);
}
