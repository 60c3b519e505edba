/* A kernel's results are compared with sums in double, computed from the file blocks rather than
 * from the packed matrix; then a token alone, and a part of the groups and tokens, must give the
 * same bits as the whole. */
#include "gemm.h"

#include <stdio.h>
#include <string.h>

#include "engine/kern/dequant.h"
#include "engine/kern/half.h"

#define CANARY 0xc5

/* What a result must be, and how far from it it may lie. */
struct truth {
    double *want, *bound; /* [n_tokens][n_rows up to whole groups] */
    int ld;
};

/* Integer sums of one block with one token: of scales times codes, and of minimums. */
static void block_sums(const struct kern_code *code, const struct kern_block *w, const int8_t *q,
                       int n, int64_t *total, int64_t *mins) {
    int width = n / code->n_sub, offset = code->offset_shift ? 1 << code->offset_shift : 0;
    *total = *mins = 0;
    for (int s = 0; s < code->n_sub; s++) {
        int32_t dot = 0, sum = 0;
        for (int i = s * width; i < (s + 1) * width; i++) {
            int level = (code->table ? code->table[w->code[i]] : w->code[i]) - offset;
            dot += level * q[i];
            sum += q[i];
        }
        *total += n == 32 ? dot : dot * w->scale[s];
        if (code->has_min) *mins += n == 32 ? sum : -sum * w->min[s];
    }
}

/* Adds row `row` of a block type to the truth of every token. */
static void add_block_row(const struct data_matrix *m, const struct kern_acts *x, int n_tokens,
                          int row, const struct truth *truth) {
    const struct kern_code *code = kern_code(m->type);
    const struct kern_type_info *info = kern_type_info(m->type);
    const uint8_t *src = m->src + (size_t)row * kern_row_size(m->type, m->n_cols);
    int n = info->block_elems, n_blocks = m->n_cols / n;
    /* Roundings on the way of a term: two of its product, one of an integer beyond 2^24, one an
     * addition; half of FLT_EPSILON each. */
    double c = (4.0 + n_blocks * (code->has_min ? 2 : 1)) / 2 * (double)FLT_EPSILON;
    for (int b = 0; b < n_blocks; b++, src += info->block_bytes) {
        struct kern_block w = {0};
        if (row < m->n_rows) kern_block_decode(m->type, src, &w);
        double d =
            (double)(m->type == KERN_MXFP4 ? e8m0_half_to_f32((uint8_t)w.d) : f16_to_f32(w.d));
        double dmin = code->has_min ? (double)f16_to_f32(w.dmin) : 0.0;
        for (int t = 0; t < n_tokens; t++) {
            size_t at = (size_t)t * (size_t)x->stride + (size_t)(b * n);
            double dx = (double)x->d[t * (x->stride / n) + b];
            int64_t total, mins;
            block_sums(code, &w, x->q + at, n, &total, &mins);
            double main_term = d * dx * (double)total, min_term = dmin * dx * (double)mins;
            int to = t * truth->ld + row;
            truth->want[to] += code->has_min ? main_term + min_term : main_term;
            /* A subnormal product of scales is off by up to 2^-150 before it is multiplied. */
            double tiny = (fabs((double)total) + fabs((double)mins) + fabs(dmin) + 2) * 0x1p-149;
            truth->bound[to] += c * (fabs(main_term) + fabs(min_term)) + tiny;
        }
    }
}

