/* Products of plain matrices: all four ways they may lie, added or not, sizes around every tile and
 * block; and that no element depends on what else is computed with it. */
#include <stdio.h>
#include <string.h>

#include "kerncheck.h"

static const int sides[] = {1,  2,  3,  4,  5,  7,  8,  9,  12, 13,
                            16, 17, 23, 24, 25, 47, 48, 49, 64, 100};
static const int depths[] = {0, 1, 2, 3, 7, 8, 9, 31, 64, 191, 192, 193, 400};

/* The operands of a case and what c was before. */
struct product {
    struct kern_sgemm_args g;
    float *before;
};

static float *new_matrix(struct check *c, int rows, int cols, size_t ld) {
    size_t n = rows > 0 && cols > 0 ? (size_t)(rows - 1) * ld + (size_t)cols : 0;
    float *x = CHECK_NEW(c, float, n, 0xc5);
    for (size_t i = 0; i < n; i++) x[i] = check_unit(c);
    return x;
}

static struct product new_product(struct check *c, int m, int n, int k, int way) {
    struct product p = {.g = {.m = m, .n = n, .k = k}};
    struct kern_sgemm_args *g = &p.g;
    g->a_transposed = way & 1;
    g->b_transposed = way & 2;
    g->add = way & 4;
    int a_cols = g->a_transposed ? m : k, b_cols = g->b_transposed ? k : n;
    g->lda = (size_t)(a_cols + check_below(c, 3));
    g->ldb = (size_t)(b_cols + check_below(c, 3));
    g->ldc = (size_t)(n + check_below(c, 3));
    g->a = new_matrix(c, g->a_transposed ? k : m, a_cols, g->lda);
    g->b = new_matrix(c, g->b_transposed ? n : k, b_cols, g->ldb);
    g->c = new_matrix(c, m, n, g->ldc);
    size_t size = ((size_t)(m - 1) * g->ldc + (size_t)n) * sizeof(float);
    p.before = check_alloc(c, size, 1, 0);
    memcpy(p.before, g->c, size);
    return p;
}

static float a_at(const struct kern_sgemm_args *g, int i, int p) {
    return g->a_transposed ? g->a[(size_t)p * g->lda + (size_t)i]
                           : g->a[(size_t)i * g->lda + (size_t)p];
}

static float b_at(const struct kern_sgemm_args *g, int p, int j) {
    return g->b_transposed ? g->b[(size_t)j * g->ldb + (size_t)p]
                           : g->b[(size_t)p * g->ldb + (size_t)j];
}

/* Sums of k terms in a chain: k roundings of partial sums that no sum of magnitudes is below. */
static bool check_element(struct check *c, const struct product *p, int i, int j) {
    const struct kern_sgemm_args *g = &p->g;
    size_t at = (size_t)i * g->ldc + (size_t)j;
    double want = g->add ? (double)p->before[at] : 0, size = fabs(want);
    for (int q = 0; q < g->k; q++) {
        double term = (double)a_at(g, i, q) * (double)b_at(g, q, j);
        want += term;
        size += fabs(term);
    }
    double bound = (0.1 * g->k + 2) * (double)FLT_EPSILON * size;
    return check_near(c, g->c[at], want, bound, "c", (int)at);
}

static void check_product(struct check *c, int m, int n, int k, int way) {
    check_case(c, "%d x %d x %d, a%s, b%s%s", m, n, k, way & 1 ? " transposed" : "",
               way & 2 ? " transposed" : "", way & 4 ? ", added" : "");
    struct product p = new_product(c, m, n, k, way);
    c->ops->sgemm(&p.g);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            if (!check_element(c, &p, i, j)) return;
        }
        for (size_t j = (size_t)n; j < p.g.ldc && i + 1 < m; j++) {
            size_t at = (size_t)i * p.g.ldc + j;
            if (!check_same(c, p.g.c + at, p.before + at, 1, "between rows")) return;
        }
    }
}

static void check_sizes(struct check *c, int way) {
    for (size_t i = 0; i < BASE_COUNT(sides); i++) {
        for (size_t j = 0; j < BASE_COUNT(sides) && !check_hopeless(c); j++) {
            int k = depths[check_below(c, (int)BASE_COUNT(depths))];
            check_product(c, sides[i], sides[j], k, way);
        }
    }
    for (size_t i = 0; i < BASE_COUNT(depths); i++) check_product(c, 9, 50, depths[i], way);
    check_product(c, 133, 50, 200, way); /* more rows than a block has */
}

