/* Norm, gate, sum, exponentials and peaks of a row. Lengths around every vector width; in place
 * where ops.h allows. */
#include <string.h>

#include "kerncheck.h"

static const int lengths[] = {1,  2,  3,  4,  5,  7,  8,  9,   12,  15,  16,  17,  24,
                              31, 32, 33, 47, 64, 65, 96, 100, 255, 256, 257, 1000};

enum pattern { UNIFORM, WIDE, SUBNORMAL, FAULTS, N_PATTERNS };

static float value(struct check *c, enum pattern p) {
    static const float faults[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1.0f};
    float u = check_unit(c);
    switch (p) {
    case WIDE:
        return ldexpf(u, check_below(c, 60) - 30);
    case SUBNORMAL:
        return u * 0x1p-125f;
    case FAULTS:
        return check_below(c, 10) == 0 ? faults[check_below(c, 6)] : u;
    default:
        return u;
    }
}

/* A row, and a copy of it if it will be overwritten. */
static float *new_row(struct check *c, int n, enum pattern p) {
    float *x = CHECK_NEW(c, float, n, 0);
    for (int i = 0; i < n; i++) x[i] = value(c, p);
    return x;
}

static float *copy_row(struct check *c, const float *x, int n) {
    float *copy = CHECK_NEW(c, float, n, 0);
    memcpy(copy, x, (size_t)n * sizeof *x);
    return copy;
}

static void rms_norm_one(struct check *c, int n, enum pattern p, bool in_place) {
    const float eps = p == SUBNORMAL ? 0.0f : 1e-6f;
    check_case(c, "rms_norm of %d, pattern %d%s", n, (int)p, in_place ? ", in place" : "");
    float *x = new_row(c, n, p), *w = new_row(c, n, p == SUBNORMAL ? UNIFORM : p);
    if (p == SUBNORMAL) x[0] = 0x1p-60f; /* a mean that is a float */
    float *y = in_place ? copy_row(c, x, n) : CHECK_NEW(c, float, n, 0xc5);
    c->ops->rms_norm(y, in_place ? y : x, w, n, eps);
    double sum = 0.0;
    for (int i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    double scale = 1.0 / sqrt(sum / n + (double)eps);
    for (int i = 0; i < n; i++) {
        double want = (double)x[i] * scale * (double)w[i];
        double bound = 4 * (double)FLT_EPSILON * fabs(want) + (fabs((double)w[i]) + 1) * 0x1p-149;
        if (!check_near(c, y[i], want, bound, "y", i)) return;
    }
}

static void silu_mul_one(struct check *c, int n, enum pattern p, int in_place) {
    static const char *const places[] = {"", ", over gate", ", over up"};
    check_case(c, "silu_mul of %d, pattern %d%s", n, (int)p, places[in_place]);
    float *gate = new_row(c, n, p), *up = new_row(c, n, p == WIDE ? UNIFORM : p);
    for (int i = 0; i < n && p == UNIFORM; i++) gate[i] *= 100.0f; /* to where exp overflows */
    float *y = in_place == 1   ? copy_row(c, gate, n)
               : in_place == 2 ? copy_row(c, up, n)
                               : CHECK_NEW(c, float, n, 0xc5);
    c->ops->silu_mul(y, in_place == 1 ? y : gate, in_place == 2 ? y : up, n);
    for (int i = 0; i < n; i++) {
        double g = (double)gate[i], want = g / (1.0 + exp(-g)) * (double)up[i];
        /* exp(-g) beyond FLT_MAX is infinite: what is then 0 was below 1e-36. */
        double bound =
            4 * (double)FLT_EPSILON * fabs(want) + fabs((double)up[i]) * 1e-36 + 0x1p-149;
        if (!check_near(c, y[i], want, bound, "y", i)) return;
    }
}

static void add_one(struct check *c, int n, enum pattern p) {
    check_case(c, "add of %d, pattern %d", n, (int)p);
    float *x = new_row(c, n, p), *y = new_row(c, n, p), *want = copy_row(c, y, n);
    for (int i = 0; i < n; i++) want[i] += x[i];
    c->ops->add(y, x, n);
    check_same(c, y, want, n, "y");
}

/* The argument is rounded, where it is far from 0 by more than exp is. */
static void exp_sum_one(struct check *c, int n, enum pattern p, bool in_place) {
    static const float scales[] = {1.0f, -1.0f, 0.25f};
    float scale = scales[check_below(c, 3)], shift = 8.0f * check_unit(c);
    check_case(c, "exp_sum of %d, pattern %d%s", n, (int)p, in_place ? ", in place" : "");
    float *x = new_row(c, n, p);
    for (int i = 0; i < n && p == UNIFORM; i++) x[i] *= 60.0f;
    float *y = in_place ? copy_row(c, x, n) : CHECK_NEW(c, float, n, 0xc5);
    float got = c->ops->exp_sum(y, in_place ? y : x, n, scale, shift);
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        double argument = (double)scale * (double)x[i] + (double)shift, want = exp(argument);
        double bound = (4 + fabs(argument) + fabs((double)shift)) * (double)FLT_EPSILON * want;
        if (!(bound > 0)) bound = 0; /* 0 times an infinite argument */
        if (want > (double)FLT_MAX) want = INFINITY;
        if (!check_near(c, y[i], want, bound + 0x1p-140, "y", i)) return;
        sum += (double)y[i];
    }
    if (sum > (double)FLT_MAX) sum = INFINITY;
    check_near(c, got, sum, (4 + (double)n / 8) * (double)FLT_EPSILON * sum, "the sum", 0);
}

