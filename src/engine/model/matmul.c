/* Matrix products of a pass: row groups are shared out in parts, a part is computed in chunks of a
 * few groups, and a chunk for one panel of tokens after another. What is read again and again stays
 * in a second-level cache: the panel for all groups of the chunk, the chunk for all panels. */
#include "engine/model/pass.h"

#include <string.h>

/* Weights of a chunk, and activations of a panel: each at home in half of such a cache. */
#define CHUNK_BYTES ((size_t)384 << 10)
#define PANEL_BYTES ((size_t)256 << 10)

/* Tokens of a panel: whole tiles for every tier (4, 6 or 16 tokens), and results of a group that
 * are still in the first-level cache when they are added or gated. */
#define PANEL_STEP 48
#define MAX_PANEL 96

static int smaller(int a, int b) {
    return a < b ? a : b;
}

struct inputs pass_prepare_phase(const struct pool_worker *w, struct forward *f, enum act_set set,
                                 const float *src, int n_cols, const float *norm, int first) {
    const struct kern_ops *ops = &f->model->ops;
    struct worker_space *mine = &f->ws->workers[w->index];
    unsigned kinds = f->ws->kinds[set];
    int n = f->n_rows - first;
    bool alone = n == 1;
    struct kern_acts *acts = alone ? mine->acts[set] : f->ws->acts[set];
    for (int t = alone ? 0 : w->index; t < n; t += alone ? 1 : w->n_threads) {
        const float *row = src + (size_t)(first + t) * (size_t)n_cols;
        if (norm) {
            ops->rms_norm(mine->row, row, norm, n_cols, f->model->hp.norm_eps);
            row = mine->row;
        }
        for (int kind = 0; kind < KERN_N_ACT; kind++) {
            if (kinds >> kind & 1) ops->act[kind](&acts[kind], t, row);
        }
    }
    if (!alone) pool_barrier(w);
    return (struct inputs){.acts = acts, .first = first, .n = n};
}

static const struct kern_acts *acts_for(const struct inputs *in, const struct matrix *m) {
    return &in->acts[kern_type_info(m->packed.type)->act];
}

int pass_tile_groups(const struct forward *f, int n_rows) {
    return (int)(f->ws->tile_size / ((size_t)n_rows * (size_t)f->model->ops.layout.rows));
}

static size_t act_row_size(const struct kern_acts *a) {
    size_t element = a->x ? sizeof *a->x : a->h ? sizeof *a->h : sizeof *a->q;
    return (size_t)a->stride * element;
}

/* How parts of a matrix are cut for n_rows inputs: groups of a chunk, tokens of a panel. */
struct cut {
    int groups, panel;
};

static struct cut cut_for(const struct forward *f, const struct inputs *in,
                          const struct matrix *m) {
    bool short_rows = act_row_size(acts_for(in, m)) * MAX_PANEL <= PANEL_BYTES;
    int panel = smaller(short_rows ? MAX_PANEL : PANEL_STEP, in->n);
    int groups = pass_tile_groups(f, panel);
    if (in->n > panel) {
        int at_home = (int)(CHUNK_BYTES / m->packed.group_size);
        groups = smaller(groups, at_home > 1 ? at_home : 1);
    }
    return (struct cut){.groups = groups, .panel = panel};
}

/* Row groups g0..g1 of a matrix for input rows t0..t1. */
struct piece {
    int g0, g1, t0, t1;
};

/* First row of a piece, and how many rows of the matrix it has. */
static int piece_rows(const struct kern_weight *w, const struct piece *p, int *row0) {
    int rows = w->layout.rows;
    *row0 = p->g0 * rows;
    return smaller(w->n_rows, p->g1 * rows) - *row0;
}

/* A piece of m into tile, ld floats apart. Returns ld. */
static size_t multiply_tile(const struct forward *f, const struct matrix *m,
                            const struct inputs *in, const struct piece *p, float *tile) {
    const struct kern_weight *w = &m->packed;
    size_t ld = (size_t)(p->g1 - p->g0) * (size_t)w->layout.rows;
    f->model->ops.gemm[w->type](tile, ld, w, p->g0, p->g1, acts_for(in, m), p->t0, p->t1);
    if (m->bias) {
        int row0, n = piece_rows(w, p, &row0);
        for (int t = 0; t < p->t1 - p->t0; t++) {
            f->model->ops.add(tile + (size_t)t * ld, m->bias + row0, n);
        }
    }
    return ld;
}

