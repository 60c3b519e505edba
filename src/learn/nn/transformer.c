#include "learn/nn/transformer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/size.h"
#include "learn/nn/attend.h"
#include "learn/nn/dropout.h"
#include "learn/nn/embedding.h"
#include "learn/nn/linear.h"
#include "learn/nn/norm.h"
#include "learn/nn/rotary.h"
#include "learn/nn/swiglu.h"
#include "learn/split.h"

#define MAX_TOKENS (1 << 20)
#define MAX_DIM (1 << 16)

struct transformer_layer {
    int attn_norm, q, k, v, output, ffn_norm, gate, up, down; /* tensors */
    /* What the backward pass needs of the forward pass: [n_tokens] rows of the named width. */
    float *x_in, *x_mid;      /* n_embd */
    float *query, *out;       /* n_head * head_dim, the query rotated */
    float *key, *value;       /* n_head_kv * head_dim, the key rotated */
    float *log_sum;           /* n_head */
    float *gate_act, *up_act; /* n_ff */
};

ingle_status transformer_check(const struct transformer_hparams *hp, ingle_error *err) {
    const struct {
        const char *name;
        int value, max;
    } sizes[] = {{"vocabulary", hp->n_vocab, 1 << 20},
                 {"dim", hp->n_embd, MAX_DIM},
                 {"number of layers", hp->n_layer, 512},
                 {"number of heads", hp->n_head, 1024},
                 {"number of key-value heads", hp->n_head_kv, 1024},
                 {"dim of a head", hp->head_dim, 1024},
                 {"dim of the feed-forward", hp->n_ff, MAX_DIM},
                 {"context", hp->n_ctx, MAX_TOKENS}};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        if (sizes[i].value >= 1 && sizes[i].value <= sizes[i].max) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The %s is %d; it must be from 1 to %d.",
                          sizes[i].name, sizes[i].value, sizes[i].max);
    }
    if (hp->n_head % hp->n_head_kv != 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "%d heads cannot share %d key-value heads evenly.", hp->n_head,
                          hp->n_head_kv);
    }
    if (hp->head_dim % 2 != 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The dim of a head is %d; rotary positions need an even one.",
                          hp->head_dim);
    }
    if (!(hp->dropout >= 0.0f && hp->dropout < 1.0f)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Dropout is %g; it must be at least 0 and below 1.", (double)hp->dropout);
    }
    return INGLE_OK;
}

static uint64_t padded(int n_rows, int n_cols) {
    return ((uint64_t)n_rows * (uint64_t)n_cols + 15) / 16 * 16;
}

uint64_t transformer_n_floats(const struct transformer_hparams *hp) {
    int d = hp->n_embd, width = hp->n_head * hp->head_dim, width_kv = hp->n_head_kv * hp->head_dim;
    uint64_t layer = 2 * padded(1, d) + 2 * padded(width, d) + 2 * padded(width_kv, d);
    layer += 3 * padded(hp->n_ff, d);
    return padded(hp->n_vocab, d) + (uint64_t)hp->n_layer * layer + padded(1, d);
}

static int add_layer_tensor(struct transformer *t, int layer, const char *what, int n_rows,
                            int n_cols) {
    char name[NN_NAME_MAX];
    (void)snprintf(name, sizeof name, "blk.%d.%s.weight", layer, what);
    return nn_params_add(t->params, name, n_rows, n_cols, n_rows > 0);
}

static void add_tensors(struct transformer *t) {
    const struct transformer_hparams *hp = &t->hp;
    int width = hp->n_head * hp->head_dim, width_kv = hp->n_head_kv * hp->head_dim, d = hp->n_embd;
    t->embedding = nn_params_add(t->params, "token_embd.weight", hp->n_vocab, d, true);
    for (int i = 0; i < hp->n_layer; i++) {
        struct transformer_layer *layer = &t->layers[i];
        layer->attn_norm = add_layer_tensor(t, i, "attn_norm", 0, d);
        layer->q = add_layer_tensor(t, i, "attn_q", width, d);
        layer->k = add_layer_tensor(t, i, "attn_k", width_kv, d);
        layer->v = add_layer_tensor(t, i, "attn_v", width_kv, d);
        layer->output = add_layer_tensor(t, i, "attn_output", d, width);
        layer->ffn_norm = add_layer_tensor(t, i, "ffn_norm", 0, d);
        layer->gate = add_layer_tensor(t, i, "ffn_gate", hp->n_ff, d);
        layer->up = add_layer_tensor(t, i, "ffn_up", hp->n_ff, d);
        layer->down = add_layer_tensor(t, i, "ffn_down", d, hp->n_ff);
    }
    t->norm = nn_params_add(t->params, "output_norm.weight", 0, d, false);
}

