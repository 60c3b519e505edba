#include "engine/model/forward.h"

#include <string.h>

#include "engine/kern/dequant.h"
#include "engine/model/arch.h"
#include "engine/model/pass.h"
#include "engine/model/rope.h"

static bool is_wanted(const struct row *row) {
    return row->logits || row->hidden;
}

/* Fills in the rows of all sequences, in order. */
static void lay_out_rows(struct forward *f) {
    struct row *row = f->ws->rows;
    for (int s = 0; s < f->args->n_seqs; s++) {
        const struct forward_seq *seq = &f->args->seqs[s];
        for (int t = 0; t < seq->n_tokens; t++, row++) {
            *row = (struct row){.seq = s, .pos = seq->pos + t, .token = seq->tokens[t]};
            if (seq->all_logits) {
                row->logits = seq->logits + (size_t)t * (size_t)f->model->hp.n_vocab;
            } else if (t == seq->n_tokens - 1) {
                row->logits = seq->logits;
            }
            if (seq->hidden) row->hidden = seq->hidden + (size_t)t * (size_t)f->model->hp.n_embd;
        }
    }
    f->n_rows = (int)(row - f->ws->rows);
    f->first_wanted = f->n_rows;
    for (int t = f->n_rows - 1; t >= 0; t--) {
        if (!is_wanted(&f->ws->rows[t])) continue;
        f->first_wanted = t;
        f->n_wanted++;
        f->n_heads += f->ws->rows[t].logits != NULL;
    }
}

/* After the layers: moves the rows of which something is wanted together, to the end. */
static void gather_wanted(struct forward *f) {
    size_t n_embd = (size_t)f->model->hp.n_embd;
    int to = f->n_rows;
    for (int t = f->n_rows - 1; t >= f->first_wanted; t--) {
        if (!is_wanted(&f->ws->rows[t]) || --to == t) continue;
        memcpy(f->ws->x + (size_t)to * n_embd, f->ws->x + (size_t)t * n_embd,
               n_embd * sizeof *f->ws->x);
        f->ws->rows[to] = f->ws->rows[t];
    }
}

static bool is_cancelled(const struct forward *f) {
    for (int s = 0; s < f->args->n_seqs; s++) {
        const atomic_bool *cancel = f->args->seqs[s].cancel;
        if (cancel && atomic_load(cancel)) return true;
    }
    return false;
}

static void embed(const struct pool_worker *w, struct forward *f) {
    const struct model *m = f->model;
    const struct workspace *ws = f->ws;
    const struct matrix *e = &m->token_embd;
    int n_embd = m->hp.n_embd, n_rot = m->hp.rope.n_rot;
    for (int t = w->index; t < f->n_rows; t += w->n_threads) {
        const struct row *row = &ws->rows[t];
        const struct kv_cache *kv = f->args->seqs[row->seq].kv;
        float *x = ws->x + (size_t)t * (size_t)n_embd;
        const uint8_t *file_row = e->file_rows + (size_t)row->token * e->row_size;
        if (e->packed.data)
            kern_unpack_row(&e->packed, row->token, x);
        else
            kern_dequant_row(e->packed.type, file_row, x, n_embd);
        rope_angles(ws->cs + (size_t)t * (size_t)n_rot, kv->rope_speed, kv->rope_magnitude, n_rot,
                    row->pos);
    }
    pool_barrier(w);
}

/* What the head reads, before it is quantised for that. */
static void copy_hidden(const struct pool_worker *w, struct forward *f, int first) {
    const struct model *m = f->model;
    for (int t = first + w->index; t < f->n_rows; t += w->n_threads) {
        const float *x = f->ws->x + (size_t)t * (size_t)m->hp.n_embd;
        float *hidden = f->ws->rows[t].hidden;
        if (hidden) m->ops.rms_norm(hidden, x, m->output_norm, m->hp.n_embd, m->hp.norm_eps);
    }
}

static void pass(const struct pool_worker *w, void *arg) {
    struct forward *f = arg;
    const struct model *m = f->model;
    embed(w, f);
    for (int il = 0; il < m->hp.n_layer; il++) {
        m->arch->layer(w, f, il);
        if (w->index == 0 && is_cancelled(f)) atomic_store(&f->stop, true);
        pool_barrier(w);
        if (atomic_load(&f->stop)) return;
    }
    int first = f->n_rows - f->n_wanted;
    if (first != f->first_wanted) {
        if (w->index == 0) gather_wanted(f);
        pool_barrier(w);
    }
    if (f->n_wanted > f->n_heads) copy_hidden(w, f, first);
    if (f->n_heads == 0) return;
    struct inputs in =
        pass_prepare_phase(w, f, ACTS_EMBD, f->ws->x, m->hp.n_embd, m->output_norm, first);
    if (f->args->before_head) {
        if (w->index == 0) f->args->before_head(f->args->user);
        pool_barrier(w);
    }
    pass_head(w, f, &in);
}

bool model_forward(const struct forward_args *a) {
    struct forward f = {.args = a, .model = a->model, .ws = a->ws};
    lay_out_rows(&f);
    atomic_init(&f.stop, false);
    pool_run(a->pool, pass, &f);
    return !atomic_load(&f.stop);
}
