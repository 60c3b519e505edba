#include "engine/kern/fit.h"

#include <string.h>

#include "engine/kern/block.h"

#define SYMMETRIC_N 16 /* values of a sub-block without a minimum */
#define MAX_VALUES 32

/* Sums of a weighted fit of x by s * l with weights x^2: s = xl / ll. */
struct sums {
    float xl, ll;
};

static struct sums add_sums(struct sums s, float x, float l) {
    float w = x * x;
    s.xl += w * x * l;
    s.ll += w * l * l;
    return s;
}

float kern_fit_symmetric(const float *x, int n_max, uint8_t *level) {
    float extreme = fit_extreme(x, SYMMETRIC_N), scale = 0.0f, best = 0.0f;
    memset(level, 0, SYMMETRIC_N);
    if (fabsf(extreme) < KERN_FIT_TINY) return 0.0f;
    /* The plain scale first, then its neighbours. */
    for (int i = 0; i < 19; i++) {
        static const int8_t steps[19] = {0, -9, -8, -7, -6, -5, -4, -3, -2, -1,
                                         1, 2,  3,  4,  5,  6,  7,  8,  9};
        float inverse = -((float)n_max + 0.1f * (float)steps[i]) / extreme;
        struct sums s = {0.0f, 0.0f};
        uint8_t trial[SYMMETRIC_N];
        for (int k = 0; k < SYMMETRIC_N; k++) {
            int l = fit_level(inverse * x[k], -n_max, n_max - 1);
            trial[k] = (uint8_t)(l + n_max);
            s = add_sums(s, x[k], (float)l);
        }
        if (i > 0 && !(s.ll > 0.0f && s.xl * s.xl > best * s.ll)) continue;
        memcpy(level, trial, SYMMETRIC_N);
        scale = s.ll != 0.0f ? s.xl / s.ll : 0.0f;
        best = scale * s.xl;
    }
    return scale;
}

/* Moves level k to where the others would have it, if that lowers the error. */
static bool refine(const float *x, int k, int n_max, int8_t *l, struct sums *s) {
    float w = x[k] * x[k], old = (float)l[k];
    struct sums rest = {s->xl - w * x[k] * old, s->ll - w * old * old};
    if (!(rest.xl > 0.0f)) return false;
    int level = fit_level(x[k] * rest.ll / rest.xl, -n_max, n_max - 1);
    if (level == l[k]) return false;
    rest = add_sums(rest, x[k], (float)level);
    if (!(rest.ll > 0.0f && rest.xl * rest.xl * s->ll > s->xl * s->xl * rest.ll)) return false;
    l[k] = (int8_t)level;
    *s = rest;
    return true;
}

float kern_fit_refined(const float *x, int n_max, uint8_t *level) {
    float extreme = fit_extreme(x, SYMMETRIC_N);
    memset(level, 0, SYMMETRIC_N);
    if (fabsf(extreme) < KERN_FIT_TINY) return 0.0f;
    float inverse = -(float)n_max / extreme;
    struct sums s = {0.0f, 0.0f};
    int8_t l[SYMMETRIC_N];
    for (int k = 0; k < SYMMETRIC_N; k++) {
        l[k] = (int8_t)fit_level(inverse * x[k], -n_max, n_max - 1);
        s = add_sums(s, x[k], (float)l[k]);
    }
    bool changed = true;
    for (int pass = 0; pass < 5 && changed; pass++) {
        changed = false;
        for (int k = 0; k < SYMMETRIC_N; k++) changed |= refine(x, k, n_max, l, &s);
    }
    for (int k = 0; k < SYMMETRIC_N; k++) level[k] = (uint8_t)(l[k] + n_max);
    return s.ll > 0.0f ? s.xl / s.ll : 0.0f;
}

/* What an affine fit works on: the values, their weights, and sums over both. */
struct affine {
    const float *x, *w;
    int n;
    float sum_w, sum_x;
    const struct kern_fit_search *search;
};

/* Levels of x under a trial scale, and the best scale and minimum for those levels; false if the
 * levels do not determine them. */
