/* Products of F32, F16 and BF16 weights. Tiles of 32 rows x up to 6 tokens. */
#include <string.h>

#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/tiles_avx512.h"

BASE_ALWAYS_INLINE void tile_f32(float *out, size_t ld, const uint8_t *group, int n_cols,
                                 const struct kern_acts *x, int t0, int n_tokens, bool half) {
    const float *rows = x->x + (size_t)t0 * (size_t)x->stride;
    __m512 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm512_setzero_ps();
    for (int k = 0; k < n_cols; k++) {
        __m512 top, bottom;
        if (half) {
            top = load_f16(group + (size_t)k * 64);
            bottom = load_f16(group + (size_t)k * 64 + 32);
        } else {
            top = _mm512_loadu_ps(group + (size_t)k * 128);
            bottom = _mm512_loadu_ps(group + (size_t)k * 128 + 64);
        }
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            __m512 v = _mm512_set1_ps(rows[(size_t)t * (size_t)x->stride + (size_t)k]);
            sum[t][0] = _mm512_fmadd_ps(top, v, sum[t][0]);
            sum[t][1] = _mm512_fmadd_ps(bottom, v, sum[t][1]);
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

/* BF16 without its own instruction: the two values of a pair widen by a shift and by a mask. */
BASE_ALWAYS_INLINE void tile_bf16(float *out, size_t ld, const uint8_t *group, int n_cols,
                                  const struct kern_acts *x, int t0, int n_tokens) {
    const uint16_t *rows = x->h + (size_t)t0 * (size_t)x->stride;
    const __m512i high = _mm512_set1_epi32((int)0xffff0000);
    __m512 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm512_setzero_ps();
    for (int k = 0; k < n_cols; k += 2, group += 128) {
        __m512i top = _mm512_loadu_si512(group), bottom = _mm512_loadu_si512(group + 64);
        __m512 even[2] = {_mm512_castsi512_ps(_mm512_slli_epi32(top, 16)),
                          _mm512_castsi512_ps(_mm512_slli_epi32(bottom, 16))};
        __m512 odd[2] = {_mm512_castsi512_ps(_mm512_and_si512(top, high)),
                         _mm512_castsi512_ps(_mm512_and_si512(bottom, high))};
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            int32_t two;
            memcpy(&two, rows + (size_t)t * (size_t)x->stride + (size_t)k, sizeof two);
            __m512i both = _mm512_set1_epi32(two);
            __m512 first = _mm512_castsi512_ps(_mm512_slli_epi32(both, 16));
            __m512 second = _mm512_castsi512_ps(_mm512_and_si512(both, high));
            sum[t][0] = _mm512_fmadd_ps(even[0], first, sum[t][0]);
            sum[t][1] = _mm512_fmadd_ps(even[1], first, sum[t][1]);
            sum[t][0] = _mm512_fmadd_ps(odd[0], second, sum[t][0]);
            sum[t][1] = _mm512_fmadd_ps(odd[1], second, sum[t][1]);
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

BASE_ALWAYS_INLINE void tile_f32_of(float *out, size_t ld, const uint8_t *group, int n_cols,
                                    const struct kern_acts *x, int t0, int n_tokens) {
    tile_f32(out, ld, group, n_cols, x, t0, n_tokens, false);
}

BASE_ALWAYS_INLINE void tile_f16_of(float *out, size_t ld, const uint8_t *group, int n_cols,
                                    const struct kern_acts *x, int t0, int n_tokens) {
    tile_f32(out, ld, group, n_cols, x, t0, n_tokens, true);
}

DEFINE_GEMM(gemm_f32, tile_f32_of)
DEFINE_GEMM(gemm_f16, tile_f16_of)
DEFINE_GEMM(gemm_bf16, tile_bf16)

void kern_gemm_float_avx512vnni(struct kern_ops *ops) {
    ops->gemm[KERN_F32] = gemm_f32;
    ops->gemm[KERN_F16] = gemm_f16;
    ops->gemm[KERN_BF16] = gemm_bf16;
}
