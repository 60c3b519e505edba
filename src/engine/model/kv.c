#include "engine/model/kv.h"

#include "base/map.h"
#include "base/size.h"

/* A layer is [heads]{keys, values, key scales, value scales}; the scales exist for int8 only. */
ingle_status kv_cache_init(struct kv_cache *kv, const struct hparams *hp, enum kern_kv_type type,
                           int n_ctx, ingle_error *err) {
    *kv = (struct kv_cache){0};
    size_t positions;
    size_t size = 0;
    if (!round_up_size(&positions, (size_t)n_ctx, KERN_ATTN_KEYS)) positions = 0;
    struct kv_cache made = {.type = type,
                            .n_ctx = (int)positions,
                            .n_layer = hp->n_layer,
                            .n_head_kv = hp->n_head_kv,
                            .head_dim = hp->head_dim};
    size_t scales_size = type == KERN_KV_I8 ? positions * sizeof(float) : 0;
    size_t both;
    bool fits = mul_size(&made.head_size, positions, (size_t)hp->head_dim * kern_kv_size(type)) &&
                add_size(&both, made.head_size, scales_size) &&
                mul_size(&made.layer_size, both, 2 * (size_t)hp->n_head_kv) &&
                mul_size(&size, made.layer_size, (size_t)hp->n_layer);
    made.data = fits && positions ? region_new(size, false) : NULL;
    if (!made.data) return status_no_memory(err, "the KV cache", size);
    made.size = size;
    *kv = made;
    return INGLE_OK;
}

void kv_cache_clear(struct kv_cache *kv) {
    region_free(kv->data, kv->size);
    *kv = (struct kv_cache){0};
}

struct kern_kv kv_cache_head(const struct kv_cache *kv, int layer, int head) {
    uint8_t *base = kv->data + (size_t)layer * kv->layer_size;
    size_t one = kv->layer_size / (size_t)kv->n_head_kv;
    uint8_t *keys = base + (size_t)head * one;
    uint8_t *values = keys + kv->head_size;
    struct kern_kv view = {.type = kv->type, .head_dim = kv->head_dim, .k = keys, .v = values};
    if (kv->type == KERN_KV_I8) {
        view.k_scale = (float *)(void *)(values + kv->head_size);
        view.v_scale = view.k_scale + kv->n_ctx;
    }
    return view;
}
