#include "engine/model/fingerprint.h"

#include <string.h>

#include "base/hash.h"
#include "engine/model/arch.h"

static uint64_t add_int(uint64_t h, int value) {
    return hash_u64(h, (uint64_t)value);
}

static uint64_t add_float(uint64_t h, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return hash_u64(h, bits);
}

/* Divisors are vectors and hashed with them; which ones there are belongs to the shape. */
static uint64_t add_rope(uint64_t h, const struct rope_params *r) {
    const int whole[] = {r->neox,
                         r->n_rot,
                         (int)r->scaling,
                         r->n_ctx_orig,
                         r->divisors != NULL,
                         r->divisors_long != NULL,
                         r->divisors_short != NULL};
    const float real[] = {r->freq_base,      r->factor,         r->attn_factor,
                          r->yarn_beta_fast, r->yarn_beta_slow, r->yarn_log_multiplier};
    for (size_t i = 0; i < BASE_COUNT(whole); i++) h = add_int(h, whole[i]);
    for (size_t i = 0; i < BASE_COUNT(real); i++) h = add_float(h, real[i]);
    return h;
}

static uint64_t add_hparams(uint64_t h, const struct hparams *hp) {
    const int whole[] = {hp->n_vocab,   hp->n_embd,   hp->n_layer, hp->n_head,
                         hp->n_head_kv, hp->head_dim, hp->n_ff};
    for (size_t i = 0; i < BASE_COUNT(whole); i++) h = add_int(h, whole[i]);
    h = add_float(h, hp->norm_eps);
    h = add_float(h, hp->attn_scale);
    return add_rope(h, &hp->rope);
}

/* What the bytes of the packed weights and vectors do not say: where each begins. */
static uint64_t add_matrix(uint64_t h, const struct matrix *m) {
    const struct kern_weight *p = &m->packed;
    const int whole[] = {(int)p->type, p->n_rows, p->n_cols, m->bias != NULL};
    for (size_t i = 0; i < BASE_COUNT(whole); i++) h = add_int(h, whole[i]);
    return h;
}

static uint64_t add_layer(uint64_t h, const struct model_layer *l) {
    const struct matrix *const in_order[] = {&l->q,    &l->k,  &l->v,   &l->o,
                                             &l->gate, &l->up, &l->down};
    for (size_t i = 0; i < BASE_COUNT(in_order); i++) h = add_matrix(h, in_order[i]);
    const int whole[] = {l->use_rope, l->q_norm != NULL, l->k_norm != NULL};
    for (size_t i = 0; i < BASE_COUNT(whole); i++) h = add_int(h, whole[i]);
    return h;
}

uint64_t model_fingerprint(const struct model *m) {
    uint64_t h = hash_bytes(0, m->arch->name, strlen(m->arch->name));
    h = add_hparams(h, &m->hp);
    h = add_int(add_int(h, m->ops.layout.rows), m->ops.layout.kb);
    h = add_matrix(add_matrix(h, &m->token_embd), &m->output);
    for (int il = 0; il < m->hp.n_layer; il++) h = add_layer(h, &m->layers[il]);
    h = hash_bytes(h, m->vectors, m->vectors_used * sizeof *m->vectors);
    h = hash_bytes(h, m->weights.data, m->weights.size);
    const struct matrix *e = &m->token_embd;
    if (e->packed.data) return h; /* it is the head */
    return hash_bytes(h, e->file_rows, (size_t)e->packed.n_rows * e->row_size);
}
