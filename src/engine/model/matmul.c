/* Matrix products of a pass: row groups are shared out in chunks, each chunk computed for all
 * tokens at once while its weights are in the cache. */
#include "engine/model/pass.h"

#include <string.h>

/* Chunks per thread and phase: enough to even out a slow core, few enough to stream. */
#define CHUNKS_PER_THREAD 8

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

int pass_chunk_groups(const struct pool_worker *w, const struct forward *f, int n_groups,
                      int n_rows) {
    int share = n_groups / (w->n_threads * CHUNKS_PER_THREAD);
    int fit = (int)(f->ws->tile_size / ((size_t)n_rows * (size_t)f->model->ops.layout.rows));
    int groups = share < fit ? share : fit;
    return groups > 1 ? groups : 1;
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

void pass_multiply(const struct pool_worker *w, struct forward *f, const struct product *products,
                   int n_products, const struct inputs *in) {
    int n_groups = 0;
    for (int i = 0; i < n_products; i++) n_groups += product_groups(&products[i]);
    int size = pass_chunk_groups(w, f, n_groups, in->n);
    int chunk = pool_claim(w), passed = 0;
    for (int i = 0; i < n_products; i++) {
        int groups = product_groups(&products[i]);
        int n_chunks = (groups + size - 1) / size;
        for (; chunk - passed < n_chunks; chunk = pool_claim(w)) {
            int g0 = (chunk - passed) * size;
            int g1 = g0 + size < groups ? g0 + size : groups;
            multiply_chunk(f, &f->ws->workers[w->index], &products[i], in, g0, g1);
        }
        passed += n_chunks;
    }
}

void pass_gate_up(const struct pool_worker *w, struct forward *f, const struct matrix *gate,
                  const struct matrix *up, float *out, const struct inputs *in) {
    struct worker_space *mine = &f->ws->workers[w->index];
    int n_ff = gate->packed.n_rows, rows = gate->packed.layout.rows;
    int groups = kern_n_groups(gate->packed.layout, n_ff);
    int size = pass_chunk_groups(w, f, groups, in->n);
    for (int g0 = pool_claim(w) * size; g0 < groups; g0 = pool_claim(w) * size) {
        int g1 = g0 + size < groups ? g0 + size : groups;
        int row0 = g0 * rows;
        int n = n_ff - row0 < (g1 - g0) * rows ? n_ff - row0 : (g1 - g0) * rows;
        size_t ld = multiply_tile(f, gate, in, g0, g1, mine->tile[0]);
        multiply_tile(f, up, in, g0, g1, mine->tile[1]);
        for (int t = 0; t < in->n; t++) {
            float *to = out + (size_t)(in->first + t) * (size_t)n_ff + row0;
            f->model->ops.silu_mul(to, mine->tile[0] + (size_t)t * ld,
                                   mine->tile[1] + (size_t)t * ld, n);
        }
    }
}
