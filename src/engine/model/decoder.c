/* x += o(attention(q, k, v of norm(x)));  x += down(silu(gate) * up of norm(x))
 *
 * On a team of threads, with | for a barrier (prepare has one only for several tokens):
 *
 *   norm, quantise (|) q k v | norms, rope, store (|) attend | quantise (|) o, add |
 *   norm, quantise (|) gate up silu | quantise (|) down, add | */
#include "engine/model/decoder.h"

#include "engine/model/pass.h"

void decoder_layer(const struct pool_worker *w, struct forward *f, int il) {
    const struct hparams *hp = &f->model->hp;
    const struct model_layer *l = &f->model->layers[il];
    struct workspace *ws = f->ws;
    /* The first row that is needed beyond its keys and values. */
    int first = il < hp->n_layer - 1 ? 0 : f->first_wanted;

    struct inputs in = pass_prepare_phase(w, f, ACTS_EMBD, ws->x, hp->n_embd, l->attn_norm, 0);
    const struct product qkv[] = {
        {.m = &l->q, .out = ws->q}, {.m = &l->k, .out = ws->k}, {.m = &l->v, .out = ws->v}};
    pass_multiply(w, f, qkv, 3, &in);
    pool_barrier(w);
    pass_attention(w, f, il, first);
    pool_barrier(w);
    if (first == f->n_rows) return;

    in = pass_prepare_phase(w, f, ACTS_HEADS, ws->heads, hp->n_head * hp->head_dim, NULL, first);
    const struct product o = {.m = &l->o, .out = ws->x, .add = true};
    pass_multiply(w, f, &o, 1, &in);
    pool_barrier(w);

    in = pass_prepare_phase(w, f, ACTS_EMBD, ws->x, hp->n_embd, l->ffn_norm, first);
    pass_gate_up(w, f, &l->gate, &l->up, ws->ff, &in);
    pool_barrier(w);

    in = pass_prepare_phase(w, f, ACTS_FF, ws->ff, hp->n_ff, NULL, first);
    const struct product down = {.m = &l->down, .out = ws->x, .add = true};
    pass_multiply(w, f, &down, 1, &in);
}
