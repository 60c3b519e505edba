#include "learn/matmul.h"

#include "learn/split.h"

/* Parts of a product: large enough that packing its operands again for every part costs little. */
#define PART_ROWS 128
#define PART_COLS 192
#define SMALL_WORK (64 * 64 * 64) /* multiplications not worth waking a thread for */

struct grid {
    const struct learn *l;
    const struct kern_sgemm_args *g;
    int part_cols, n_across;
};

static void multiply_part(int from, int to, void *arg) {
    const struct grid *grid = arg;
    for (int part = from; part < to; part++) {
        struct kern_sgemm_args g = *grid->g;
        int i = part / grid->n_across * PART_ROWS, j = part % grid->n_across * grid->part_cols;
        g.m = g.m - i < PART_ROWS ? g.m - i : PART_ROWS;
        g.n = g.n - j < grid->part_cols ? g.n - j : grid->part_cols;
        g.a += g.a_transposed ? (size_t)i : (size_t)i * g.lda;
        g.b += g.b_transposed ? (size_t)j * g.ldb : (size_t)j;
        g.c += (size_t)i * g.ldc + (size_t)j;
        grid->l->ops.sgemm(&g);
    }
}

void learn_matmul(struct learn *l, const struct kern_sgemm_args *g) {
    if (g->m <= 0 || g->n <= 0) return;
    int n_threads = pool_n_threads(l->pool), n_down = (g->m + PART_ROWS - 1) / PART_ROWS;
    if (n_threads == 1 || (double)g->m * g->n * g->k < SMALL_WORK) {
        l->ops.sgemm(g);
        return;
    }
    struct grid grid = {l, g, g->n, 1};
    if (n_down < 3 * n_threads && g->n > PART_COLS) {
        grid.part_cols = PART_COLS;
        grid.n_across = (g->n + PART_COLS - 1) / PART_COLS;
    }
    learn_split(l, n_down * grid.n_across, 1, multiply_part, &grid);
}

static void multiply_some(int from, int to, void *arg) {
    const struct grid *grid = arg;
    for (int i = from; i < to; i++) grid->l->ops.sgemm(&grid->g[i]);
}

void learn_matmul_list(struct learn *l, const struct kern_sgemm_args *g, int n) {
    struct grid grid = {.l = l, .g = g};
    learn_split(l, n, 1, multiply_some, &grid);
}
