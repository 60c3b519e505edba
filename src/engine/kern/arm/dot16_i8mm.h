/* Products of 2-row registers with smmla: 2 tokens x 8 k times 2 rows x 8 k. */
#ifndef INGLE_ENGINE_KERN_ARM_DOT16_I8MM_H
#define INGLE_ENGINE_KERN_ARM_DOT16_I8MM_H

#include "engine/kern/arm/shape_neon.h"

BASE_ALWAYS_INLINE void dot16_i8mm(int32x4_t *acc, const uint8_t *planes, int part, struct format f,
                                   uint8x16_t table, const int8_t *q, size_t stride, int n_tokens) {
    const int n_i = shape_n_i(SHAPE_PAIRS, n_tokens);
    int8x16_t x[TOKENS_PER_TILE / 2][2]; /* [pair of tokens][8 k]: token 2i, then token 2i + 1 */
#pragma GCC unroll 2
    for (int i = 0; i < n_i; i++) {
        const int8_t *first = q + (size_t)(2 * i) * stride + 16 * part;
        const int8_t *second = 2 * i + 1 < n_tokens ? first + stride : first;
        int64x2_t a = vreinterpretq_s64_s8(vld1q_s8(first));
        int64x2_t b = vreinterpretq_s64_s8(vld1q_s8(second));
        x[i][0] = vreinterpretq_s8_s64(vzip1q_s64(a, b));
        x[i][1] = vreinterpretq_s8_s64(vzip2q_s64(a, b));
    }
#pragma GCC unroll 8
    for (int v = 0; v < CODE_VECTORS; v++) {
        int8x16_t w = codes(planes, part, v, f, table);
#pragma GCC unroll 2
        for (int i = 0; i < n_i; i++) {
            acc[4 * i + v % 4] = vmmlaq_s32(acc[4 * i + v % 4], x[i][v / 4], w);
        }
    }
}

#endif
