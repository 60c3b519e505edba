/* Products of F32, F16 and BF16 weights. Each row of a tile has two sums, of the even and of the
 * odd k: a tile of one token has enough of them to keep the multipliers busy. */
#include <string.h>

#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/arm/tiles_neon.h"

struct row_sums {
    float32x4_t even[2], odd[2]; /* rows 0..3 and 4..7 */
};

BASE_ALWAYS_INLINE void clear_sums(struct row_sums *sum, int n_tokens) {
    const float32x4_t zero = vdupq_n_f32(0.0f);
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) {
        sum[t] = (struct row_sums){.even = {zero, zero}, .odd = {zero, zero}};
    }
}

BASE_ALWAYS_INLINE void store_sums(float *out, size_t ld, const struct row_sums *sum,
                                   int n_tokens) {
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++, out += ld) {
        vst1q_f32(out, vaddq_f32(sum[t].even[0], sum[t].odd[0]));
        vst1q_f32(out + 4, vaddq_f32(sum[t].even[1], sum[t].odd[1]));
    }
}

/* Weights of column k: rows 0..3 or 4..7. */
BASE_ALWAYS_INLINE float32x4_t weights(const uint8_t *group, int k, int half, bool is_f16) {
    size_t size = is_f16 ? 2 : 4;
    const uint8_t *src = group + ((size_t)k * GROUP_ROWS + (size_t)half * 4) * size;
    return is_f16 ? load_f16(src) : vreinterpretq_f32_u8(vld1q_u8(src));
}

BASE_ALWAYS_INLINE void tile_f32(float *out, size_t ld, const uint8_t *group, int n_cols,
                                 const struct kern_acts *x, int t0, int n_tokens, bool is_f16) {
    const size_t stride = (size_t)x->stride;
    const float *rows = x->x + (size_t)t0 * stride;
    struct row_sums sum[TOKENS_PER_TILE];
    clear_sums(sum, n_tokens);
    int k = 0;
    for (; k + 2 <= n_cols; k += 2) {
        const float32x4_t even[2] = {weights(group, k, 0, is_f16), weights(group, k, 1, is_f16)};
        const float32x4_t odd[2] = {weights(group, k + 1, 0, is_f16),
                                    weights(group, k + 1, 1, is_f16)};
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            float32x2_t v = vld1_f32(rows + (size_t)t * stride + k);
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                sum[t].even[h] = vfmaq_lane_f32(sum[t].even[h], even[h], v, 0);
                sum[t].odd[h] = vfmaq_lane_f32(sum[t].odd[h], odd[h], v, 1);
            }
        }
    }
    if (k < n_cols) {
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            float v = rows[(size_t)t * stride + (size_t)k];
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                sum[t].even[h] = vfmaq_n_f32(sum[t].even[h], weights(group, k, h, is_f16), v);
            }
        }
    }
    store_sums(out, ld, sum, n_tokens);
}

/* The two values of a pair widen by a shift and by a mask. */
BASE_ALWAYS_INLINE float32x4_t first_of_pair(uint32x4_t pairs) {
    return vreinterpretq_f32_u32(vshlq_n_u32(pairs, 16));
}

BASE_ALWAYS_INLINE float32x4_t second_of_pair(uint32x4_t pairs) {
    return vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff0000)));
}

/* An odd last column has a partner of zeros in the weights and in the activations. */
BASE_ALWAYS_INLINE void tile_bf16(float *out, size_t ld, const uint8_t *group, int n_cols,
                                  const struct kern_acts *x, int t0, int n_tokens) {
    const size_t stride = (size_t)x->stride;
    const uint16_t *rows = x->h + (size_t)t0 * stride;
    struct row_sums sum[TOKENS_PER_TILE];
    clear_sums(sum, n_tokens);
    for (int k = 0; k < n_cols; k += 2, group += 32) {
        const uint32x4_t pairs[2] = {vreinterpretq_u32_u8(vld1q_u8(group)),
                                     vreinterpretq_u32_u8(vld1q_u8(group + 16))};
        const float32x4_t even[2] = {first_of_pair(pairs[0]), first_of_pair(pairs[1])};
        const float32x4_t odd[2] = {second_of_pair(pairs[0]), second_of_pair(pairs[1])};
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            uint32_t two;
            memcpy(&two, rows + (size_t)t * stride + (size_t)k, sizeof two);
            uint32x4_t both = vdupq_n_u32(two);
            float32x4_t first = first_of_pair(both), second = second_of_pair(both);
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                sum[t].even[h] = vfmaq_f32(sum[t].even[h], even[h], first);
                sum[t].odd[h] = vfmaq_f32(sum[t].odd[h], odd[h], second);
            }
        }
    }
    store_sums(out, ld, sum, n_tokens);
}

DEFINE_GEMM(gemm_f32, tile_f32, false)
DEFINE_GEMM(gemm_f16, tile_f32, true)
DEFINE_GEMM(gemm_bf16, tile_bf16)

void kern_gemm_float_neon(struct kern_ops *ops) {
    ops->gemm[KERN_F32] = gemm_f32;
    ops->gemm[KERN_F16] = gemm_f16;
    ops->gemm[KERN_BF16] = gemm_bf16;
}
