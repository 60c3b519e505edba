/* Attention against the formula in double. The cache beyond the keys of a call is NaN, as is the
 * scratch memory; a row alone must give the bits that it gives among others. */
#include <stdio.h>
#include <string.h>

#include "data.h"
#include "engine/kern/half.h"

static const char *const names[KERN_N_KV_TYPES] = {"attn f16", "attn bf16", "attn i8"};

enum pattern {
    MILD,   /* weights of the same size */
    SHARP,  /* one key outweighs all */
    SAME,   /* all keys equal */
    FAULTS, /* NaN and infinities in some rows of q, k or v */
    N_PATTERNS
};

/* One call and its cache, with the elements of the cache as floats beside it. */
struct problem {
    struct kern_kv kv;
    struct kern_attn_args args;
    int n_ctx;
    int *n_keys;
    float *k, *v;             /* [n_ctx][head_dim] elements */
    float *k_scale, *v_scale; /* [n_ctx]; 1 but for i8 */
};

static float to_element(enum kern_kv_type type, void *data, size_t at, float f) {
    if (type == KERN_KV_I8) {
        int8_t q = (int8_t)fmaxf(-127.0f, fminf(127.0f, rintf(f * 60.0f)));
        ((int8_t *)data)[at] = q;
        return q;
    }
    uint16_t h = type == KERN_KV_F16 ? f32_to_f16(f) : f32_to_bf16(f);
    ((uint16_t *)data)[at] = h;
    return type == KERN_KV_F16 ? f16_to_f32(h) : bf16_to_f32(h);
}

/* Writes key and value of one position; `fault` (0: none) goes into one of their elements, or into
 * a scale where elements cannot hold it. */
static void put_position(struct check *c, struct problem *p, int pos, enum pattern pattern,
                         float fault) {
    const struct kern_kv *kv = &p->kv;
    struct kern_kv_page page = kern_kv_page(kv, pos / KERN_ATTN_KEYS);
    int dim = kv->head_dim, in_page = pos % KERN_ATTN_KEYS,
        where = fault != 0.0f ? check_below(c, 2 * dim) : -1;
    float k_scale = 1.0f, v_scale = 1.0f;
    if (kv->type == KERN_KV_I8) {
        k_scale = 0.001f + fabsf(check_unit(c)) / 60.0f;
        v_scale = check_below(c, 9) == 0 ? 0.0f : fabsf(check_unit(c));
        if (where >= 0 && where < dim) k_scale = fault;
        if (where >= dim) v_scale = fault;
        page.k_scale[in_page] = k_scale;
        page.v_scale[in_page] = v_scale;
    }
    for (int d = 0; d < dim; d++) {
        size_t k_at = (size_t)(in_page / KERN_KEY_BLOCK * dim + d) * KERN_KEY_BLOCK +
                      (size_t)(in_page % KERN_KEY_BLOCK);
        size_t v_at = (size_t)(in_page * dim + d), at = (size_t)(pos * dim + d);
        float key = pattern == SAME ? (float)(d % 5) * 0.25f - 0.5f : check_unit(c) * 2.0f;
        float value = check_unit(c) * 2.0f;
        if (kv->type != KERN_KV_I8) {
            if (where == d) key = fault;
            if (where == dim + d) value = fault;
        }
        p->k[at] = to_element(kv->type, page.k, k_at, key);
        p->v[at] = to_element(kv->type, page.v, v_at, value);
    }
    p->k_scale[pos] = k_scale;
    p->v_scale[pos] = v_scale;
}

static void new_cache(struct check *c, struct problem *p, enum kern_kv_type type, int head_dim,
                      int n_used, enum pattern pattern) {
    static const float faults[] = {NAN, INFINITY, -INFINITY};
    int n_pages = (n_used + KERN_ATTN_KEYS - 1) / KERN_ATTN_KEYS;
    p->n_ctx = n_pages * KERN_ATTN_KEYS;
    size_t n = (size_t)p->n_ctx * (size_t)head_dim;
    p->kv = data_new_kv(c, type, head_dim, n_pages, 0xff);
    p->k = CHECK_NEW(c, float, n, 0);
    p->v = CHECK_NEW(c, float, n, 0);
    p->k_scale = CHECK_NEW(c, float, p->n_ctx, 0);
    p->v_scale = CHECK_NEW(c, float, p->n_ctx, 0);
    for (int pos = 0; pos < n_used; pos++) {
        bool at_fault = pattern == FAULTS && check_below(c, 50) == 0;
        put_position(c, p, pos, pattern, at_fault ? faults[check_below(c, 3)] : 0.0f);
    }
}

