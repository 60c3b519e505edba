/* Attention by the formula: scores, their softmax, the weighted values. Two passes over the keys,
 * since there is no room for all scores: the first finds the maximum, the second sums. */
#include <math.h>

#include "engine/kern/half.h"
#include "engine/kern/ref/ref.h"

static float element(const void *data, size_t at, enum kern_kv_type type) {
    if (type == KERN_KV_I8) return ((const int8_t *)data)[at];
    uint16_t h = ((const uint16_t *)data)[at];
    return type == KERN_KV_F16 ? f16_to_f32(h) : bf16_to_f32(h);
}

static float score(const struct kern_attn_args *a, const float *q, int key) {
    const struct kern_kv *kv = a->kv;
    struct kern_kv_page page = kern_kv_page(kv, key / KERN_ATTN_KEYS);
    int in_page = key % KERN_ATTN_KEYS;
    size_t block = (size_t)(in_page / KERN_KEY_BLOCK) * (size_t)kv->head_dim;
    float dot = 0.0f;
    for (int d = 0; d < kv->head_dim; d++) {
        size_t at = (block + (size_t)d) * KERN_KEY_BLOCK + (size_t)(key % KERN_KEY_BLOCK);
        dot += q[d] * element(page.k, at, kv->type);
    }
    if (kv->type == KERN_KV_I8) dot *= page.k_scale[in_page];
    return a->scale * dot;
}

static KERN_DECL_ATTN(attn) {
    const struct kern_kv *kv = a->kv;
    int dim = kv->head_dim;
    double *sums = (double *)(void *)a->scratch; /* [head_dim] */
    for (int row = 0; row < a->n_q; row++) {
        const float *q = a->q + (size_t)row * a->q_stride;
        float max = -INFINITY;
        for (int key = 0; key < a->n_keys[row]; key++) max = fmaxf(max, score(a, q, key));
        double total = 0.0;
        for (int d = 0; d < dim; d++) sums[d] = 0.0;
        for (int key = 0; key < a->n_keys[row]; key++) {
            struct kern_kv_page page = kern_kv_page(kv, key / KERN_ATTN_KEYS);
            int in_page = key % KERN_ATTN_KEYS;
            double p = (double)expf(score(a, q, key) - max);
            double scale = kv->type == KERN_KV_I8 ? (double)page.v_scale[in_page] : 1.0;
            total += p;
            for (int d = 0; d < dim; d++) {
                size_t at = (size_t)in_page * (size_t)dim + (size_t)d;
                sums[d] += p * scale * (double)element(page.v, at, kv->type);
            }
        }
        for (int d = 0; d < dim; d++) {
            a->out[(size_t)row * a->out_stride + (size_t)d] = (float)(sums[d] / total);
        }
    }
}

void kern_attn_ref(struct kern_ops *ops) {
    for (int type = 0; type < KERN_N_KV_TYPES; type++) ops->attn[type] = attn;
}