/* Hands out pieces of t->storage; with storage NULL it only counts. */
struct carver {
    float *storage;
    size_t used;
    bool ok;
};

static float *carve(struct carver *c, size_t rows, size_t cols) {
    size_t n, padded, at = c->used;
    c->ok = c->ok && mul_size(&n, rows, cols) && round_up_size(&padded, n, 16) &&
            add_size(&c->used, at, padded);
    return c->storage && c->ok ? c->storage + at : NULL;
}

static void carve_all(struct transformer *t, const struct learn *l, struct carver *c) {
    const struct transformer_hparams *hp = &t->hp;
    size_t n = (size_t)t->max_tokens, d = (size_t)hp->n_embd, f = (size_t)hp->n_ff;
    size_t width = (size_t)hp->n_head * (size_t)hp->head_dim;
    size_t width_kv = (size_t)hp->n_head_kv * (size_t)hp->head_dim;
    for (int i = 0; i < hp->n_layer; i++) {
        struct transformer_layer *layer = &t->layers[i];
        layer->x_in = carve(c, n, d);
        layer->x_mid = carve(c, n, d);
        layer->query = carve(c, n, width);
        layer->out = carve(c, n, width);
        layer->key = carve(c, n, width_kv);
        layer->value = carve(c, n, width_kv);
        layer->log_sum = carve(c, n, (size_t)hp->n_head);
        layer->gate_act = carve(c, n, f);
        layer->up_act = carve(c, n, f);
    }
    float **rows[] = {&t->x, &t->hidden, &t->dx, &t->dh, &t->normed};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) *rows[i] = carve(c, n, d);
    t->act = carve(c, n, f);
    t->dact = carve(c, n, f);
    t->dout = carve(c, n, width);
    t->dq = carve(c, n, width);
    t->dk = carve(c, n, width_kv);
    t->dv = carve(c, n, width_kv);
    t->cs = carve(c, (size_t)hp->n_ctx, (size_t)hp->head_dim);
    t->cs_reverse = carve(c, (size_t)hp->n_ctx, (size_t)hp->head_dim);
    t->norm_scratch = carve(c, 1, nn_norm_scratch(t->max_tokens, hp->n_embd));
    int longest = hp->n_ctx < t->max_tokens ? hp->n_ctx : t->max_tokens;
    t->attend_scratch = carve(c, 1, nn_attend_scratch(l, longest));
}

ingle_status transformer_init(struct transformer *t, const struct learn *l,
                              const struct transformer_hparams *hp, struct nn_params *params,
                              int max_tokens, ingle_error *err) {
    *t = (struct transformer){.hp = *hp, .params = params, .max_tokens = max_tokens};
    INGLE_TRY(transformer_check(hp, err));
    t->layers = mem_calloc((size_t)hp->n_layer, sizeof *t->layers);
    if (!t->layers) return status_no_memory(err, "the layers", 0);
    add_tensors(t);
    struct carver c = {.ok = true};
    size_t size = 0;
    carve_all(t, l, &c);
    if (c.ok && mul_size(&size, c.used, sizeof(float))) t->storage = mem_aligned(64, size);
    if (!t->storage) return status_no_memory(err, "what is computed of a batch", size);
    c = (struct carver){.storage = t->storage, .ok = true};
    carve_all(t, l, &c);
    nn_rotary_angles(t->cs, hp->n_ctx, hp->head_dim, hp->rope_base);
    nn_rotary_angles(t->cs_reverse, hp->n_ctx, hp->head_dim, hp->rope_base);
    nn_rotary_reverse(t->cs_reverse, hp->n_ctx, hp->head_dim);
    return INGLE_OK;
}

void transformer_clear(struct transformer *t) {
    mem_free(t->layers);
    mem_free(t->storage);
    *t = (struct transformer){0};
}

static void fill_matrix(struct transformer *t, int tensor, struct rng *r, float factor) {
    float n_in = (float)t->params->tensors[tensor].n_cols;
    nn_params_fill(t->params, tensor, r, factor / sqrtf(n_in));
}

