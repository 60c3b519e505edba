/* Quantising activations: every array must equal the reference to the bit, padding and other rows
 * must stay as they were. */
#include <string.h>

#include "base/compiler.h"
#include "data.h"
#include "engine/kern/half.h"

static const char *const names[KERN_N_ACT] = {"act f32", "act f16", "act bf16", "act q8_32",
                                              "act q8_256"};

enum pattern {
    UNIFORM,
    WIDE, /* exponents of all sizes */
    TIES, /* x * factor halfway between two integers */
    ZEROS,
    TINY, /* around KERN_ACT_TINY */
    DENORMAL,
    HUGE_X, /* the largest floats */
    FAULTS, /* NaN and infinities here and there */
    SPARSE, /* one value in a block */
    N_PATTERNS
};

static float value(struct check *c, enum pattern p, int i) {
    float u = check_unit(c);
    switch (p) {
    case UNIFORM:
        return u;
    case WIDE:
        return ldexpf(u, check_below(c, 200) - 100);
    case TIES:
        /* Blocks of maximum 127, or 127 * 2^n: the factor is a power of two. */
        return i % 32 == 5 ? 127.0f : (float)(check_below(c, 253) - 126) + 0.5f;
    case TINY:
        return KERN_ACT_TINY *
               (i % 32 == 3 ? 1.0f + (float)(check_below(c, 3) - 1) * FLT_EPSILON : u * 0.5f);
    case DENORMAL:
        return u * 0x1p-127f;
    case HUGE_X:
        return i % 7 == 0 ? (u < 0 ? -FLT_MAX : FLT_MAX) : u * FLT_MAX;
    case FAULTS:
        switch (check_below(c, 300)) {
        case 0:
            return NAN;
        case 1:
            return INFINITY;
        case 2:
            return -INFINITY;
        default:
            return u;
        }
    case SPARSE:
        return check_below(c, 40) == 0 ? u : 0.0f;
    case ZEROS:
    case N_PATTERNS:
        break;
    }
    return u < 0 ? -0.0f : 0.0f;
}

/* NaN payloads of bf16 may differ. */
static void compare_bf16(struct check *c, const uint16_t *got, const uint16_t *want, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool both_nan = (got[i] & 0x7fff) > 0x7f80 && (want[i] & 0x7fff) > 0x7f80;
        if (got[i] == want[i] || both_nan) continue;
        check_fail(c, "h[%zu] is %04x, not %04x", i, got[i], want[i]);
        return;
    }
}

static void compare(struct check *c, const struct kern_acts *got, const struct kern_acts *want,
                    int n_tokens) {
    size_t n = (size_t)got->stride * (size_t)n_tokens;
    if (got->x) check_same(c, got->x, want->x, (int)n, "x");
    if (got->h) compare_bf16(c, got->h, want->h, n);
    if (!got->q) return;
    bool wide = got->kind == KERN_ACT_Q8_256;
    check_bytes(c, got->q, want->q, n, "q");
    check_same(c, got->d, want->d, (int)n / (wide ? 256 : 32), "d");
    check_bytes(c, got->nsum, want->nsum, n / (wide ? 16 : 32) * sizeof *got->nsum, "nsum");
    if (!wide) return;
    check_bytes(c, got->sum16, want->sum16, n / 16 * sizeof *got->sum16, "sum16");
    check_bytes(c, got->sum32, want->sum32, n / 32 * sizeof *got->sum32, "sum32");
}

/* What act.h says of a block, computed here once more so that the reference is checked too. */
static void check_block(struct check *c, const struct kern_acts *a, int t, int b, const float *x) {
    int n = a->kind == KERN_ACT_Q8_32 ? 32 : 256;
    float amax = 0.0f;
    bool fault = false;
    for (int i = 0; i < n; i++) {
        if (!isfinite(x[i])) fault = true;
        amax = fmaxf(amax, fabsf(x[i]));
    }
    float d = a->d[t * (a->stride / n) + b];
    const int8_t *q = a->q + (size_t)t * (size_t)a->stride + (size_t)(b * n);
    if (fault ? !isnan(d) : amax < KERN_ACT_TINY ? d != 0.0f : d != amax / 127.0f) {
        check_fail(c, "d of block %d is %.9g, max |x| %.9g", b, (double)d, (double)amax);
    }
    float factor = fault || amax < KERN_ACT_TINY ? 0.0f : 127.0f / amax;
    int sum16 = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        float want = factor == 0.0f ? 0.0f : rintf(x[i] * factor);
        if ((float)q[i] != want) {
            check_fail(c, "q[%d] is %d for %.9g * %.9g", b * n + i, q[i], (double)x[i],
                       (double)factor);
            return;
        }
        sum16 += q[i];
        sum += q[i];
        if (n == 32 || i % 16 != 15) continue;
        int at = t * (a->stride / 16) + b * 16 + i / 16;
        if (a->nsum[at] != -sum16 || a->sum16[at] != sum16) check_fail(c, "sum16[%d]", at);
        if (i % 32 == 31 && a->sum32[at / 2] != a->sum16[at - 1] + a->sum16[at]) {
            check_fail(c, "sum32[%d]", at / 2);
        }
        sum16 = 0;
    }
    if (n == 32 && a->nsum[t * (a->stride / 32) + b] != -sum) check_fail(c, "nsum[%d]", b);
}

