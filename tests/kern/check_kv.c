/* Storing keys and values: the reference's bits at one position, nothing changed elsewhere. */
#include <string.h>

#include "data.h"
#include "engine/kern/half.h"

#define N_PAGES 2

static const char *const names[KERN_N_KV_TYPES] = {"kv_store f16", "kv_store bf16", "kv_store i8"};

static float value(struct check *c, int pattern) {
    static const float odd[] = {0.0f,   -0.0f,   65504.0f,     65519.9f,   65520.0f,
                                1e9f,   -1e9f,   0x1p-24f,     0x1p-25f,   0x1.8p-25f,
                                1e-30f, FLT_MIN, 0x1.ffcp-15f, 1.0f,       FLT_MAX,
                                1e-36f, -1e-37f, 0x1.002p0f,   0x1.006p0f, 0x1.01p0f};
    static const float faults[] = {NAN, INFINITY, -INFINITY};
    float u = check_unit(c);
    switch (pattern) {
    case 0:
        return u;
    case 1:
        return odd[check_below(c, (int)BASE_COUNT(odd))];
    case 2: /* bits at random, but finite */
        u = ldexpf(u, check_below(c, 250) - 126);
        return u;
    case 3: /* ties of the i8 form: the factor is a power of two if 127 is the maximum */
        return check_below(c, 5) == 0 ? 127.0f : (float)(check_below(c, 253) - 126) + 0.5f;
    case 4:
        return u * 1e-36f;
    default:
        return check_below(c, 40) == 0 ? faults[check_below(c, 3)] : u;
    }
}

/* Elements equal to the bit, but for the payload of NaN. */
static void compare_halves(struct check *c, const struct kern_kv *kv, const uint16_t *got,
                           const uint16_t *want, const char *where) {
    int infinity = kv->type == KERN_KV_F16 ? 0x7c00 : 0x7f80;
    for (int i = 0; i < KERN_ATTN_KEYS * kv->head_dim; i++) {
        bool both_nan = (got[i] & 0x7fff) > infinity && (want[i] & 0x7fff) > infinity;
        if (got[i] == want[i] || both_nan) continue;
        check_fail(c, "%s[%d] is %04x, not %04x", where, i, got[i], want[i]);
        return;
    }
}

/* Whether element h is the nearest to x, halfway cases going to the even one. */
static bool is_rounded(enum kern_kv_type type, uint16_t h, float x) {
    float (*widen)(uint16_t h) = type == KERN_KV_F16 ? f16_to_f32 : bf16_to_f32;
    float most = type == KERN_KV_F16 ? 65520.0f : FLT_MAX; /* and beyond is infinite */
    if (isnan(x)) return isnan(widen(h));
    if ((signbit(x) != 0) != (h >> 15 != 0)) return false;
    if (fabsf(x) >= most) return type == KERN_KV_F16 || isinf(x) ? isinf(widen(h)) : true;
    double off = fabs((double)widen(h) - (double)x);
    for (int step = -1; step <= 1; step += 2) {
        if ((h & 0x7fff) == 0 && step < 0) continue;
        double other = fabs((double)widen((uint16_t)(h + step)) - (double)x);
        if (other < off || (other == off && h % 2)) return false;
    }
    return true;
}