void transformer_fill(struct transformer *t, struct rng *r) {
    /* What is added to the residual begins smaller the more layers add to it (GPT-2). */
    const float usual = 0.5f, residual = usual / sqrtf(2.0f * (float)t->hp.n_layer);
    fill_matrix(t, t->embedding, r, usual);
    nn_params_set(t->params, t->norm, 1.0f);
    for (int i = 0; i < t->hp.n_layer; i++) {
        const struct transformer_layer *layer = &t->layers[i];
        nn_params_set(t->params, layer->attn_norm, 1.0f);
        nn_params_set(t->params, layer->ffn_norm, 1.0f);
        fill_matrix(t, layer->q, r, usual);
        fill_matrix(t, layer->k, r, usual);
        fill_matrix(t, layer->v, r, usual);
        fill_matrix(t, layer->output, r, residual);
        fill_matrix(t, layer->gate, r, usual);
        fill_matrix(t, layer->up, r, usual);
        fill_matrix(t, layer->down, r, residual);
    }
}

/* Both passes over one layer of a batch. */
struct pass {
    struct transformer *t;
    struct learn *l;
    const struct transformer_batch *b;
    int n;
};

static struct nn_norm norm_of(const struct transformer *t, int tensor) {
    return (struct nn_norm){.w = nn_value(t->params, tensor),
                            .dw = nn_grad(t->params, tensor),
                            .n_dims = t->hp.n_embd,
                            .eps = t->hp.norm_eps};
}

static void forward_linear(const struct pass *p, int tensor, float *y, const float *x) {
    struct nn_linear f = nn_linear_of(p->t->params, tensor, -1);
    nn_linear_forward(p->l, &f, y, x, p->n);
}

static void backward_linear(const struct pass *p, int tensor, float *dx, bool add, const float *dy,
                            const float *x) {
    struct nn_linear f = nn_linear_of(p->t->params, tensor, -1);
    nn_linear_backward(p->l, &f, dx, add, dy, x, p->n);
}

static void forward_norm(const struct pass *p, int tensor, float *y, const float *x) {
    struct nn_norm f = norm_of(p->t, tensor);
    nn_norm_forward(p->l, &f, y, x, p->n);
}

/* Adds to t->dx what t->dh, the gradient behind the norm, comes to before it. */
static void backward_norm(const struct pass *p, int tensor, const float *x) {
    struct nn_norm f = norm_of(p->t, tensor);
    nn_norm_backward(p->l, &f, p->t->dx, p->t->dh, x, p->n, p->t->norm_scratch);
}

/* site: which of the places in the network. */
static void drop(const struct pass *p, float *x, int site) {
    if (!p->b->is_training) return;
    nn_dropout(p->l, x, p->n, p->t->hp.n_embd, p->t->hp.dropout,
               hash_u64(p->b->seed, (uint64_t)site));
}

static size_t embd_size(const struct pass *p) {
    return (size_t)p->n * (size_t)p->t->hp.n_embd * sizeof(float);
}

struct add_pass {
    const struct learn *l;
    float *sum;
    const float *a, *b;
};

#define ADD_PART 8192

static void add_part(int from, int to, void *arg) {
    const struct add_pass *p = arg;
    for (int i = from; i < to; i++) p->sum[i] = p->a[i] + p->b[i];
}

/* sum = a + b, [n][n_embd] */
static void add_rows(const struct pass *p, float *sum, const float *a, const float *b) {
    struct add_pass add = {p->l, sum, a, b};
    learn_split(p->l, p->n * p->t->hp.n_embd, ADD_PART, add_part, &add);
}

static struct nn_attend attend_of(const struct pass *p, const struct transformer_layer *layer) {
    const struct transformer *t = p->t;
    return (struct nn_attend){.n_head = t->hp.n_head,
                              .n_head_kv = t->hp.n_head_kv,
                              .head_dim = t->hp.head_dim,
                              .is_causal = t->hp.is_causal,
                              .seqs = p->b->seqs,
                              .q = layer->query,
                              .k = layer->key,
                              .v = layer->value,
                              .out = layer->out,
                              .log_sum = layer->log_sum,
                              .scratch = t->attend_scratch};
}

static void rotate(const struct pass *p, float *x, const float *cs, int n_heads) {
    nn_rotary(p->l, x, cs, p->b->seqs, n_heads, p->t->hp.head_dim);
}