/* Numbers of keys: all alike, growing by one as in a prompt, or anything. Returns the largest. */
static int choose_keys(struct check *c, int *n_keys, int n_q) {
    int kind = check_below(c, 3), most = 0;
    int first = 1 + check_below(c, 200 - (kind == 1 ? n_q : 0));
    for (int i = 0; i < n_q; i++) {
        n_keys[i] = kind == 0 ? first : kind == 1 ? first + i : 1 + check_below(c, 200);
        if (n_keys[i] > most) most = n_keys[i];
    }
    return most;
}

/* Row i of the result, and how far each dim may be off. The error of a score is that of a sum of
 * head_dim terms, each as large as `top` at most; it moves every weight by that factor. */
static void truth(const struct problem *p, int i, double *want, double *bound) {
    int dim = p->kv.head_dim, n = p->n_keys[i];
    const float *q = p->args.q + (size_t)i * p->args.q_stride;
    double score[256], max = -INFINITY, top = 0.0, total = 0.0;
    for (int j = 0; j < n; j++) {
        double dot = 0.0, size = 0.0;
        for (int d = 0; d < dim; d++) {
            double term = (double)q[d] * (double)p->k[j * dim + d] * (double)p->args.scale;
            dot += term;
            size += fabs(term);
        }
        score[j] = dot * (double)p->k_scale[j];
        size *= (double)p->k_scale[j];
        if (!(score[j] <= max)) max = score[j]; /* a NaN stays */
        if (size > top && isfinite(size)) top = size;
    }
    double eps = (double)FLT_EPSILON, relative = eps * ((dim + 8) * top + n + 16);
    for (int d = 0; d < dim; d++) want[d] = bound[d] = 0.0;
    for (int j = 0; j < n; j++) {
        double weight = exp(score[j] - max), scale = (double)p->v_scale[j];
        total += weight;
        for (int d = 0; d < dim; d++) {
            double term = weight * scale * (double)p->v[j * dim + d];
            want[d] += term;
            bound[d] += relative * fabs(term) + 1e-37 * fabs(scale * (double)p->v[j * dim + d]);
        }
    }
    for (int d = 0; d < dim; d++) {
        want[d] /= total;
        bound[d] = bound[d] / total + 0x1p-148;
    }
}

/* Row i alone: one row of q at the end of its memory. */
static void check_alone(struct check *c, const struct problem *p, int i) {
    struct kern_attn_args one = p->args;
    size_t dim = (size_t)p->kv.head_dim;
    float *q = CHECK_NEW(c, float, dim, 0), *out = CHECK_NEW(c, float, dim, 0xc5);
    int *n_keys = CHECK_NEW(c, int, 1, 0);
    memcpy(q, p->args.q + (size_t)i * p->args.q_stride, dim * sizeof *q);
    *n_keys = p->n_keys[i];
    one.q = q;
    one.out = out;
    one.n_keys = n_keys;
    one.n_q = 1;
    c->ops->attn[p->kv.type](&one);
    const float *among = p->args.out + (size_t)i * p->args.out_stride;
    char where[40];
    (void)snprintf(where, sizeof where, "row %d of %d alone", i, p->args.n_q);
    check_same(c, out, among, (int)dim, where);
}

