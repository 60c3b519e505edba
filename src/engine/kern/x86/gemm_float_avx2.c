/* Products of F32, F16 and BF16 weights. Tiles of 16 rows x up to 4 tokens. */
#include <string.h>

#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/tiles_avx2.h"

BASE_ALWAYS_INLINE void tile_f32(float *out, size_t ld, const uint8_t *group, int n_cols,
                                 const struct kern_acts *x, int t0, int n_tokens, bool half) {
    const float *rows = x->x + (size_t)t0 * (size_t)x->stride;
    const size_t step = GROUP_ROWS * (half ? sizeof(uint16_t) : sizeof(float));
    __m256 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();
    for (int k = 0; k < n_cols; k++, group += step) {
        __m256 top, bottom;
        if (half) {
            top = load_f16(group);
            bottom = load_f16(group + 16);
        } else {
            top = _mm256_castsi256_ps(load_bytes(group));
            bottom = _mm256_castsi256_ps(load_bytes(group + 32));
        }
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            __m256 v = _mm256_set1_ps(rows[(size_t)t * (size_t)x->stride + (size_t)k]);
            sum[t][0] = _mm256_fmadd_ps(top, v, sum[t][0]);
            sum[t][1] = _mm256_fmadd_ps(bottom, v, sum[t][1]);
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

/* The two values of a pair widen by a shift and by a mask. */
BASE_ALWAYS_INLINE void tile_bf16(float *out, size_t ld, const uint8_t *group, int n_cols,
                                  const struct kern_acts *x, int t0, int n_tokens) {
    const uint16_t *rows = x->h + (size_t)t0 * (size_t)x->stride;
    const __m256i high = _mm256_set1_epi32((int)0xffff0000);
    __m256 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();
    for (int k = 0; k < n_cols; k += 2, group += 64) {
        __m256i top = load_bytes(group), bottom = load_bytes(group + 32);
        __m256 even[2] = {_mm256_castsi256_ps(_mm256_slli_epi32(top, 16)),
                          _mm256_castsi256_ps(_mm256_slli_epi32(bottom, 16))};
        __m256 odd[2] = {_mm256_castsi256_ps(_mm256_and_si256(top, high)),
                         _mm256_castsi256_ps(_mm256_and_si256(bottom, high))};
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            int32_t two;
            memcpy(&two, rows + (size_t)t * (size_t)x->stride + (size_t)k, sizeof two);
            __m256i both = _mm256_set1_epi32(two);
            __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
            __m256 second = _mm256_castsi256_ps(_mm256_and_si256(both, high));
            sum[t][0] = _mm256_fmadd_ps(even[0], first, sum[t][0]);
            sum[t][1] = _mm256_fmadd_ps(even[1], first, sum[t][1]);
            sum[t][0] = _mm256_fmadd_ps(odd[0], second, sum[t][0]);
            sum[t][1] = _mm256_fmadd_ps(odd[1], second, sum[t][1]);
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

DEFINE_GEMM(gemm_f32, tile_f32, false)
DEFINE_GEMM(gemm_f16, tile_f32, true)
DEFINE_GEMM(gemm_bf16, tile_bf16)

void kern_gemm_float_avx2(struct kern_ops *ops) {
    ops->gemm[KERN_F32] = gemm_f32;
    ops->gemm[KERN_F16] = gemm_f16;
    ops->gemm[KERN_BF16] = gemm_bf16;
}