/* From layer i's x_in to its output, written at out. */
static void forward_layer(const struct pass *p, int i, float *out) {
    struct transformer *t = p->t;
    struct transformer_layer *layer = &t->layers[i];
    forward_norm(p, layer->attn_norm, t->normed, layer->x_in);
    forward_linear(p, layer->q, layer->query, t->normed);
    forward_linear(p, layer->k, layer->key, t->normed);
    forward_linear(p, layer->v, layer->value, t->normed);
    rotate(p, layer->query, t->cs, t->hp.n_head);
    rotate(p, layer->key, t->cs, t->hp.n_head_kv);
    struct nn_attend attend = attend_of(p, layer);
    nn_attend_forward(p->l, &attend);
    forward_linear(p, layer->output, t->dh, layer->out); /* dh is free in this pass */
    drop(p, t->dh, 2 * i + 1);
    add_rows(p, layer->x_mid, layer->x_in, t->dh);

    forward_norm(p, layer->ffn_norm, t->normed, layer->x_mid);
    forward_linear(p, layer->gate, layer->gate_act, t->normed);
    forward_linear(p, layer->up, layer->up_act, t->normed);
    nn_swiglu_forward(p->l, t->act, layer->gate_act, layer->up_act, p->n, t->hp.n_ff);
    forward_linear(p, layer->down, t->dh, t->act);
    drop(p, t->dh, 2 * i + 2);
    add_rows(p, out, layer->x_mid, t->dh);
}

const float *transformer_forward(struct transformer *t, struct learn *l,
                                 const struct transformer_batch *b) {
    struct pass p = {t, l, b, nn_n_tokens(b->seqs)};
    assert(p.n <= t->max_tokens && nn_longest(b->seqs) <= t->hp.n_ctx);
    nn_embedding_forward(l, t->layers[0].x_in, nn_value(t->params, t->embedding), b->ids, p.n,
                         t->hp.n_embd);
    drop(&p, t->layers[0].x_in, 0);
    for (int i = 0; i < t->hp.n_layer; i++) {
        forward_layer(&p, i, i + 1 < t->hp.n_layer ? t->layers[i + 1].x_in : t->x);
    }
    forward_norm(&p, t->norm, t->hidden, t->x);
    return t->hidden;
}

/* The gradient of what a layer's part added to the residual: t->dx, its dropped elements 0. */
static const float *added_gradient(const struct pass *p, int site) {
    struct transformer *t = p->t;
    if (!p->b->is_training || t->hp.dropout <= 0.0f) return t->dx;
    memcpy(t->normed, t->dx, embd_size(p)); /* normed is computed again afterwards */
    drop(p, t->normed, site);
    return t->normed;
}

static void backward_ffn(const struct pass *p, int i) {
    struct transformer *t = p->t;
    struct transformer_layer *layer = &t->layers[i];
    nn_swiglu_forward(p->l, t->act, layer->gate_act, layer->up_act, p->n, t->hp.n_ff);
    backward_linear(p, layer->down, t->dact, false, added_gradient(p, 2 * i + 2), t->act);
    nn_swiglu_backward(p->l, layer->gate_act, layer->up_act, t->dact, p->n, t->hp.n_ff);
    forward_norm(p, layer->ffn_norm, t->normed, layer->x_mid);
    backward_linear(p, layer->gate, t->dh, false, layer->gate_act, t->normed);
    backward_linear(p, layer->up, t->dh, true, layer->up_act, t->normed);
    backward_norm(p, layer->ffn_norm, layer->x_mid);
}

static void backward_attention(const struct pass *p, int i) {
    struct transformer *t = p->t;
    struct transformer_layer *layer = &t->layers[i];
    backward_linear(p, layer->output, t->dout, false, added_gradient(p, 2 * i + 1), layer->out);
    struct nn_attend attend = attend_of(p, layer);
    attend.dout = t->dout;
    attend.dq = t->dq;
    attend.dk = t->dk;
    attend.dv = t->dv;
    nn_attend_backward(p->l, &attend);
    rotate(p, t->dq, t->cs_reverse, t->hp.n_head);
    rotate(p, t->dk, t->cs_reverse, t->hp.n_head_kv);
    forward_norm(p, layer->attn_norm, t->normed, layer->x_in);
    backward_linear(p, layer->q, t->dh, false, t->dq, t->normed);
    backward_linear(p, layer->k, t->dh, true, t->dk, t->normed);
    backward_linear(p, layer->v, t->dh, true, t->dv, t->normed);
    backward_norm(p, layer->attn_norm, layer->x_in);
}

void transformer_backward(struct transformer *t, struct learn *l, const struct transformer_batch *b,
                          const float *dhidden) {
    struct pass p = {t, l, b, nn_n_tokens(b->seqs)};
    memset(t->dx, 0, embd_size(&p));
    memcpy(t->dh, dhidden, embd_size(&p));
    backward_norm(&p, t->norm, t->x);
    for (int i = t->hp.n_layer - 1; i >= 0; i--) {
        backward_ffn(&p, i);
        backward_attention(&p, i);
    }
    drop(&p, t->dx, 0);
    nn_embedding_backward(l, nn_grad(t->params, t->embedding), t->dx, b->ids, p.n, t->hp.n_embd);
}