static bool solve(const struct affine *a, float inverse, float min, uint8_t *level, float *scale,
                  float *new_min) {
    float sum_l = 0.0f, sum_ll = 0.0f, sum_xl = 0.0f;
    for (int k = 0; k < a->n; k++) {
        int l = fit_level(inverse * (a->x[k] - min), 0, a->search->n_max);
        float w = a->w[k], f = (float)l;
        level[k] = (uint8_t)l;
        sum_l += w * f;
        sum_ll += w * f * f;
        sum_xl += w * f * a->x[k];
    }
    float det = a->sum_w * sum_ll - sum_l * sum_l;
    if (!(det > 0.0f)) return false;
    *scale = (a->sum_w * sum_xl - a->sum_x * sum_l) / det;
    *new_min = (sum_ll * a->sum_x - sum_l * sum_xl) / det;
    if (*new_min > 0.0f) {
        *new_min = 0.0f;
        *scale = sum_xl / sum_ll;
    }
    return true;
}

static float affine_error(const struct affine *a, float scale, float min, const uint8_t *level) {
    float error = 0.0f;
    for (int k = 0; k < a->n; k++) {
        float diff = scale * (float)level[k] + min - a->x[k];
        error += a->w[k] * (a->search->absolute ? fabsf(diff) : diff * diff);
    }
    return error;
}

float kern_fit_affine(const float *x, const float *w, int n, const struct kern_fit_search *search,
                      uint8_t *level, float *m) {
    struct affine a = {.x = x, .w = w, .n = n, .search = search};
    float min = x[0], max = x[0];
    for (int k = 0; k < n; k++) {
        if (x[k] < min) min = x[k];
        if (x[k] > max) max = x[k];
        a.sum_w += w[k];
        a.sum_x += w[k] * x[k];
    }
    if (min > 0.0f) min = 0.0f;
    memset(level, 0, (size_t)n);
    *m = -min;
    if (max == min) return 0.0f;
    float n_max = (float)search->n_max, inverse = n_max / (max - min), scale = 1.0f / inverse;
    for (int k = 0; k < n; k++) {
        level[k] = (uint8_t)fit_level(inverse * (x[k] - min), 0, search->n_max);
    }
    float best = affine_error(&a, scale, min, level);
    for (int step = 0; step <= search->n_steps; step++) {
        uint8_t trial[MAX_VALUES];
        float trial_scale, trial_min;
        /* min is that of the best fit so far, max always the block's: the published method. */
        inverse = (search->first + 0.1f * (float)step + n_max) / (max - min);
        if (!solve(&a, inverse, min, trial, &trial_scale, &trial_min)) continue;
        float error = affine_error(&a, trial_scale, trial_min, trial);
        if (!(error < best)) continue;
        memcpy(level, trial, (size_t)n);
        best = error;
        scale = trial_scale;
        min = trial_min;
    }
    *m = -min;
    return scale;
}

static float iq4_value(int i) {
    return (float)(kern_table_iq4[i] - 128);
}

int kern_fit_iq4_index(float x) {
    int upper = 1;
    while (upper < 15 && x >= iq4_value(upper)) upper++;
    return x - iq4_value(upper - 1) < iq4_value(upper) - x ? upper - 1 : upper;
}

float kern_fit_iq4(const float *x) {
    float extreme = fit_extreme(x, 32), scale = 0.0f, best = 0.0f;
    if (fabsf(extreme) < KERN_FIT_TINY) return 0.0f;
    for (int i = 0; i < 16; i++) {
        /* First the scale that maps the extreme onto the table's other end, then 15 about its own
         * end. */
        float inverse =
            i == 0 ? 1.0f / (-extreme / iq4_value(0)) : ((float)(i - 8) + iq4_value(0)) / extreme;
        struct sums s = {0.0f, 0.0f};
        for (int k = 0; k < 32; k++) {
            float w = x[k] * x[k], q = iq4_value(kern_fit_iq4_index(inverse * x[k]));
            s.xl += w * q * x[k];
            s.ll += w * q * q;
        }
        if (i > 0 && !(s.ll > 0.0f && s.xl * s.xl > best * s.ll)) continue;
        scale = s.xl / s.ll;
        best = scale * s.xl;
    }
    return scale;
}