/* Computed in four parts, c must come out the same to the bit. */
static void check_split(struct check *c, int way) {
    for (int round = 0; round < 40 && !check_hopeless(c); round++) {
        int m = 2 + check_below(c, 150), n = 2 + check_below(c, 120), k = check_below(c, 300);
        check_case(c, "%d x %d x %d in parts, way %d", m, n, k, way);
        struct product p = new_product(c, m, n, k, way);
        c->ops->sgemm(&p.g);
        float *parts = p.before;
        int rows = 1 + check_below(c, m - 1), cols = 1 + check_below(c, n - 1);
        for (int part = 0; part < 4; part++) {
            struct kern_sgemm_args g = p.g;
            bool low = part & 1, right = part & 2;
            size_t i = low ? (size_t)rows : 0, j = right ? (size_t)cols : 0;
            g.m = low ? m - rows : rows;
            g.n = right ? n - cols : cols;
            g.a += g.a_transposed ? i : i * g.lda;
            g.b += g.b_transposed ? j * g.ldb : j;
            g.c = parts + i * g.ldc + j;
            c->ops->sgemm(&g);
        }
        check_same(c, parts, p.g.c, (m - 1) * (int)p.g.ldc + n, "c");
    }
}

/* A NaN or an infinity shows in its row or column and nowhere else. */
static void check_faults(struct check *c, int way) {
    static const float faults[] = {NAN, INFINITY, -INFINITY};
    for (int round = 0; round < 30 && !check_hopeless(c); round++) {
        int m = 1 + check_below(c, 20), n = 1 + check_below(c, 60), k = 1 + check_below(c, 20);
        check_case(c, "%d x %d x %d with a fault, way %d", m, n, k, way);
        struct product p = new_product(c, m, n, k, way);
        int i = check_below(c, m), q = check_below(c, k);
        size_t at =
            p.g.a_transposed ? (size_t)q * p.g.lda + (size_t)i : (size_t)i * p.g.lda + (size_t)q;
        ((float *)(uintptr_t)p.g.a)[at] = faults[round % 3];
        c->ops->sgemm(&p.g);
        for (int r = 0; r < m; r++) {
            for (int j = 0; j < n; j++) {
                bool finite = isfinite(p.g.c[(size_t)r * p.g.ldc + (size_t)j]) != 0;
                if (finite == (r != i)) continue;
                check_fail(c, "c[%d][%d] is %s", r, j, finite ? "finite" : "not finite");
                return;
            }
        }
    }
}

static void check_way(struct check *c, int way) {
    check_sizes(c, way);
    check_split(c, way);
    check_faults(c, way);
}

struct bench {
    const struct kern_ops *ops;
    struct kern_sgemm_args g;
};

static void run_bench(void *arg) {
    struct bench *b = arg;
    b->ops->sgemm(&b->g);
}

static void bench_way(struct check *c, int way) {
    static const int shapes[][3] = {{256, 256, 256}, {1024, 1024, 1024}, {8, 150, 512},
                                    {64, 150, 32},   {512, 150, 64},     {1024, 192, 512}};
    for (size_t i = 0; i < BASE_COUNT(shapes); i++) {
        int m = shapes[i][0], n = shapes[i][1], k = shapes[i][2];
        check_case(c, "bench");
        struct bench b = {.ops = c->ops, .g = new_product(c, m, n, k, way).g};
        double seconds = check_time(run_bench, &b);
        printf("  %-12s %s %4d x %4d x %4d %8.1f GFLOP/s\n", cpu_tier_name(c->ops->tier), c->op, m,
               n, k, 2e-9 * m * n * k / seconds);
    }
}

static bool same(const struct kern_ops *a, const struct kern_ops *b, int unused) {
    (void)unused;
    return a->sgemm == b->sgemm;
}

void check_sgemm(struct check *c) {
    static const char *const names[] = {"sgemm ab", "sgemm a'b", "sgemm ab'", "sgemm a'b'"};
    if (!check_is_own(c, same, 0)) return;
    for (int way = 0; way < 8; way++) {
        if (c->bench && way >= 4) break;
        check_op(c, names[way & 3], c->bench ? bench_way : check_way, way);
    }
}