static void check_one(struct check *c, enum kern_kv_type type, int dim, int n_q,
                      enum pattern pattern) {
    struct problem p = {0};
    static const float scales[N_PATTERNS] = {0.05f, 3.0f, 0.3f, 0.05f};
    check_case(c, "%d dims, %d rows, pattern %d", dim, n_q, (int)pattern);
    p.n_keys = CHECK_NEW(c, int, n_q, 0);
    new_cache(c, &p, type, dim, choose_keys(c, p.n_keys, n_q), pattern);
    size_t q_stride = (size_t)(dim + check_below(c, 20)), gap = (size_t)check_below(c, 20);
    size_t out_stride = (size_t)dim + gap, rows = (size_t)n_q;
    float *q = CHECK_NEW(c, float, (rows - 1) * q_stride + (size_t)dim, 0xff);
    float *out = CHECK_NEW(c, float, (rows - 1) * out_stride + (size_t)dim, 0xc5);
    for (size_t i = 0; i < rows; i++) {
        for (size_t d = 0; d < (size_t)dim; d++) q[i * q_stride + d] = check_unit(c);
        if (pattern == FAULTS && check_below(c, 12) == 0) q[i * q_stride] = NAN;
    }
    p.args = (struct kern_attn_args){
        .out = out,
        .out_stride = out_stride,
        .q = q,
        .q_stride = q_stride,
        .n_q = n_q,
        .n_keys = p.n_keys,
        .scale = scales[pattern],
        .kv = &p.kv,
        .scratch = check_alloc(c, KERN_ATTN_SCRATCH(dim) * sizeof(float), 64, 0xff),
    };
    c->ops->attn[type](&p.args);
    double want[256] = {0}, bound[256] = {0};
    for (int i = 0; i < n_q; i++) {
        const float *row = out + (size_t)i * out_stride;
        char where[40];
        (void)snprintf(where, sizeof where, "row %d (%d keys)", i, p.n_keys[i]);
        truth(&p, i, want, bound);
        for (int d = 0; d < dim; d++) {
            if (!isfinite(want[d]) && !isfinite(row[d])) continue; /* whichever it is */
            if (!check_near(c, row[d], want[d], bound[d], where, d)) return;
        }
        const uint8_t *behind = (const uint8_t *)(row + dim);
        for (size_t b = 0; i + 1 < n_q && b < gap * sizeof *out; b++) {
            if (behind[b] != 0xc5) check_fail(c, "wrote behind row %d", i);
        }
    }
    for (int k = 0; k < 3; k++) check_alone(c, &p, check_below(c, n_q));
}

static void check_type(struct check *c, int type) {
    static const int dims[] = {2, 10, 16, 40, 64, 80, 96, 100, 128};
    static const int counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 24, 32, 63, 64};
    int n = 0;
    for (size_t i = 0; i < BASE_COUNT(dims); i++) {
        for (int p = 0; p < N_PATTERNS; p++) {
            for (int k = 0; k < 4 && !check_hopeless(c); k++, n++) {
                check_one(c, (enum kern_kv_type)type, dims[i], counts[n % 17], (enum pattern)p);
            }
        }
    }
}

struct bench {
    kern_attn_fn fn;
    struct kern_attn_args args;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->fn(&b->args);
}

static void bench_type(struct check *c, int type) {
    struct kern_ops ref;
    struct problem p = {0};
    struct bench b;
    int dim = 64, n_q = 16;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    p.n_keys = CHECK_NEW(c, int, n_q, 0);
    for (int i = 0; i < n_q; i++) p.n_keys[i] = 512;
    new_cache(c, &p, (enum kern_kv_type)type, dim, 512, MILD);
    b.args = (struct kern_attn_args){
        .out = CHECK_NEW(c, float, n_q *dim, 0),
        .out_stride = (size_t)dim,
        .q = CHECK_NEW(c, float, n_q *dim, 0x3c),
        .q_stride = (size_t)dim,
        .n_keys = p.n_keys,
        .scale = 0.125f,
        .kv = &p.kv,
        .scratch = check_alloc(c, KERN_ATTN_SCRATCH(dim) * sizeof(float), 64, 0),
    };
    for (b.args.n_q = 1; b.args.n_q <= n_q; b.args.n_q += n_q - 1) {
        char name[40];
        (void)snprintf(name, sizeof name, "%s, %d of 512", names[type], b.args.n_q);
        b.fn = ref.attn[type];
        double slow = check_time(run_bench, &b);
        b.fn = c->ops->attn[type];
        check_bench_line(c, name, slow, check_time(run_bench, &b),
                         512.0 * 2 * dim * (type == KERN_KV_I8 ? 1 : 2));
    }
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int type) {
    return a->attn[type] == b->attn[type];
}

void check_attn(struct check *c) {
    for (int type = 0; type < KERN_N_KV_TYPES; type++) {
        if (!check_is_own(c, same, type)) continue;
        check_op(c, names[type], c->bench ? bench_type : check_type, type);
    }
}