static void multiply_piece(struct forward *f, struct worker_space *mine,
                           const struct product *product, const struct inputs *in,
                           const struct piece *p) {
    const struct kern_weight *w = &product->m->packed;
    int row0, n = piece_rows(w, p, &row0);
    size_t out_ld = (size_t)w->n_rows;
    float *out = product->out + (size_t)(in->first + p->t0) * out_ld + row0;
    if (!product->add && !product->m->bias && n == (p->g1 - p->g0) * w->layout.rows) {
        const struct kern_acts *acts = acts_for(in, product->m);
        f->model->ops.gemm[w->type](out, out_ld, w, p->g0, p->g1, acts, p->t0, p->t1);
        return;
    }
    float *tile = mine->tile[0];
    size_t ld = multiply_tile(f, product->m, in, p, tile);
    for (int t = 0; t < p->t1 - p->t0; t++) {
        float *to = out + (size_t)t * out_ld;
        const float *from = tile + (size_t)t * ld;
        if (product->add)
            f->model->ops.add(to, from, n);
        else
            memcpy(to, from, (size_t)n * sizeof *to);
    }
}

static int product_groups(const struct product *p) {
    return kern_n_groups(p->m->packed.layout, p->m->packed.n_rows);
}

/* Groups from..to of a product, chunk by chunk, panel by panel. */
static void multiply_part(struct forward *f, struct worker_space *mine,
                          const struct product *product, const struct inputs *in, int from,
                          int to) {
    struct cut cut = cut_for(f, in, product->m);
    for (int g = from; g < to; g += cut.groups) {
        for (int t = 0; t < in->n; t += cut.panel) {
            const struct piece piece = {g, smaller(g + cut.groups, to), t,
                                        smaller(t + cut.panel, in->n)};
            multiply_piece(f, mine, product, in, &piece);
        }
    }
}

void pass_multiply(const struct pool_worker *w, struct forward *f, const struct product *products,
                   int n_products, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    int n_groups = 0, from, to;
    for (int i = 0; i < n_products; i++) n_groups += product_groups(&products[i]);
    while (pool_claim_part(w, n_groups, &from, &to)) {
        int first = 0; /* group of this product, counted through all */
        for (int i = 0; i < n_products; i++) {
            int groups = product_groups(&products[i]);
            int begin = from > first ? from - first : 0;
            multiply_part(f, mine, &products[i], in, begin, smaller(to - first, groups));
            first += groups;
        }
    }
}

/* A piece of gate and up, gated. */
static void gate_piece(struct forward *f, struct worker_space *mine, const struct matrix *gate,
                       const struct matrix *up, float *out, const struct inputs *in,
                       const struct piece *p) {
    int row0, n = piece_rows(&gate->packed, p, &row0), n_ff = gate->packed.n_rows;
    size_t ld = multiply_tile(f, gate, in, p, mine->tile[0]);
    multiply_tile(f, up, in, p, mine->tile[1]);
    for (int t = 0; t < p->t1 - p->t0; t++) {
        float *to = out + (size_t)(in->first + p->t0 + t) * (size_t)n_ff + row0;
        f->model->ops.silu_mul(to, mine->tile[0] + (size_t)t * ld, mine->tile[1] + (size_t)t * ld,
                               n);
    }
}

void pass_gate_up(const struct pool_worker *w, struct forward *f, const struct matrix *gate,
                  const struct matrix *up, float *out, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    struct cut cut = cut_for(f, in, gate);
    int n_groups = kern_n_groups(gate->packed.layout, gate->packed.n_rows), from, to;
    while (pool_claim_part(w, n_groups, &from, &to)) {
        for (int g = from; g < to; g += cut.groups) {
            for (int t = 0; t < in->n; t += cut.panel) {
                const struct piece piece = {g, smaller(g + cut.groups, to), t,
                                            smaller(t + cut.panel, in->n)};
                gate_piece(f, mine, gate, up, out, in, &piece);
            }
        }
    }
}