/* What act.h says of F16 activations: in the range of a half its nearest value, and elsewhere the
 * nearest with as many bits. */
static void check_halves(struct check *c, const float *got, const float *x, int n) {
    for (int i = 0; i < n; i++) {
        float size = fabsf(x[i]);
        bool ok = isnan(x[i]) ? isnan(got[i]) : (float_bits(got[i]) & 0x1fff) == 0;
        if (size >= 0x1p-14f && size <= 65504.0f) {
            ok = got[i] == f16_to_f32(f32_to_f16(x[i]));
        } else if (isfinite(x[i]) && size >= FLT_MIN && size < 0x1.ffep127f) {
            ok = ok && fabsf(got[i] - x[i]) <= ldexpf(size, -11);
        }
        if (!ok) check_fail(c, "x[%d] of %.9g is %.9g", i, (double)x[i], (double)got[i]);
    }
}

static void check_one(struct check *c, enum kern_act kind, int n_cols, enum pattern p) {
    struct kern_ops ref;
    struct kern_acts got, want;
    int n_tokens = 3, t = check_below(c, 3);
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "%d columns, row %d, pattern %d", n_cols, t, (int)p);
    data_new_acts(c, &got, kind, n_tokens, n_cols);
    data_new_acts(c, &want, kind, n_tokens, n_cols);
    float *x = CHECK_NEW(c, float, n_cols, 0);
    for (int i = 0; i < n_cols; i++) x[i] = value(c, p, i);
    c->ops->act[kind](&got, t, x);
    ref.act[kind](&want, t, x);
    compare(c, &got, &want, n_tokens);
    if (kind == KERN_ACT_F16) check_halves(c, got.x + (size_t)t * (size_t)got.stride, x, n_cols);
    if (kind < KERN_ACT_Q8_32) return;
    int elems = kind == KERN_ACT_Q8_32 ? 32 : 256;
    for (int b = 0; b < n_cols / elems; b++) check_block(c, &got, t, b, x + b * elems);
}

static void check_kind(struct check *c, int arg) {
    static const int float_cols[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 64, 100, 255, 256, 257, 515};
    static const int cols32[] = {32, 64, 96, 128, 224, 256, 288, 544};
    static const int cols256[] = {256, 512, 768, 1536};
    enum kern_act kind = (enum kern_act)arg;
    const int *cols = kind == KERN_ACT_Q8_32    ? cols32
                      : kind == KERN_ACT_Q8_256 ? cols256
                                                : float_cols;
    size_t n = kind == KERN_ACT_Q8_32    ? BASE_COUNT(cols32)
               : kind == KERN_ACT_Q8_256 ? BASE_COUNT(cols256)
                                         : BASE_COUNT(float_cols);
    for (int p = 0; p < N_PATTERNS; p++) {
        for (size_t i = 0; i < n && !check_hopeless(c); i++) {
            for (int k = 0; k < 4; k++) check_one(c, kind, cols[i], (enum pattern)p);
        }
    }
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int kind) {
    return a->act[kind] == b->act[kind];
}

struct bench {
    kern_act_fn fn;
    struct kern_acts acts;
    const float *x;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->fn(&b->acts, 0, b->x);
}

static void bench_kind(struct check *c, int kind) {
    struct kern_ops ref;
    struct bench b;
    int n_cols = 2048;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    data_new_acts(c, &b.acts, (enum kern_act)kind, 1, n_cols);
    float *x = CHECK_NEW(c, float, n_cols, 0);
    for (int i = 0; i < n_cols; i++) x[i] = check_unit(c);
    b.x = x;
    b.fn = ref.act[kind];
    double slow = check_time(run_bench, &b);
    b.fn = c->ops->act[kind];
    check_bench_line(c, names[kind], slow, check_time(run_bench, &b), n_cols * 4.0);
}

void check_act(struct check *c) {
    for (int kind = 0; kind < KERN_N_ACT; kind++) {
        if (!check_is_own(c, same, kind)) continue;
        check_op(c, names[kind], c->bench ? bench_kind : check_kind, kind);
    }
}
