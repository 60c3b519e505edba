/* Keys and values into the cache of one head. */
#include "engine/kern/arm/bf16_neon.h"
#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/arm/quant_neon.h"

/* 4 elements of the type, in the low bits of the lanes. */
static inline uint16x4_t convert(float32x4_t v, enum kern_kv_type type, float factor) {
    if (type == KERN_KV_F16) return vreinterpret_u16_f16(vcvt_f16_f32(v));
    if (type == KERN_KV_BF16) return to_bf16(v);
    return vreinterpret_u16_s16(quantise(v, factor));
}

/* Writes n floats as elements of the type, `step` elements apart. */
static void store(void *dst, size_t step, const float *x, int n, enum kern_kv_type type,
                  float factor) {
    for (int i = 0; i < n; i += 4) {
        uint16_t four[4];
        vst1_u16(four, convert(load_lanes(x + i, n - i), type, factor));
        for (int j = 0; j < 4 && i + j < n; j++) {
            size_t at = (size_t)(i + j) * step;
            if (type == KERN_KV_I8)
                ((uint8_t *)dst)[at] = (uint8_t)four[j];
            else
                ((uint16_t *)dst)[at] = four[j];
        }
    }
}

static KERN_DECL_KV_STORE(kv_store) {
    const size_t size = kern_kv_size(kv->type), dim = (size_t)kv->head_dim;
    const struct kern_kv_page page = kern_kv_page(kv, pos / KERN_ATTN_KEYS);
    const size_t at = (size_t)pos % KERN_ATTN_KEYS;
    const size_t block = at / KERN_KEY_BLOCK, lane = at % KERN_KEY_BLOCK;
    uint8_t *k = (uint8_t *)page.k + (block * dim * KERN_KEY_BLOCK + lane) * size;
    uint8_t *v = (uint8_t *)page.v + at * dim * size;
    float k_factor = 0.0f, v_factor = 0.0f;
    if (kv->type == KERN_KV_I8) {
        page.k_scale[at] = block_scale(key, kv->head_dim, &k_factor);
        page.v_scale[at] = block_scale(value, kv->head_dim, &v_factor);
    }
    store(k, KERN_KEY_BLOCK, key, kv->head_dim, kv->type, k_factor);
    store(v, 1, value, kv->head_dim, kv->type, v_factor);
}

void kern_kv_neon(struct kern_ops *ops) {
    ops->kv_store = kv_store;
}
