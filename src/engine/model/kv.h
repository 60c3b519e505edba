/* The KV cache of one session: keys and values of every layer and KV head, laid out as the
 * attention kernels read them (struct kern_kv). */
#ifndef INGLE_ENGINE_MODEL_KV_H
#define INGLE_ENGINE_MODEL_KV_H

#include "base/status.h"
#include "engine/kern/ops.h"
#include "engine/model/hparams.h"

struct kv_cache {
    enum kern_kv_type type;
    int n_ctx; /* positions; a multiple of KERN_ATTN_KEYS */
    int n_layer, n_head_kv, head_dim;
    size_t head_size;  /* bytes of one head's keys (or values) */
    size_t layer_size; /* bytes of one layer */
    uint8_t *data;     /* region of size bytes; untouched parts take no memory */
    size_t size;
};

/* n_ctx >= 1. On failure *kv is zeroed. */
BASE_NODISCARD ingle_status kv_cache_init(struct kv_cache *kv, const struct hparams *hp,
                                          enum kern_kv_type type, int n_ctx, ingle_error *err);
void kv_cache_clear(struct kv_cache *kv);

/* Borrowed view of one layer and head. */
struct kern_kv kv_cache_head(const struct kv_cache *kv, int layer, int head);

#endif