/* What ops.h says of one row, so that the reference is checked too. */
static void check_row_of(struct check *c, const struct kern_kv *kv, int pos, const float *x,
                         bool is_key) {
    struct kern_kv_page page = kern_kv_page(kv, pos / KERN_ATTN_KEYS);
    int dim = kv->head_dim;
    pos %= KERN_ATTN_KEYS;
    float amax = 0.0f;
    bool fault = false;
    for (int d = 0; d < dim; d++) {
        if (!isfinite(x[d])) fault = true;
        amax = fmaxf(amax, fabsf(x[d]));
    }
    bool zero = fault || amax < KERN_ACT_TINY;
    if (kv->type == KERN_KV_I8) {
        float scale = is_key ? page.k_scale[pos] : page.v_scale[pos];
        if (fault ? !isnan(scale) : scale != (zero ? 0.0f : amax / 127.0f)) {
            check_fail(c, "the scale of max |x| %.9g is %.9g", (double)amax, (double)scale);
        }
    }
    for (int d = 0; d < dim; d++) {
        int at = is_key ? (pos / 16 * dim + d) * 16 + pos % 16 : pos * dim + d;
        const void *data = is_key ? page.k : page.v;
        bool ok;
        if (kv->type == KERN_KV_I8)
            ok = ((const int8_t *)data)[at] == (zero ? 0.0f : rintf(x[d] * (127.0f / amax)));
        else
            ok = is_rounded(kv->type, ((const uint16_t *)data)[at], x[d]);
        if (!ok) check_fail(c, "%s of dim %d is wrong", is_key ? "key" : "value", d);
    }
}

static void compare_pages(struct check *c, const struct kern_kv *kv, struct kern_kv_page got,
                          struct kern_kv_page want) {
    if (kv->type != KERN_KV_I8) {
        compare_halves(c, kv, got.k, want.k, "k");
        compare_halves(c, kv, got.v, want.v, "v");
        return;
    }
    size_t size = (size_t)(KERN_ATTN_KEYS * kv->head_dim);
    check_bytes(c, got.k, want.k, size, "k");
    check_bytes(c, got.v, want.v, size, "v");
    check_same(c, got.k_scale, want.k_scale, KERN_ATTN_KEYS, "k_scale");
    check_same(c, got.v_scale, want.v_scale, KERN_ATTN_KEYS, "v_scale");
}

static void check_one(struct check *c, enum kern_kv_type type, int head_dim, int pos, int pattern) {
    struct kern_ops ref;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "%d dims at %d, pattern %d", head_dim, pos, pattern);
    struct kern_kv got = data_new_kv(c, type, head_dim, N_PAGES, 0x3c);
    struct kern_kv want = data_new_kv(c, type, head_dim, N_PAGES, 0x3c);
    float *key = CHECK_NEW(c, float, head_dim, 0), *val = CHECK_NEW(c, float, head_dim, 0);
    for (int i = 0; i < head_dim; i++) {
        key[i] = value(c, pattern);
        val[i] = value(c, pattern);
    }
    c->ops->kv_store(&got, pos, key, val);
    ref.kv_store(&want, pos, key, val);
    check_row_of(c, &got, pos, key, true);
    check_row_of(c, &got, pos, val, false);
    for (int page = 0; page < N_PAGES; page++) {
        compare_pages(c, &got, kern_kv_page(&got, page), kern_kv_page(&want, page));
    }
}

static void check_type(struct check *c, int type) {
    static const int dims[] = {2, 6, 10, 16, 18, 32, 48, 62, 64, 80, 96, 100, 128};
    for (size_t i = 0; i < BASE_COUNT(dims); i++) {
        for (int n = 0; n < 36 && !check_hopeless(c); n++) {
            check_one(c, (enum kern_kv_type)type, dims[i], check_below(c, N_PAGES * KERN_ATTN_KEYS),
                      n % 6);
        }
    }
}

struct bench {
    kern_kv_store_fn fn;
    struct kern_kv kv;
    const float *row;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->fn(&b->kv, 21, b->row, b->row);
}

static void bench_type(struct check *c, int type) {
    struct kern_ops ref;
    struct bench b;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    b.kv = data_new_kv(c, (enum kern_kv_type)type, 128, N_PAGES, 0x3c);
    b.row = CHECK_NEW(c, float, 128, 0x3c);
    b.fn = ref.kv_store;
    double slow = check_time(run_bench, &b);
    b.fn = c->ops->kv_store;
    check_bench_line(c, names[type], slow, check_time(run_bench, &b), 2 * 128 * 4.0);
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int unused) {
    (void)unused;
    return a->kv_store == b->kv_store;
}

void check_kv(struct check *c) {
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        if (!check_is_own(c, same, type)) continue;
        check_op(c, names[type], c->bench ? bench_type : check_type, type);
    }
}
