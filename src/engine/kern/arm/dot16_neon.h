/* Products of 4-row registers without a dot-product instruction: int8 products are added up in
 * int16 as far as they fit there. */
#ifndef INGLE_ENGINE_KERN_ARM_DOT16_NEON_H
#define INGLE_ENGINE_KERN_ARM_DOT16_NEON_H

#include "engine/kern/arm/shape_neon.h"

/* sum of w[2 * u] . x[u] over n units of 4 k: [row][k] products of rows 0, 1 in *low, of rows 2, 3
 * in *high, k 4 apart added up. */
BASE_ALWAYS_INLINE void multiply_units(int16x8_t *low, int16x8_t *high, const int8x16_t *w,
                                       const int8x16_t *x, int n) {
    *low = vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0]));
    *high = vmull_high_s8(w[0], x[0]);
    for (int u = 1; u < n; u++) {
        *low = vmlal_s8(*low, vget_low_s8(w[2 * u]), vget_low_s8(x[u]));
        *high = vmlal_high_s8(*high, w[2 * u], x[u]);
    }
}

/* acc (4 rows) += w . x over 4 units. */
BASE_ALWAYS_INLINE int32x4_t dot_4_rows(int32x4_t acc, const int8x16_t *w, const int8x16_t *x,
                                        int most) {
    const int fit = INT16_MAX / (127 * most); /* products that an int16 can hold the sum of */
    int16x8_t low, high;
    if (fit >= 8) {
        multiply_units(&low, &high, w, x, 4);
        return vpadalq_s16(acc, vpaddq_s16(low, high));
    }
    const int n = fit >= 4 ? 4 : 2;
    multiply_units(&low, &high, w, x, n);
    int32x4_t sum_low = vpaddlq_s16(low), sum_high = vpaddlq_s16(high);
    if (n == 2) {
        multiply_units(&low, &high, w + 4, x + 2, n);
        sum_low = vpadalq_s16(sum_low, low);
        sum_high = vpadalq_s16(sum_high, high);
    }
    return vaddq_s32(acc, vpaddq_s32(sum_low, sum_high));
}

BASE_ALWAYS_INLINE void dot16_neon(int32x4_t *acc, const uint8_t *planes, int part, struct format f,
                                   uint8x16_t table, const int8_t *q, size_t stride, int n_tokens) {
    int8x16_t w[CODE_VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < CODE_VECTORS; v++) w[v] = codes(planes, part, v, f, table);
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) {
        int32x4_t all = vreinterpretq_s32_s8(vld1q_s8(q + (size_t)t * stride + 16 * part));
        const int8x16_t x[4] = {vreinterpretq_s8_s32(vdupq_laneq_s32(all, 0)),
                                vreinterpretq_s8_s32(vdupq_laneq_s32(all, 1)),
                                vreinterpretq_s8_s32(vdupq_laneq_s32(all, 2)),
                                vreinterpretq_s8_s32(vdupq_laneq_s32(all, 3))};
        acc[2 * t] = dot_4_rows(acc[2 * t], w, x, f.most);
        acc[2 * t + 1] = dot_4_rows(acc[2 * t + 1], w + 1, x, f.most);
    }
}

#endif