static void add_float_row(const struct data_matrix *m, const struct kern_acts *x, int n_tokens,
                          int row, const struct truth *truth) {
    size_t size = (size_t)kern_type_info(m->type)->block_bytes;
    const uint8_t *src = m->src + (size_t)row * kern_row_size(m->type, m->n_cols);
    bool pairs = m->type == KERN_BF16;
    /* An addition each, half of FLT_EPSILON; the instructions for pairs may round twice as
     * coarsely, and take what is subnormal for 0. */
    double c = (2.0 + m->n_cols * (pairs ? 1.0 : 0.5)) * (double)FLT_EPSILON;
    for (int k = 0; k < m->n_cols; k++, src += size) {
        float w = 0.0f;
        if (row < m->n_rows) kern_dequant_row(m->type, src, &w, 1);
        for (int t = 0; t < n_tokens; t++) {
            size_t at = (size_t)t * (size_t)x->stride + (size_t)k;
            float v = pairs ? bf16_to_f32(x->h[at]) : x->x[at];
            double term = (double)w * (double)v;
            bool flushed = pairs && (fabsf(w) < FLT_MIN || fabsf(v) < FLT_MIN);
            int to = t * truth->ld + row;
            truth->want[to] += term;
            truth->bound[to] += c * fabs(term) + (pairs ? 2 * (double)FLT_MIN : 0x1p-148) +
                                (flushed ? fabs(term) : 0.0);
        }
    }
}

/* One call, whose whole output, gaps between rows included, is in a fresh buffer. */
static float *run(struct check *c, const struct data_matrix *m, const struct kern_acts *x, int g0,
                  int g1, int t0, int t1, size_t gap) {
    size_t width = (size_t)((g1 - g0) * c->ops->layout.rows), ld = width + gap;
    float *out = CHECK_NEW(c, float, ld *(size_t)(t1 - t0 - 1) + width, CANARY);
    c->ops->gemm[m->type](out, ld, &m->packed, g0, g1, x, t0, t1);
    for (int t = 0; t < t1 - t0 - 1; t++) {
        const uint8_t *at = (const uint8_t *)(out + (size_t)t * ld + width);
        for (size_t i = 0; i < gap * sizeof *out; i++) {
            if (at[i] == CANARY) continue;
            check_fail(c, "wrote behind row %d, tokens %d..%d", t, t0, t1);
            return out;
        }
    }
    return out;
}

/* The same bits from a part of the work. */
static void compare_part(struct check *c, const struct data_matrix *m, const struct kern_acts *x,
                         const float *whole, size_t ld, int g0, int g1, int t0, int t1) {
    int rows = c->ops->layout.rows;
    size_t gap = (size_t)check_below(c, 3), width = (size_t)((g1 - g0) * rows);
    float *part = run(c, m, x, g0, g1, t0, t1, gap);
    char where[64];
    (void)snprintf(where, sizeof where, "groups %d..%d, tokens %d..%d", g0, g1, t0, t1);
    for (int t = t0; t < t1; t++) {
        if (!check_same(c, part + (size_t)(t - t0) * (width + gap),
                        whole + (size_t)t * ld + (size_t)(g0 * rows), (int)width, where)) {
            return;
        }
    }
}

static void compare_truth(struct check *c, const struct data_matrix *m, const struct kern_acts *x,
                          int n_tokens, const float *out, size_t ld, bool exact) {
    int n = kern_n_groups(c->ops->layout, m->n_rows) * c->ops->layout.rows;
    struct truth truth = {
        .want = CHECK_NEW(c, double, n *n_tokens, 0),
        .bound = CHECK_NEW(c, double, n *n_tokens, 0),
        .ld = n,
    };
    for (int row = 0; row < n; row++) {
        if (kern_code(m->type))
            add_block_row(m, x, n_tokens, row, &truth);
        else
            add_float_row(m, x, n_tokens, row, &truth);
    }
    char where[64];
    for (int t = 0; t < n_tokens; t++) {
        (void)snprintf(where, sizeof where, "token %d, row", t);
        for (int row = 0; row < n; row++) {
            int at = t * n + row;
            if (!check_near(c, out[(size_t)t * ld + (size_t)row], truth.want[at],
                            exact ? 0.0 : truth.bound[at], where, row)) {
                return;
            }
        }
    }
}