static void peaks_one(struct check *c, int n, enum pattern p, int k) {
    static const int groups[] = {1, 4, 8, 32, 64, 1000};
    int group = groups[k], n_groups = (n + group - 1) / group;
    check_case(c, "peaks of %d by %d, pattern %d", n, group, (int)p);
    float *x = new_row(c, n, p), *peaks = CHECK_NEW(c, float, n_groups, 0xc5);
    float *want = CHECK_NEW(c, float, n_groups, 0);
    if (p == FAULTS && check_below(c, 3) == 0) {
        for (int i = 0; i < n; i++) x[i] = check_below(c, 2) ? NAN : -INFINITY;
    }
    for (int i = 0; i < n_groups; i++) want[i] = -INFINITY;
    for (int i = 0; i < n; i++) want[i / group] = fmaxf(want[i / group], x[i]);
    c->ops->peaks(peaks, x, n, group);
    for (int i = 0; i < n_groups; i++) {
        if (peaks[i] == want[i]) continue; /* also zeros of either sign */
        check_fail(c, "peak %d is %g, not %g", i, (double)peaks[i], (double)want[i]);
        return;
    }
}

enum op { RMS_NORM, SILU_MUL, ADD, EXP_SUM, PEAKS };

static void check_row_op(struct check *c, int op) {
    for (size_t i = 0; i < BASE_COUNT(lengths); i++) {
        for (int p = 0; p < N_PATTERNS; p++) {
            for (int k = 0; k < 6; k++) {
                enum pattern pattern = (enum pattern)p;
                if (op == RMS_NORM) rms_norm_one(c, lengths[i], pattern, k % 2);
                if (op == SILU_MUL) silu_mul_one(c, lengths[i], pattern, k % 3);
                if (op == ADD) add_one(c, lengths[i], pattern);
                if (op == EXP_SUM) exp_sum_one(c, lengths[i], pattern, k % 2);
                if (op == PEAKS) peaks_one(c, lengths[i], pattern, k);
            }
            if (check_hopeless(c)) return;
        }
    }
}

/* All floats of a gate, in steps: exp is an approximation that must hold everywhere. */
static void check_silu_sweep(struct check *c, int unused) {
    (void)unused;
    for (int start = -110; start < 110 && !check_hopeless(c); start++) {
        check_case(c, "silu_mul of gates from %d", start);
        enum { N = 500 };
        float *gate = CHECK_NEW(c, float, N, 0), *up = CHECK_NEW(c, float, N, 0);
        float *y = CHECK_NEW(c, float, N, 0);
        for (int i = 0; i < N; i++) {
            gate[i] = (float)start + ((float)i + 0.5f * check_unit(c)) / N;
            up[i] = 1.0f;
        }
        c->ops->silu_mul(y, gate, up, N);
        for (int i = 0; i < N; i++) {
            double g = (double)gate[i], want = g / (1.0 + exp(-g));
            double bound = 4 * (double)FLT_EPSILON * fabs(want) + 1e-36;
            if (!check_near(c, y[i], want, bound, "y", i)) break;
        }
    }
}

struct bench {
    const struct kern_ops *ops;
    enum op op;
    float *y, *x, *w;
    int n;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    if (b->op == RMS_NORM) b->ops->rms_norm(b->y, b->x, b->w, b->n, 1e-6f);
    if (b->op == SILU_MUL) b->ops->silu_mul(b->y, b->x, b->w, b->n);
    if (b->op == ADD) b->ops->add(b->y, b->x, b->n);
    if (b->op == EXP_SUM) (void)b->ops->exp_sum(b->y, b->x, b->n, 1.0f, -1.0f);
    if (b->op == PEAKS) b->ops->peaks(b->y, b->x, b->n, 32);
}

static void bench_row_op(struct check *c, int op) {
    static const double bytes[] = {12, 12, 12, 8, 4}; /* of an element */
    struct kern_ops ref;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    struct bench b = {.ops = &ref, .op = (enum op)op, .n = 2048};
    b.x = new_row(c, b.n, UNIFORM);
    b.w = new_row(c, b.n, UNIFORM);
    b.y = CHECK_NEW(c, float, b.n, 0);
    double slow = check_time(run_bench, &b);
    b.ops = c->ops;
    check_bench_line(c, c->op, slow, check_time(run_bench, &b), bytes[op] * b.n);
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int op) {
    if (op == RMS_NORM) return a->rms_norm == b->rms_norm;
    if (op == SILU_MUL) return a->silu_mul == b->silu_mul;
    if (op == EXP_SUM) return a->exp_sum == b->exp_sum;
    return op == ADD ? a->add == b->add : a->peaks == b->peaks;
}

void check_row(struct check *c) {
    static const char *const names[] = {"rms_norm", "silu_mul", "add", "exp_sum", "peaks"};
    for (int op = RMS_NORM; op <= PEAKS; op++) {
        if (!check_is_own(c, same, op)) continue;
        check_op(c, names[op], c->bench ? bench_row_op : check_row_op, op);
        if (op == SILU_MUL && !c->bench) check_op(c, "silu_mul sweep", check_silu_sweep, 0);
    }
}
