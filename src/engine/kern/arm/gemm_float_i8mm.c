/* Products of BF16 weights with bfdot, which multiplies pairs and flushes subnormals. */
#include <string.h>

#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/arm/tiles_neon.h"

/* sum[t][half of the rows] += weights of pair p times those of token t. */
BASE_ALWAYS_INLINE void add_pair(float32x4_t sum[][2], const uint8_t *group, int p,
                                 const uint16_t *rows, size_t stride, int n_tokens) {
    const uint8_t *src = group + (size_t)p * 4 * GROUP_ROWS;
    bfloat16x8_t top = vreinterpretq_bf16_u8(vld1q_u8(src));
    bfloat16x8_t bottom = vreinterpretq_bf16_u8(vld1q_u8(src + 16));
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) {
        uint32_t two;
        memcpy(&two, rows + (size_t)t * stride + 2 * (size_t)p, sizeof two);
        bfloat16x8_t v = vreinterpretq_bf16_u32(vdupq_n_u32(two));
        sum[t][0] = vbfdotq_f32(sum[t][0], top, v);
        sum[t][1] = vbfdotq_f32(sum[t][1], bottom, v);
    }
}

/* Two sums a row, of every other pair: enough to keep the multipliers busy with one token. An odd
 * last column has a partner of zeros in the weights and in the activations. */
BASE_ALWAYS_INLINE void tile_bf16(float *out, size_t ld, const uint8_t *group, int n_cols,
                                  const struct kern_acts *x, int t0, int n_tokens) {
    const size_t stride = (size_t)x->stride;
    const uint16_t *rows = x->h + (size_t)t0 * stride;
    const int n_pairs = (n_cols + 1) / 2;
    float32x4_t even[TOKENS_PER_TILE][2], odd[TOKENS_PER_TILE][2];
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) {
        even[t][0] = even[t][1] = odd[t][0] = odd[t][1] = vdupq_n_f32(0.0f);
    }
    int p = 0;
    for (; p + 2 <= n_pairs; p += 2) {
        add_pair(even, group, p, rows, stride, n_tokens);
        add_pair(odd, group, p + 1, rows, stride, n_tokens);
    }
    if (p < n_pairs) add_pair(even, group, p, rows, stride, n_tokens);
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++, out += ld) {
        vst1q_f32(out, vaddq_f32(even[t][0], odd[t][0]));
        vst1q_f32(out + 4, vaddq_f32(even[t][1], odd[t][1]));
    }
}

DEFINE_GEMM(gemm_bf16, tile_bf16)

void kern_gemm_float_i8mm(struct kern_ops *ops) {
    ops->gemm[KERN_BF16] = gemm_bf16;
}
