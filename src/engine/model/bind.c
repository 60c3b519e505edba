#include "engine/model/bind.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/kern/dequant.h"
#include "engine/model/arch.h"

#define NAME_SIZE 96
#define MAX_VOCAB (1 << 22)

static void full_name(char out[NAME_SIZE], int layer, const char *name, const char *suffix) {
    if (layer < 0)
        snprintf(out, NAME_SIZE, "%s%s", name, suffix);
    else
        snprintf(out, NAME_SIZE, "blk.%d.%s%s", layer, name, suffix);
}

const struct gguf_tensor *bind_find(const struct binder *b, int layer, const char *name) {
    char full[NAME_SIZE];
    full_name(full, layer, name, "");
    return gguf_find_tensor(b->g, full);
}

static void mark_used(struct binder *b, const struct gguf_tensor *t) {
    b->used[t - gguf_tensor_at(b->g, 0)] = 1;
}

static ingle_status missing(struct binder *b, const char *name) {
    return status_set(b->err, INGLE_INVALID, 0, "'%s' lacks the tensor %s.", gguf_path(b->g), name);
}

static ingle_status check_type(struct binder *b, const struct gguf_tensor *t, const char *name) {
    if (kern_type_info(t->type)) return INGLE_OK;
    return status_set(b->err, INGLE_UNSUPPORTED, t->where,
                      "Tensor %s in '%s' has the type %s, which is not supported.", name,
                      gguf_path(b->g), gguf_type_info(t->type).name);
}

static ingle_status check_shape(struct binder *b, const struct gguf_tensor *t, const char *name,
                                int n_cols, int n_rows) {
    if (t->dims[0] == (uint64_t)n_cols && t->dims[1] == (uint64_t)n_rows && t->dims[2] == 1 &&
        t->dims[3] == 1) {
        return INGLE_OK;
    }
    return status_set(b->err, INGLE_INVALID, t->where,
                      "Tensor %s in '%s' is %" PRIu64 " x %" PRIu64
                      "; the hyper-parameters ask for %d x %d.",
                      name, gguf_path(b->g), t->dims[0], t->dims[1], n_cols, n_rows);
}

ingle_status bind_vector(struct binder *b, int layer, const char *name, int n, enum bind_need need,
                         const float **out) {
    *out = NULL;
    char full[NAME_SIZE];
    full_name(full, layer, name, "");
    const struct gguf_tensor *t = gguf_find_tensor(b->g, full);
    if (!t) return need == BIND_REQUIRED ? missing(b, full) : INGLE_OK;
    mark_used(b, t);
    INGLE_TRY(check_type(b, t, full));
    INGLE_TRY(check_shape(b, t, full, n, 1));
    struct model *m = b->model;
    if ((size_t)n > m->vectors_cap - m->vectors_used) return status_no_memory(b->err, full, 0);
    float *vector = m->vectors + m->vectors_used;
    kern_dequant_row((enum kern_type)t->type, t->data, vector, n);
    m->vectors_used += (size_t)n;
    *out = vector;
    return INGLE_OK;
}

/* bind_rows() without the bias. */
static ingle_status bind_weight(struct binder *b, int layer, const char *name, int n_cols,
                                int n_rows_all, int first_row, int n_rows, struct matrix *out) {
    char weight[NAME_SIZE];
    full_name(weight, layer, name, ".weight");
    const struct gguf_tensor *t = gguf_find_tensor(b->g, weight);
    if (!t) return missing(b, weight);
    mark_used(b, t);
    INGLE_TRY(check_type(b, t, weight));
    INGLE_TRY(check_shape(b, t, weight, n_cols, n_rows_all));

    enum kern_type type = (enum kern_type)t->type;
    size_t row_size = kern_row_size(type, n_cols);
    *out = (struct matrix){
        .file_rows = t->data + (size_t)first_row * row_size,
        .row_size = row_size,
        .packed = {.type = type,
                   .layout = b->model->ops.layout,
                   .group_size = kern_packed_group_size(type, b->model->ops.layout, n_cols),
                   .n_rows = n_rows,
                   .n_cols = n_cols}};
    return INGLE_OK;
}

ingle_status bind_rows(struct binder *b, int layer, const char *name, int n_cols, int n_rows_all,
                       int first_row, int n_rows, struct matrix *out) {
    INGLE_TRY(bind_weight(b, layer, name, n_cols, n_rows_all, first_row, n_rows, out));
    char bias[NAME_SIZE];
    snprintf(bias, sizeof bias, "%s.bias", name);
    const float *all_bias;
    INGLE_TRY(bind_vector(b, layer, bias, n_rows_all, BIND_OPTIONAL, &all_bias));
    if (all_bias) out->bias = all_bias + first_row;
    return INGLE_OK;
}

ingle_status bind_matrix(struct binder *b, int layer, const char *name, int n_cols, int n_rows,
                         struct matrix *out) {
    return bind_rows(b, layer, name, n_cols, n_rows, 0, n_rows, out);
}

