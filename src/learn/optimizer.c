#include "learn/optimizer.h"

#include <math.h>

#include "base/alloc.h"
#include "learn/split.h"

#define PART 16384 /* floats */

static int n_parts(size_t n) {
    return (int)((n + PART - 1) / PART);
}

ingle_status optimizer_init(struct optimizer *o, const struct nn_params *p, ingle_error *err) {
    *o = (struct optimizer){.beta1 = 0.9f, .beta2 = 0.95f, .eps = 1e-8f, .decay = 0.1f, .n = p->n};
    o->mean = mem_aligned(64, p->n * sizeof *o->mean);
    o->square = mem_aligned(64, p->n * sizeof *o->square);
    o->partial = mem_calloc((size_t)n_parts(p->n) + 1, sizeof *o->partial);
    if (o->mean && o->square && o->partial) return INGLE_OK;
    return status_no_memory(err, "the optimizer", 2 * p->n * sizeof *o->mean);
}

void optimizer_clear(struct optimizer *o) {
    mem_free(o->mean);
    mem_free(o->square);
    mem_free(o->partial);
    *o = (struct optimizer){0};
}

struct update {
    struct optimizer *o;
    struct nn_params *p;
    float factor;           /* clipping */
    float rate, fix1, fix2; /* a step: the rate, and the bias corrections */
};

/* The parts' share of a tensor or of all floats: [from, to) of them. */
static size_t part_end(const struct update *u, int part) {
    size_t end = ((size_t)part + 1) * PART;
    return end < u->o->n ? end : u->o->n;
}

static void square_parts(int from, int to, void *arg) {
    const struct update *u = arg;
    for (int part = from; part < to; part++) {
        double sum = 0.0;
        for (size_t i = (size_t)part * PART; i < part_end(u, part); i++) {
            sum += (double)u->p->grad[i] * (double)u->p->grad[i];
        }
        u->o->partial[part] = sum;
    }
}

static void shrink_parts(int from, int to, void *arg) {
    const struct update *u = arg;
    for (int part = from; part < to; part++) {
        for (size_t i = (size_t)part * PART; i < part_end(u, part); i++) {
            u->p->grad[i] *= u->factor;
        }
    }
}

float optimizer_clip(struct optimizer *o, struct learn *l, struct nn_params *p, float max_norm) {
    struct update u = {.o = o, .p = p};
    double sum = 0.0;
    learn_split(l, n_parts(o->n), 1, square_parts, &u);
    for (int i = 0; i < n_parts(o->n); i++) sum += o->partial[i];
    float norm = (float)sqrt(sum);
    if (norm > max_norm) {
        u.factor = max_norm / norm;
        learn_split(l, n_parts(o->n), 1, shrink_parts, &u);
    }
    return norm;
}

static void step_floats(const struct update *u, size_t from, size_t to, float decay) {
    const struct optimizer *o = u->o;
    const float keep = 1.0f - u->rate * decay;
    float *w = u->p->value, *m = o->mean, *v = o->square;
    const float *g = u->p->grad;
    for (size_t i = from; i < to; i++) {
        m[i] = o->beta1 * m[i] + (1.0f - o->beta1) * g[i];
        v[i] = o->beta2 * v[i] + (1.0f - o->beta2) * g[i] * g[i];
        w[i] = keep * w[i] - u->rate * (m[i] * u->fix1) / (sqrtf(v[i] * u->fix2) + o->eps);
    }
}

/* A part may hold the end of one tensor and the beginning of the next, which may not decay. */
static void step_parts(int from, int to, void *arg) {
    const struct update *u = arg;
    size_t at = (size_t)from * PART, end = part_end(u, to - 1);
    for (int i = 0; i < u->p->n_tensors && at < end; i++) {
        const struct nn_tensor *t = &u->p->tensors[i];
        size_t next = i + 1 < u->p->n_tensors ? u->p->tensors[i + 1].at : u->p->n;
        if (next <= at) continue;
        if (next > end) next = end;
        step_floats(u, at, next, t->decays ? u->o->decay : 0.0f);
        at = next;
    }
}

void optimizer_step(struct optimizer *o, struct learn *l, struct nn_params *p, float rate) {
    o->step++;
    struct update u = {.o = o, .p = p, .rate = rate};
    u.fix1 = (float)(1.0 / (1.0 - pow((double)o->beta1, (double)o->step)));
    u.fix2 = (float)(1.0 / (1.0 - pow((double)o->beta2, (double)o->step)));
    learn_split(l, n_parts(o->n), 1, step_parts, &u);
}
