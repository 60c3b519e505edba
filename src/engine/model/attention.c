/* Attention of a pass. Work is shared out by KV head and by blocks of query rows: all query heads
 * that share a KV head are computed together, so that each key and value is read once for them. */
#include "engine/model/pass.h"

#include <string.h>

/* Norm and rotation of the heads of one row, in place. */
static void turn_heads(struct forward *f, float *x, const float *norm, int n_heads, const float *cs,
                       bool rope) {
    const struct hparams *hp = &f->model->hp;
    if (norm) {
        for (int h = 0; h < n_heads; h++) {
            float *head = x + (size_t)h * (size_t)hp->head_dim;
            f->model->ops.rms_norm(head, head, norm, hp->head_dim, hp->norm_eps);
        }
    }
    if (rope) {
        f->model->ops.rope(x, cs, n_heads, hp->head_dim, hp->rope.n_rot, hp->rope.neox);
    }
}

/* Query rows of KV head `head` of token t, and its key and value, made ready and stored. */
static void enter_token(struct forward *f, int il, int head, int t) {
    const struct hparams *hp = &f->model->hp;
    const struct model_layer *l = &f->model->layers[il];
    const struct workspace *ws = f->ws;
    int group = hp->n_head / hp->n_head_kv;
    size_t dim = (size_t)hp->head_dim;
    const struct row *row = &ws->rows[t];
    const float *cs = ws->cs + (size_t)t * (size_t)hp->rope.n_rot;
    float *q = ws->q + ((size_t)t * (size_t)hp->n_head + (size_t)(head * group)) * dim;
    size_t kv_row = ((size_t)t * (size_t)hp->n_head_kv + (size_t)head) * dim;
    turn_heads(f, q, l->q_norm, group, cs, l->use_rope);
    turn_heads(f, ws->k + kv_row, l->k_norm, 1, cs, l->use_rope);
    struct kern_kv kv = kv_cache_head(f->args->seqs[row->seq].kv, il, head);
    f->model->ops.kv_store(&kv, row->pos, ws->k + kv_row, ws->v + kv_row);
}

/* Rows r0..r1 of KV head `head`, where row r is token first + r / group, query head r % group; all
 * of one sequence. */
static void attend(struct forward *f, struct worker_space *mine, int il, int head, int first,
                   int r0, int r1) {
    const struct hparams *hp = &f->model->hp;
    const struct workspace *ws = f->ws;
    int group = hp->n_head / hp->n_head_kv;
    size_t dim = (size_t)hp->head_dim;
    struct kern_kv kv = kv_cache_head(f->args->seqs[ws->rows[first].seq].kv, il, head);
    size_t at[KERN_ATTN_MAX_Q];
    int n_keys[KERN_ATTN_MAX_Q], n = r1 - r0;
    for (int i = 0; i < n; i++) {
        int t = first + (r0 + i) / group, h = head * group + (r0 + i) % group;
        n_keys[i] = ws->rows[t].pos + 1;
        at[i] = ((size_t)t * (size_t)hp->n_head + (size_t)h) * dim;
        memcpy(mine->q + (size_t)i * dim, ws->q + at[i], dim * sizeof(float));
    }
    const struct kern_attn_args args = {.out = mine->out,
                                        .out_stride = dim,
                                        .q = mine->q,
                                        .q_stride = dim,
                                        .n_q = n,
                                        .n_keys = n_keys,
                                        .scale = hp->attn_scale,
                                        .kv = &kv,
                                        .scratch = mine->attn};
    f->model->ops.attn[kv.type](&args);
    for (int i = 0; i < n; i++) {
        memcpy(ws->heads + at[i], mine->out + (size_t)i * dim, dim * sizeof(float));
    }
}

/* Blocks of query rows of the tokens first..end. */
static int count_blocks(const struct hparams *hp, int first, int end) {
    int n_rows = (end - first) * (hp->n_head / hp->n_head_kv);
    return (n_rows + KERN_ATTN_MAX_Q - 1) / KERN_ATTN_MAX_Q;
}

/* Block b of them, for one KV head. */
static void attend_block(struct forward *f, struct worker_space *mine, int il, int head, int first,
                         int end, int b) {
    const struct hparams *hp = &f->model->hp;
    int n_rows = (end - first) * (hp->n_head / hp->n_head_kv), r0 = b * KERN_ATTN_MAX_Q;
    attend(f, mine, il, head, first, r0,
           r0 + KERN_ATTN_MAX_Q < n_rows ? r0 + KERN_ATTN_MAX_Q : n_rows);
}

/* Every token is its sequence's only one: nobody else needs its key, so that it is entered and
 * attended to without a barrier between. */
static void attend_singles(const struct pool_worker *w, struct forward *f, int il, int first) {
    const struct hparams *hp = &f->model->hp;
    struct worker_space *mine = &f->ws->workers[w->index];
    for (int i = pool_claim(w); i < f->n_rows * hp->n_head_kv; i = pool_claim(w)) {
        int t = i / hp->n_head_kv, head = i % hp->n_head_kv;
        enter_token(f, il, head, t);
        int blocks = t < first ? 0 : count_blocks(hp, t, t + 1);
        for (int b = 0; b < blocks; b++) attend_block(f, mine, il, head, t, t + 1, b);
    }
}

void pass_attention(const struct pool_worker *w, struct forward *f, int il, int first) {
    const struct hparams *hp = &f->model->hp;
    struct worker_space *mine = &f->ws->workers[w->index];
    if (f->n_rows == f->args->n_seqs) {
        attend_singles(w, f, il, first);
        return;
    }
    for (int t = w->index; t < f->n_rows; t += w->n_threads) {
        for (int head = 0; head < hp->n_head_kv; head++) enter_token(f, il, head, t);
    }
    pool_barrier(w);
    int item = pool_claim(w), passed = 0, end = 0;
    for (int s = 0; s < f->args->n_seqs; s++) {
        int from = end;
        end += f->args->seqs[s].n_tokens;
        if (from < first) from = first;
        if (from >= end) continue;
        int blocks = count_blocks(hp, from, end);
        for (; item - passed < hp->n_head_kv * blocks; item = pool_claim(w)) {
            int i = item - passed;
            attend_block(f, mine, il, i / blocks, from, end, i % blocks);
        }
        passed += hp->n_head_kv * blocks;
    }
}
