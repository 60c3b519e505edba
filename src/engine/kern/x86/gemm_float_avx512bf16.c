/* Products of BF16 weights with vdpbf16ps, which multiplies pairs and flushes subnormals. */
#include <string.h>

#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/tiles_avx512.h"

BASE_ALWAYS_INLINE __m512bh as_bf16(__m512i v) {
    return (__m512bh)v;
}

BASE_ALWAYS_INLINE void tile_bf16(float *out, size_t ld, const uint8_t *group, int n_cols,
                                  const struct kern_acts *x, int t0, int n_tokens) {
    const uint16_t *rows = x->h + (size_t)t0 * (size_t)x->stride;
    __m512 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm512_setzero_ps();
    for (int k = 0; k < n_cols; k += 2, group += 128) {
        __m512i top = _mm512_loadu_si512(group), bottom = _mm512_loadu_si512(group + 64);
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            int32_t two;
            memcpy(&two, rows + (size_t)t * (size_t)x->stride + (size_t)k, sizeof two);
            __m512i v = _mm512_set1_epi32(two);
            sum[t][0] = _mm512_dpbf16_ps(sum[t][0], as_bf16(top), as_bf16(v));
            sum[t][1] = _mm512_dpbf16_ps(sum[t][1], as_bf16(bottom), as_bf16(v));
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

DEFINE_GEMM(gemm_bf16, tile_bf16)

void kern_gemm_float_avx512bf16(struct kern_ops *ops) {
    ops->gemm[KERN_BF16] = gemm_bf16;
}
