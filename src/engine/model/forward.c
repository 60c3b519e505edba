#include "engine/model/forward.h"

#include "engine/kern/dequant.h"
#include "engine/model/arch.h"
#include "engine/model/pass.h"
#include "engine/model/rope.h"

static void embed(const struct pool_worker *w, struct forward *f) {
    const struct model *m = f->model;
    const struct workspace *ws = f->ws;
    const struct matrix *e = &m->token_embd;
    int n_embd = m->hp.n_embd, n_rot = m->hp.rope.n_rot;
    for (int t = w->index; t < f->n_tokens; t += w->n_threads) {
        int token = f->args->tokens[t];
        float *x = ws->x + (size_t)t * (size_t)n_embd;
        const uint8_t *row = e->file_rows + (size_t)token * e->row_size;
        if (e->packed.data)
            kern_unpack_row(&e->packed, token, x);
        else
            kern_dequant_row(e->packed.type, row, x, n_embd);
        rope_angles(ws->cs + (size_t)t * (size_t)n_rot, ws->rope_speed, ws->rope_magnitude, n_rot,
                    f->pos + t);
    }
    pool_barrier(w);
}

static void head(const struct pool_worker *w, struct forward *f) {
    const struct model *m = f->model;
    if (!f->args->logits) return;
    int first = f->args->all_logits ? 0 : f->n_tokens - 1;
    struct inputs in =
        pass_prepare_phase(w, f, ACTS_EMBD, f->ws->x, m->hp.n_embd, m->output_norm, first);
    in.first = 0; /* the first row wanted is the first row of logits */
    const struct product logits = {.m = &m->output, .out = f->args->logits};
    pass_multiply(w, f, &logits, 1, &in);
}

static void pass(const struct pool_worker *w, void *arg) {
    struct forward *f = arg;
    embed(w, f);
    for (int il = 0; il < f->model->hp.n_layer; il++) {
        f->model->arch->layer(w, f, il);
        if (w->index == 0 && f->args->cancel && atomic_load(f->args->cancel)) {
            atomic_store(&f->stop, true);
        }
        pool_barrier(w);
        if (atomic_load(&f->stop)) return;
    }
    head(w, f);
}

bool model_forward(const struct forward_args *a) {
    struct forward f = {
        .args = a, .model = a->model, .ws = a->ws, .n_tokens = a->n_tokens, .pos = a->pos};
    atomic_init(&f.stop, false);
    pool_run(a->pool, pass, &f);
    return !atomic_load(&f.stop);
}