ingle_status bind_globals(struct binder *b) {
    struct model *m = b->model;
    struct hparams *hp = &m->hp;
    const struct gguf_tensor *embd = bind_find(b, -1, "token_embd.weight");
    if (!embd) return missing(b, "token_embd.weight");
    if (embd->dims[1] < 1 || embd->dims[1] > MAX_VOCAB) {
        return status_set(b->err, INGLE_INVALID, embd->where,
                          "token_embd.weight in '%s' has %" PRIu64 " rows; 1 to %d are possible.",
                          gguf_path(b->g), embd->dims[1], MAX_VOCAB);
    }
    hp->n_vocab = (int)embd->dims[1];
    int n_embd = hp->n_embd, n_vocab = hp->n_vocab;
    /* Not the bias of token_embd: an embedding has none, nor has the head because of it. */
    INGLE_TRY(bind_weight(b, -1, "token_embd", n_embd, n_vocab, 0, n_vocab, &m->token_embd));
    INGLE_TRY(bind_vector(b, -1, "output_norm.weight", n_embd, BIND_REQUIRED, &m->output_norm));
    if (bind_find(b, -1, "output.weight"))
        return bind_matrix(b, -1, "output", n_embd, n_vocab, &m->output);
    m->output = m->token_embd;
    return INGLE_OK;
}

/* Q, K and V: three matrices, or the rows of one. */
static ingle_status bind_qkv(struct binder *b, int layer, struct model_layer *l) {
    const struct hparams *hp = &b->model->hp;
    int n_q = hp->n_head * hp->head_dim, n_kv = hp->n_head_kv * hp->head_dim;
    int n_all = n_q + 2 * n_kv, n_embd = hp->n_embd;
    if (bind_find(b, layer, "attn_qkv.weight")) {
        INGLE_TRY(bind_rows(b, layer, "attn_qkv", n_embd, n_all, 0, n_q, &l->q));
        INGLE_TRY(bind_rows(b, layer, "attn_qkv", n_embd, n_all, n_q, n_kv, &l->k));
        return bind_rows(b, layer, "attn_qkv", n_embd, n_all, n_q + n_kv, n_kv, &l->v);
    }
    INGLE_TRY(bind_matrix(b, layer, "attn_q", n_embd, n_q, &l->q));
    INGLE_TRY(bind_matrix(b, layer, "attn_k", n_embd, n_kv, &l->k));
    return bind_matrix(b, layer, "attn_v", n_embd, n_kv, &l->v);
}

/* Gate and up: two matrices, or gate then up in the rows of ffn_up. */
static ingle_status bind_ffn(struct binder *b, int layer, struct model_layer *l) {
    const struct hparams *hp = &b->model->hp;
    int n_ff = hp->n_ff, n_embd = hp->n_embd;
    if (bind_find(b, layer, "ffn_gate.weight")) {
        INGLE_TRY(bind_matrix(b, layer, "ffn_gate", n_embd, n_ff, &l->gate));
        INGLE_TRY(bind_matrix(b, layer, "ffn_up", n_embd, n_ff, &l->up));
    } else {
        INGLE_TRY(bind_rows(b, layer, "ffn_up", n_embd, 2 * n_ff, 0, n_ff, &l->gate));
        INGLE_TRY(bind_rows(b, layer, "ffn_up", n_embd, 2 * n_ff, n_ff, n_ff, &l->up));
    }
    return bind_matrix(b, layer, "ffn_down", n_ff, n_embd, &l->down);
}

ingle_status bind_decoder_layer(struct binder *b, int layer, bool qk_norm) {
    const struct hparams *hp = &b->model->hp;
    struct model_layer *l = &b->model->layers[layer];
    l->use_rope = true;
    INGLE_TRY(bind_vector(b, layer, "attn_norm.weight", hp->n_embd, BIND_REQUIRED, &l->attn_norm));
    INGLE_TRY(bind_qkv(b, layer, l));
    if (qk_norm) {
        INGLE_TRY(
            bind_vector(b, layer, "attn_q_norm.weight", hp->head_dim, BIND_REQUIRED, &l->q_norm));
        INGLE_TRY(
            bind_vector(b, layer, "attn_k_norm.weight", hp->head_dim, BIND_REQUIRED, &l->k_norm));
    }
    INGLE_TRY(bind_matrix(b, layer, "attn_output", hp->n_head * hp->head_dim, hp->n_embd, &l->o));
    INGLE_TRY(bind_vector(b, layer, "ffn_norm.weight", hp->n_embd, BIND_REQUIRED, &l->ffn_norm));
    return bind_ffn(b, layer, l);
}

/* Old llama files carry the rotary frequencies of every layer; they follow from the keys. */
static bool is_redundant(struct gguf_str name) {
    static const char suffix[] = ".attn_rot_embd.weight";
    size_t len = sizeof suffix - 1;
    return name.len > len && memcmp(name.data + name.len - len, suffix, len) == 0;
}

ingle_status bind_finish(struct binder *b) {
    for (size_t i = 0; i < gguf_n_tensors(b->g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(b->g, i);
        if (b->used[i] || is_redundant(t->name)) continue;
        return status_set(
            b->err, INGLE_UNSUPPORTED, t->where,
            "Tensor %.*s in '%s' is not part of the architecture %s as ingle knows it.",
            (int)t->name.len, t->name.data, gguf_path(b->g), b->model->arch->name);
    }
    return INGLE_OK;
}
