/* Products of the 256-element block types with int8 activations: sub-block scales are applied to
 * the integer sums, so that floats appear once per 256. The arithmetic between the integer
 * products, for every tier: base NEON only. */
#ifndef INGLE_ENGINE_KERN_ARM_GEMM_Q256_NEON_H
#define INGLE_ENGINE_KERN_ARM_GEMM_Q256_NEON_H

#include "engine/kern/arm/shape_neon.h"

/* A tile's view of one block of 256 activations. */
struct inputs256 {
    const int8_t *q;
    size_t stride;
    const int32_t *nsum; /* stride / 16 apart */
    const int16_t *sums; /* of 16 or of 32 elements: as many as the weights have minimums */
    size_t sums_stride;
};

/* Scales of sub-block s as int32: rows 0..3 and 4..7. */
BASE_ALWAYS_INLINE void sub_scale(int32x4_t scale[2], const uint8_t *scales, int s,
                                  struct format f) {
    uint8x8_t raw = vld1_u8(scales + s * GROUP_ROWS);
    int16x8_t wide =
        f.signed_scale ? vmovl_s8(vreinterpret_s8_u8(raw)) : vreinterpretq_s16_u16(vmovl_u8(raw));
    scale[0] = vmovl_s16(vget_low_s16(wide));
    scale[1] = vmovl_high_s16(wide);
}

/* What an accumulator begins with: minus the offset times the sum of q over sub-block `part` of
 * the 32 elements number n. */
BASE_ALWAYS_INLINE int32x4_t sub_start(struct format f, const struct inputs256 *x, int n, int part,
                                       enum shape shape, int i, int n_tokens) {
    if (!keeps_offset(f)) return vdupq_n_s32(0);
    const int32_t *nsum = x->nsum + 2 * n + part;
    size_t n_sums = x->stride / 16;
    int32x4_t start = shape_tokens_s32(shape, nsum, n_sums, i, n_tokens);
    if (f.n_sub == 8) {
        start = vaddq_s32(start, shape_tokens_s32(shape, nsum + 1, n_sums, i, n_tokens));
    }
    return vshlq_s32(start, vdupq_n_s32(f.offset_shift));
}

/* total += sum over the sub-blocks of 32 elements (number n of the block) of
 * scale * (codes - offset) . q */
BASE_ALWAYS_INLINE void scaled_dot32(int32x4_t *total, const uint8_t *planes, const uint8_t *scales,
                                     int n, struct format f, uint8x16_t table,
                                     const struct inputs256 *x, int n_tokens, enum shape shape,
                                     dot16_fn dot16) {
    const int parts = f.n_sub / 8; /* scales per 32 elements: 1 or 2 */
    const int n_i = shape_n_i(shape, n_tokens), n_r = shape_n_r(shape);
    const int8_t *q = x->q + 32 * n;
#pragma GCC unroll 2
    for (int part = 0; part < parts; part++) {
        int32x4_t acc[TILE_VECTORS];
#pragma GCC unroll 4
        for (int i = 0; i < n_i; i++) {
            int32x4_t start = sub_start(f, x, n, part, shape, i, n_tokens);
#pragma GCC unroll 4
            for (int r = 0; r < n_r; r++) acc[i * n_r + r] = start;
        }
        dot16(acc, planes, part, f, table, q, x->stride, n_tokens);
        if (parts == 1) dot16(acc, planes, 1, f, table, q, x->stride, n_tokens);
        int32x4_t scale[2];
        sub_scale(scale, scales, n * parts + part, f);
#pragma GCC unroll 4
        for (int r = 0; r < n_r; r++) {
            int32x4_t mine = shape_rows_s32(shape, scale, r);
#pragma GCC unroll 4
            for (int i = 0; i < n_i; i++) {
                total[i * n_r + r] = vmlaq_s32(total[i * n_r + r], mine, acc[i * n_r + r]);
            }
        }
    }
}

/* Sum over the sub-blocks of min * (sum of q): pairs of sub-blocks as int16 products. */
BASE_ALWAYS_INLINE int32x4_t min_dot(const uint8_t *mins, struct format f,
                                     const struct inputs256 *x, int n_tokens, enum shape shape,
                                     int i, int r) {
    int32x4_t low = vdupq_n_s32(0), high = low;
#pragma GCC unroll 8
    for (int pair = 0; pair < f.n_sub / 2; pair++) {
        uint8x16_t raw = vld1q_u8(mins + pair * 2 * GROUP_ROWS);
        const int32x4_t rows[2] = {vreinterpretq_s32_u16(vmovl_u8(vget_low_u8(raw))),
                                   vreinterpretq_s32_u16(vmovl_high_u8(raw))};
        int16x8_t min = vreinterpretq_s16_s32(shape_rows_s32(shape, rows, r));
        int16x8_t sum = shape_tokens_s16x2(shape, x->sums + 2 * pair, x->sums_stride, i, n_tokens);
        low = vmlal_s16(low, vget_low_s16(min), vget_low_s16(sum));
        high = vmlal_high_s16(high, min, sum);
    }
    return vpaddq_s32(low, high);
}

