/* Rotations: both pairings, all sizes of heads, and dims beyond n_rot left alone. */
#include <string.h>

#include "kerncheck.h"

static void check_one(struct check *c, int n_heads, int head_dim, int n_rot, bool neox, bool odd) {
    int n = n_heads * head_dim;
    check_case(c, "%d heads of %d, %d turn, %s%s", n_heads, head_dim, n_rot,
               neox ? "halves" : "neighbours", odd ? ", odd values" : "");
    float *x = CHECK_NEW(c, float, n, 0), *was = CHECK_NEW(c, float, n, 0);
    float *cs = CHECK_NEW(c, float, n_rot, 0);
    for (int i = 0; i < n; i++) {
        static const float odd_values[] = {0.0f,  -0.0f,    0x1p-130f, -0x1p-149f,
                                           1e30f, INFINITY, NAN};
        was[i] = odd && check_below(c, 4) == 0 ? odd_values[check_below(c, 7)] : check_unit(c) * 8;
    }
    for (int i = 0; i < n_rot; i += 2) {
        float angle = check_unit(c) * 4.0f, magnitude = 1.0f + 0.1f * (float)(i % 3);
        cs[i] = cosf(angle) * magnitude;
        cs[i + 1] = sinf(angle) * magnitude;
    }
    memcpy(x, was, (size_t)n * sizeof *x);
    c->ops->rope(x, cs, n_heads, head_dim, n_rot, neox);
    for (int h = 0; h < n_heads; h++) {
        const float *head = x + h * head_dim, *old = was + h * head_dim;
        for (int i = 0; i < n_rot / 2; i++) {
            int at_a = neox ? i : 2 * i, at_b = neox ? i + n_rot / 2 : 2 * i + 1;
            double a = (double)old[at_a], b = (double)old[at_b];
            double cosine = (double)cs[2 * i], sine = (double)cs[2 * i + 1];
            double bound_a = fabs(a * cosine) + fabs(b * sine);
            double bound_b = fabs(a * sine) + fabs(b * cosine);
            bool ok = check_near(c, head[at_a], a * cosine - b * sine,
                                 2 * (double)FLT_EPSILON * bound_a + 0x1p-147, "x", at_a) &&
                      check_near(c, head[at_b], a * sine + b * cosine,
                                 2 * (double)FLT_EPSILON * bound_b + 0x1p-147, "x", at_b);
            if (!ok) return;
        }
        check_same(c, head + n_rot, old + n_rot, head_dim - n_rot, "dims that do not turn");
    }
}

static void check_all(struct check *c, int unused) {
    static const int dims[] = {2, 4, 6, 8, 10, 16, 18, 30, 32, 34, 64, 66, 80, 96, 128, 256};
    (void)unused;
    for (size_t i = 0; i < BASE_COUNT(dims); i++) {
        for (int n_rot = 2; n_rot <= dims[i] && !check_hopeless(c); n_rot += 2) {
            for (int k = 0; k < 4; k++) {
                check_one(c, 1 + check_below(c, 5), dims[i], n_rot, k % 2, k / 2);
            }
        }
    }
}

struct bench {
    kern_rope_fn fn;
    float *x, *cs;
    bool neox;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->fn(b->x, b->cs, 32, 64, 64, b->neox);
}

static void bench_all(struct check *c, int unused) {
    struct kern_ops ref;
    struct bench b;
    (void)unused;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    b.x = CHECK_NEW(c, float, 32 * 64, 0);
    b.cs = CHECK_NEW(c, float, 64, 0);
    for (int k = 0; k < 2; k++) {
        b.neox = k;
        b.fn = ref.rope;
        double slow = check_time(run_bench, &b);
        b.fn = c->ops->rope;
        check_bench_line(c, k ? "rope halves" : "rope neighbours", slow, check_time(run_bench, &b),
                         32 * 64 * 4.0);
    }
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int unused) {
    (void)unused;
    return a->rope == b->rope;
}

void check_rope(struct check *c) {
    if (!check_is_own(c, same, 0)) return;
    check_op(c, "rope", c->bench ? bench_all : check_all, 0);
}
