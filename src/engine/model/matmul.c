/* Matrix products of a pass: row groups are shared out in parts, and a part is computed in chunks
 * whose results fit a tile, each for all tokens while its weights are in the cache. */
#include "engine/model/pass.h"

#include <string.h>

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

/* Groups g0..g1 of m for all rows into tile, ld floats apart. Returns ld. */
static size_t multiply_tile(const struct forward *f, const struct matrix *m,
                            const struct inputs *in, int g0, int g1, float *tile) {
    const struct kern_weight *p = &m->packed;
    size_t ld = (size_t)(g1 - g0) * (size_t)p->layout.rows;
    f->model->ops.gemm[p->type](tile, ld, p, g0, g1, acts_for(in, m), 0, in->n);
    if (m->bias) {
        int row0 = g0 * p->layout.rows;
        int n = p->n_rows - row0 < (int)ld ? p->n_rows - row0 : (int)ld;
        for (int t = 0; t < in->n; t++) f->model->ops.add(tile + (size_t)t * ld, m->bias + row0, n);
    }
    return ld;
}

static void multiply_chunk(struct forward *f, struct worker_space *mine, const struct product *p,
                           const struct inputs *in, int g0, int g1) {
    const struct kern_weight *weight = &p->m->packed;
    int rows = weight->layout.rows;
    int row0 = g0 * rows;
    int n = weight->n_rows - row0 < (g1 - g0) * rows ? weight->n_rows - row0 : (g1 - g0) * rows;
    size_t out_ld = (size_t)weight->n_rows;
    float *out = p->out + (size_t)in->first * out_ld + row0;
    if (!p->add && !p->m->bias && n == (g1 - g0) * rows) {
        f->model->ops.gemm[weight->type](out, out_ld, weight, g0, g1, acts_for(in, p->m), 0, in->n);
        return;
    }
    float *tile = mine->tile[0];
    size_t ld = multiply_tile(f, p->m, in, g0, g1, tile);
    for (int t = 0; t < in->n; t++) {
        float *to = out + (size_t)t * out_ld;
        const float *from = tile + (size_t)t * ld;
        if (p->add)
            f->model->ops.add(to, from, n);
        else
            memcpy(to, from, (size_t)n * sizeof *to);
    }
}

static int product_groups(const struct product *p) {
    return kern_n_groups(p->m->packed.layout, p->m->packed.n_rows);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

void pass_multiply(const struct pool_worker *w, struct forward *f, const struct product *products,
                   int n_products, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    int n_groups = 0, step = pass_tile_groups(f, in->n), from, to;
    for (int i = 0; i < n_products; i++) n_groups += product_groups(&products[i]);
    while (pool_claim_part(w, n_groups, &from, &to)) {
        int first = 0; /* group of this product, counted through all */
        for (int i = 0; i < n_products; i++) {
            int groups = product_groups(&products[i]);
            int end = smaller(to - first, groups);
            for (int g = from > first ? from - first : 0; g < end; g += step) {
                multiply_chunk(f, mine, &products[i], in, g, smaller(g + step, end));
            }
            first += groups;
        }
    }
}

/* Groups g0..g1 of both, as many as fit a tile. */
static void gate_chunk(struct forward *f, struct worker_space *mine, const struct matrix *gate,
                       const struct matrix *up, float *out, const struct inputs *in, int g0,
                       int g1) {
    int n_ff = gate->packed.n_rows, rows = gate->packed.layout.rows, row0 = g0 * rows;
    int n = smaller(n_ff - row0, (g1 - g0) * rows);
    size_t ld = multiply_tile(f, gate, in, g0, g1, mine->tile[0]);
    multiply_tile(f, up, in, g0, g1, mine->tile[1]);
    for (int t = 0; t < in->n; t++) {
        float *to = out + (size_t)(in->first + t) * (size_t)n_ff + row0;
        f->model->ops.silu_mul(to, mine->tile[0] + (size_t)t * ld, mine->tile[1] + (size_t)t * ld,
                               n);
    }
}

void pass_gate_up(const struct pool_worker *w, struct forward *f, const struct matrix *gate,
                  const struct matrix *up, float *out, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    int n_groups = kern_n_groups(gate->packed.layout, gate->packed.n_rows);
    int step = pass_tile_groups(f, in->n), from, to;
    while (pool_claim_part(w, n_groups, &from, &to)) {
        for (int g = from; g < to; g += step) {
            gate_chunk(f, mine, gate, up, out, in, g, smaller(g + step, to));
        }
    }
}