BASE_ALWAYS_INLINE void q256_tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                                  const struct kern_acts *acts, int t0, int n_tokens,
                                  struct format f, enum shape shape, dot16_fn dot16) {
    const size_t d_size = 2 * GROUP_ROWS, dmin_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t scales_size = (size_t)f.n_sub * GROUP_ROWS;
    const size_t mins_size = f.has_min ? scales_size : 0;
    const size_t head_size = d_size + dmin_size + scales_size + mins_size;
    const size_t stride = (size_t)acts->stride, first = (size_t)t0;
    const uint8x16_t table = format_table(f);
    const int n_i = shape_n_i(shape, n_tokens), n_r = shape_n_r(shape);
    float32x4_t sum[TILE_VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < n_i * n_r; v++) sum[v] = vdupq_n_f32(0.0f);

    for (int b = 0; b < n_cols / 256; b++) {
        const uint8_t *scales = block + d_size + dmin_size, *mins = scales + scales_size;
        const uint8_t *planes = block + head_size;
        size_t n_sums = stride / 256 * (size_t)f.n_sub;
        const struct inputs256 x = {
            .q = acts->q + first * stride + (size_t)b * 256,
            .stride = stride,
            .nsum = acts->nsum + first * (stride / 16) + (size_t)b * 16,
            .sums =
                (f.n_sub == 8 ? acts->sum32 : acts->sum16) + first * n_sums + (size_t)(b * f.n_sub),
            .sums_stride = n_sums,
        };
        int32x4_t total[TILE_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < n_i * n_r; v++) total[v] = vdupq_n_s32(0);
        for (int n = 0; n < 8; n++, planes += planes_size(f)) {
            prefetch_ahead(planes, planes_size(f));
            scaled_dot32(total, planes, scales, n, f, table, &x, n_tokens, shape, dot16);
        }
        const float32x4_t d[2] = {load_f16(block), load_f16(block + 8)};
        float32x4_t dmin[2] = {d[0], d[1]};
        if (f.has_min) {
            dmin[0] = load_f16(block + d_size);
            dmin[1] = load_f16(block + d_size + 8);
        }
#pragma GCC unroll 4
        for (int i = 0; i < n_i; i++) {
            const float *dx_at = acts->d + first * (stride / 256) + (size_t)b;
            float32x4_t dx = shape_tokens_f32(shape, dx_at, stride / 256, i, n_tokens);
#pragma GCC unroll 4
            for (int r = 0; r < n_r; r++) {
                int v = i * n_r + r;
                float32x4_t both = vmulq_f32(shape_rows_f32(shape, d, r), dx);
                sum[v] = vfmaq_f32(sum[v], both, vcvtq_f32_s32(total[v]));
                if (f.has_min) {
                    int32x4_t min = min_dot(mins, f, &x, n_tokens, shape, i, r);
                    both = vmulq_f32(shape_rows_f32(shape, dmin, r), dx);
                    sum[v] = vfmsq_f32(sum[v], both, vcvtq_f32_s32(min));
                }
            }
        }
        block = planes;
    }
    shape_store(shape, out, ld, sum, n_tokens);
}

/* The kernels of a tier, and the function `install` that puts them into the table. */
#define DEFINE_Q256_GEMMS(install, ...)                                                            \
    DEFINE_GEMM(gemm_q2_k, q256_tile,                                                              \
                FORMAT(.crumbs = true, .n_sub = 16, .has_min = true, .most = 3), __VA_ARGS__)      \
    DEFINE_GEMM(gemm_q3_k, q256_tile,                                                              \
                FORMAT(.crumbs = true, .bits = true, .n_sub = 16, .signed_scale = true,            \
                       .offset_shift = 2, .most = 7),                                              \
                __VA_ARGS__)                                                                       \
    DEFINE_GEMM(gemm_q4_k, q256_tile,                                                              \
                FORMAT(.nibbles = true, .n_sub = 8, .has_min = true, .most = 15), __VA_ARGS__)     \
    DEFINE_GEMM(gemm_q5_k, q256_tile,                                                              \
                FORMAT(.nibbles = true, .bits = true, .n_sub = 8, .has_min = true, .most = 31),    \
                __VA_ARGS__)                                                                       \
    DEFINE_GEMM(gemm_q6_k, q256_tile,                                                              \
                FORMAT(.nibbles = true, .crumbs = true, .n_sub = 16, .signed_scale = true,         \
                       .offset_shift = 5, .most = 63),                                             \
                __VA_ARGS__)                                                                       \
    DEFINE_GEMM(gemm_iq4_xs, q256_tile,                                                            \
                FORMAT(.nibbles = true, .n_sub = 8, .signed_scale = true, .offset_shift = 7,       \
                       .table = kern_table_iq4, .most = 127),                                      \
                __VA_ARGS__)                                                                       \
    void install(struct kern_ops *ops) {                                                           \
        ops->gemm[KERN_Q2_K] = gemm_q2_k;                                                          \
        ops->gemm[KERN_Q3_K] = gemm_q3_k;                                                          \
        ops->gemm[KERN_Q4_K] = gemm_q4_k;                                                          \
        ops->gemm[KERN_Q5_K] = gemm_q5_k;                                                          \
        ops->gemm[KERN_Q6_K] = gemm_q6_k;                                                          \
        ops->gemm[KERN_IQ4_XS] = gemm_iq4_xs;                                                      \
    }

#endif
