/* What the 4 lanes of an accumulator stand for, and how scales meet them. A tile of up to 4 tokens
 * has at most 8 accumulators [i][r] of either shape:
 *
 *   ROWS    i is a token, r a half of the group:   rows 4r .. 4r + 3
 *   PAIRS   i is two tokens, r two rows (smmla):   lanes are (token 2i, row 2r), (2i, 2r + 1),
 *           (2i + 1, 2r), (2i + 1, 2r + 1); an odd last token stands in for its missing partner
 *
 * Every lane is computed alike, so a token's result is the same in either place of a pair. */
#ifndef INGLE_ENGINE_KERN_ARM_SHAPE_NEON_H
#define INGLE_ENGINE_KERN_ARM_SHAPE_NEON_H

#include <string.h>

#include "engine/kern/arm/codes_neon.h"

enum shape { SHAPE_ROWS, SHAPE_PAIRS };

#define SHAPE_MAX_R 4
#define TILE_VECTORS (TOKENS_PER_TILE * 2) /* accumulators of a tile: number i * n_r + r */

/* acc[i * n_r + r] += codes . q over the first (part 0) or second 16 k of a block of 32 at planes;
 * q points at the 32 elements of the tile's first token. One a tier. */
typedef void (*dot16_fn)(int32x4_t *acc, const uint8_t *planes, int part, struct format f,
                         uint8x16_t table, const int8_t *q, size_t stride, int n_tokens);

BASE_ALWAYS_INLINE int shape_n_i(enum shape shape, int n_tokens) {
    return shape == SHAPE_ROWS ? n_tokens : (n_tokens + 1) / 2;
}

BASE_ALWAYS_INLINE int shape_n_r(enum shape shape) {
    return shape == SHAPE_ROWS ? 2 : 4;
}

/* Rows 0..3 and 4..7 of something as the lanes of accumulators r. */
BASE_ALWAYS_INLINE int32x4_t shape_rows_s32(enum shape shape, const int32x4_t rows[2], int r) {
    if (shape == SHAPE_ROWS) return rows[r];
    int64x2_t pairs = vreinterpretq_s64_s32(rows[r / 2]);
    return vreinterpretq_s32_s64(r % 2 ? vdupq_laneq_s64(pairs, 1) : vdupq_laneq_s64(pairs, 0));
}

BASE_ALWAYS_INLINE float32x4_t shape_rows_f32(enum shape shape, const float32x4_t rows[2], int r) {
    int32x4_t bits[2] = {vreinterpretq_s32_f32(rows[0]), vreinterpretq_s32_f32(rows[1])};
    return vreinterpretq_f32_s32(shape_rows_s32(shape, bits, r));
}

/* A number of each token, stride apart from src on, as the lanes of accumulators i. */
BASE_ALWAYS_INLINE int32x4_t shape_tokens_s32(enum shape shape, const int32_t *src, size_t stride,
                                              int i, int n_tokens) {
    if (shape == SHAPE_ROWS) return vld1q_dup_s32(src + (size_t)i * stride);
    size_t first = (size_t)(2 * i), second = 2 * i + 1 < n_tokens ? first + 1 : first;
    int64x2_t a = vreinterpretq_s64_s32(vld1q_dup_s32(src + first * stride));
    int64x2_t b = vreinterpretq_s64_s32(vld1q_dup_s32(src + second * stride));
    return vreinterpretq_s32_s64(vzip1q_s64(a, b));
}

BASE_ALWAYS_INLINE float32x4_t shape_tokens_f32(enum shape shape, const float *src, size_t stride,
                                                int i, int n_tokens) {
    if (shape == SHAPE_ROWS) return vld1q_dup_f32(src + (size_t)i * stride);
    size_t first = (size_t)(2 * i), second = 2 * i + 1 < n_tokens ? first + 1 : first;
    float64x2_t a = vreinterpretq_f64_f32(vld1q_dup_f32(src + first * stride));
    float64x2_t b = vreinterpretq_f64_f32(vld1q_dup_f32(src + second * stride));
    return vreinterpretq_f32_f64(vzip1q_f64(a, b));
}

/* Two neighbouring int16 of each token, likewise, each pair filling a lane. */
BASE_ALWAYS_INLINE int16x8_t shape_tokens_s16x2(enum shape shape, const int16_t *src, size_t stride,
                                                int i, int n_tokens) {
    size_t first = (size_t)i, second = first;
    if (shape == SHAPE_PAIRS) {
        first = (size_t)(2 * i);
        second = 2 * i + 1 < n_tokens ? first + 1 : first;
    }
    int32_t a, b;
    memcpy(&a, src + first * stride, sizeof a);
    memcpy(&b, src + second * stride, sizeof b);
    int64x2_t both =
        vzip1q_s64(vreinterpretq_s64_s32(vdupq_n_s32(a)), vreinterpretq_s64_s32(vdupq_n_s32(b)));
    return vreinterpretq_s16_s64(both);
}

/* Writes a tile, token t at out + t * ld. */
BASE_ALWAYS_INLINE void shape_store(enum shape shape, float *out, size_t ld, const float32x4_t *sum,
                                    int n_tokens) {
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++, out += ld) {
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            float32x4_t rows = sum[2 * t + h];
            if (shape == SHAPE_PAIRS) {
                float64x2_t a = vreinterpretq_f64_f32(sum[t / 2 * 4 + 2 * h]);
                float64x2_t b = vreinterpretq_f64_f32(sum[t / 2 * 4 + 2 * h + 1]);
                rows = vreinterpretq_f32_f64(t % 2 ? vzip2q_f64(a, b) : vzip1q_f64(a, b));
            }
            vst1q_f32(out + 4 * h, rows);
        }
    }
}

#endif
