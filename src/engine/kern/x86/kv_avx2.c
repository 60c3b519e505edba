/* Storing keys and values into the cache. */
#include "engine/kern/half.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/quant_avx2.h"

/* 8 values of a row as halves. */
BASE_ALWAYS_INLINE __m128i to_half(__m256 v, enum kern_kv_type type) {
    if (type == KERN_KV_BF16) return to_bf16(v);
    return _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT);
}

/* dst[i * step] = the values as halves. */
BASE_ALWAYS_INLINE void store_halves(uint16_t *dst, size_t step, const float *src, int n,
                                     enum kern_kv_type type) {
    for (int i = 0; i < n; i += 8) {
        uint16_t eight[8];
        __m256 v = _mm256_maskload_ps(src + i, lanes(n, i));
        _mm_storeu_si128((__m128i *)(void *)eight, to_half(v, type));
        for (int j = 0; j < 8 && i + j < n; j++) dst[(size_t)(i + j) * step] = eight[j];
    }
}

/* dst[i * step] = the values as int8. Returns their scale. */
BASE_ALWAYS_INLINE float store_bytes(int8_t *dst, size_t step, const float *src, int n) {
    float factor, scale = block_scale(src, n, &factor);
    for (int i = 0; i < n; i += 8) {
        int32_t eight[8];
        __m256i q = quantise8(_mm256_maskload_ps(src + i, lanes(n, i)), _mm256_set1_ps(factor));
        _mm256_storeu_si256((__m256i *)(void *)eight, q);
        for (int j = 0; j < 8 && i + j < n; j++) dst[(size_t)(i + j) * step] = (int8_t)eight[j];
    }
    return scale;
}

static KERN_DECL_KV_STORE(kv_store) {
    struct kern_kv_page page = kern_kv_page(kv, pos / KERN_ATTN_KEYS);
    int dim = kv->head_dim, at = pos % KERN_ATTN_KEYS;
    size_t key_at = (size_t)(at / KERN_KEY_BLOCK) * (size_t)dim * KERN_KEY_BLOCK +
                    (size_t)(at % KERN_KEY_BLOCK);
    size_t value_at = (size_t)at * (size_t)dim;
    switch (kv->type) {
    case KERN_KV_F16:
        store_halves((uint16_t *)page.k + key_at, KERN_KEY_BLOCK, key, dim, KERN_KV_F16);
        store_halves((uint16_t *)page.v + value_at, 1, value, dim, KERN_KV_F16);
        break;
    case KERN_KV_BF16:
        store_halves((uint16_t *)page.k + key_at, KERN_KEY_BLOCK, key, dim, KERN_KV_BF16);
        store_halves((uint16_t *)page.v + value_at, 1, value, dim, KERN_KV_BF16);
        break;
    case KERN_KV_I8:
        page.k_scale[at] = store_bytes((int8_t *)page.k + key_at, KERN_KEY_BLOCK, key, dim);
        page.v_scale[at] = store_bytes((int8_t *)page.v + value_at, 1, value, dim);
        break;
    case KERN_N_KV_TYPES:
        break;
    }
}

void kern_kv_avx2(struct kern_ops *ops) {
    ops->kv_store = kv_store;
}