static void check_one(struct check *c, enum kern_type type, int n_rows, int n_cols, int n_tokens,
                      enum data_pattern p) {
    struct data_matrix m;
    struct kern_acts x;
    struct kern_layout layout = c->ops->layout;
    check_case(c, "%d rows, %d columns, %d tokens, %s", n_rows, n_cols, n_tokens,
               data_pattern_names[p]);
    data_new_matrix(c, &m, type, n_rows, n_cols, p);
    data_pack(c, &m, layout);
    data_new_acts(c, &x, kern_type_info(type)->act, n_tokens, n_cols);
    data_fill_acts(c, &x, n_tokens, p);
    int n_groups = kern_n_groups(layout, n_rows);
    size_t gap = (size_t)check_below(c, 5), ld = (size_t)(n_groups * layout.rows) + gap;
    const float *out = run(c, &m, &x, 0, n_groups, 0, n_tokens, gap);
    compare_truth(c, &m, &x, n_tokens, out, ld, p == DATA_EXACT);
    for (int t = 0; t < n_tokens; t++) {
        compare_part(c, &m, &x, out, ld, 0, n_groups, t, t + 1);
    }
    int g0 = check_below(c, n_groups), t0 = check_below(c, n_tokens);
    int g1 = g0 + 1 + check_below(c, n_groups - g0), t1 = t0 + 1 + check_below(c, n_tokens - t0);
    compare_part(c, &m, &x, out, ld, g0, g1, t0, t1);
}

/* The columns to try; set for the families by gemm_check_types, read by the body of an op. */
static const int *cols_to_try;
static int n_cols_to_try;

static void check_type(struct check *c, int type) {
    int rows = c->ops->layout.rows;
    const int row_counts[] = {1, rows - 1, rows, rows + 1, 2 * rows + 3, 3 * rows};
    int n = 0;
    for (int p = 0; p < DATA_N_PATTERNS; p++) {
        for (int i = 0; i < n_cols_to_try; i++) {
            for (int k = 0; k < 3 && !check_hopeless(c); k++, n++) {
                check_one(c, (enum kern_type)type, row_counts[(p + n) % 6], cols_to_try[i],
                          1 + n % 13, (enum data_pattern)p);
            }
        }
    }
}

struct bench {
    kern_gemm_fn fn;
    struct data_matrix m;
    struct kern_acts x;
    float *out;
    int n_tokens;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->fn(b->out, (size_t)b->m.n_rows, &b->m.packed, 0, b->m.n_rows / b->m.packed.layout.rows,
          &b->x, 0, b->n_tokens);
}

static void bench_type(struct check *c, int type) {
    struct kern_ops ref;
    struct bench b;
    int n_rows = 512, n_cols = 2048;
    kern_ops_init(&ref, CPU_TIER_REF);
    check_case(c, "bench");
    data_new_matrix(c, &b.m, (enum kern_type)type, n_rows, n_cols, DATA_RANDOM);
    data_pack(c, &b.m, c->ops->layout);
    data_new_acts(c, &b.x, kern_type_info((uint32_t)type)->act, 12, n_cols);
    data_fill_acts(c, &b.x, 12, DATA_RANDOM);
    b.out = CHECK_NEW(c, float, 12 * n_rows, 0);
    for (b.n_tokens = 1; b.n_tokens <= 12; b.n_tokens += 11) {
        char name[32];
        (void)snprintf(name, sizeof name, "%s %d token%s", c->op, b.n_tokens,
                       b.n_tokens == 1 ? "" : "s");
        b.fn = ref.gemm[type];
        double slow = check_time(run_bench, &b);
        b.fn = c->ops->gemm[type];
        check_bench_line(c, name, slow, check_time(run_bench, &b),
                         (double)b.m.packed.group_size * n_rows / c->ops->layout.rows);
    }
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int type) {
    return a->gemm[type] == b->gemm[type] && a->layout.rows == b->layout.rows &&
           a->layout.kb == b->layout.kb;
}

void gemm_check_types(struct check *c, const enum kern_type *types, int n_types, const int *cols,
                      int n_cols) {
    cols_to_try = cols;
    n_cols_to_try = n_cols;
    for (int i = 0; i < n_types; i++) {
        if (!check_is_own(c, same, (int)types[i])) continue;
        check_op(c, kern_type_info(types[i])->name, c->bench ? bench_type : check_type,
                 (int)types[i]);
    }
}
