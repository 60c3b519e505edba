/* Products of the 32-element block types with int8 activations: one scale a block on either side,
 * integers within. The arithmetic between the integer products, for every tier: base NEON only. */
#ifndef INGLE_ENGINE_KERN_ARM_GEMM_Q32_NEON_H
#define INGLE_ENGINE_KERN_ARM_GEMM_Q32_NEON_H

#include "engine/kern/arm/shape_neon.h"

enum scale_kind { SCALE_F16, SCALE_E8M0 };

/* Scales of rows 4 * half ... */
BASE_ALWAYS_INLINE float32x4_t load_scale(const uint8_t *src, int half, enum scale_kind kind) {
    if (kind == SCALE_F16) return load_f16(src + half * 8);
    /* 2^(e - 128): exponent field e - 1, but for e = 0 and 1 a subnormal with one bit set. */
    uint16x8_t wide = vmovl_u8(vld1_u8(src));
    uint32x4_t e = half ? vmovl_high_u16(wide) : vmovl_u16(vget_low_u16(wide));
    uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    uint32x4_t tiny = vshlq_u32(vdupq_n_u32(0x00200000), vreinterpretq_s32_u32(e));
    uint32x4_t is_tiny = vcltq_u32(e, vdupq_n_u32(2));
    return vreinterpretq_f32_u32(vbslq_u32(is_tiny, tiny, normal));
}

BASE_ALWAYS_INLINE void q32_tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                                 const struct kern_acts *x, int t0, int n_tokens, struct format f,
                                 enum scale_kind kind, enum shape shape, dot16_fn dot16) {
    const size_t scale_size = kind == SCALE_F16 ? 2 * GROUP_ROWS : GROUP_ROWS;
    const size_t min_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t block_size = scale_size + min_size + planes_size(f);
    const size_t stride = (size_t)x->stride, n_scales = stride / 32;
    const int8_t *q = x->q + (size_t)t0 * stride;
    const float *d = x->d + (size_t)t0 * n_scales;
    const int32_t *nsum = x->nsum + (size_t)t0 * n_scales;
    const uint8x16_t table = format_table(f);
    const int n_i = shape_n_i(shape, n_tokens), n_r = shape_n_r(shape);
    float32x4_t sum[TILE_VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < n_i * n_r; v++) sum[v] = vdupq_n_f32(0.0f);

    for (int b = 0; b < n_cols / 32; b++, block += block_size, q += 32, d++, nsum++) {
        const uint8_t *planes = block + scale_size + min_size;
        int32x4_t acc[TILE_VECTORS];
#pragma GCC unroll 4
        for (int i = 0; i < n_i; i++) {
            int32x4_t start = vdupq_n_s32(0);
            if (keeps_offset(f)) {
                start = shape_tokens_s32(shape, nsum, n_scales, i, n_tokens);
                start = vshlq_s32(start, vdupq_n_s32(f.offset_shift));
            }
#pragma GCC unroll 4
            for (int r = 0; r < n_r; r++) acc[i * n_r + r] = start;
        }
        prefetch_ahead(block, block_size);
        dot16(acc, planes, 0, f, table, q, stride, n_tokens);
        dot16(acc, planes, 1, f, table, q, stride, n_tokens);

        const float32x4_t scale[2] = {load_scale(block, 0, kind), load_scale(block, 1, kind)};
        float32x4_t min[2] = {vdupq_n_f32(0.0f), vdupq_n_f32(0.0f)};
        if (f.has_min) {
            min[0] = load_f16(block + scale_size);
            min[1] = load_f16(block + scale_size + 8);
        }
#pragma GCC unroll 4
        for (int i = 0; i < n_i; i++) {
            float32x4_t dx = shape_tokens_f32(shape, d, n_scales, i, n_tokens);
            float32x4_t whole = dx;
            if (f.has_min) {
                int32x4_t minus = shape_tokens_s32(shape, nsum, n_scales, i, n_tokens);
                whole = vmulq_f32(dx, vcvtq_f32_s32(minus));
            }
#pragma GCC unroll 4
            for (int r = 0; r < n_r; r++) {
                int v = i * n_r + r;
                float32x4_t both = vmulq_f32(shape_rows_f32(shape, scale, r), dx);
                sum[v] = vfmaq_f32(sum[v], both, vcvtq_f32_s32(acc[v]));
                if (f.has_min) {
                    sum[v] = vfmsq_f32(sum[v], shape_rows_f32(shape, min, r), whole);
                }
            }
        }
    }
    shape_store(shape, out, ld, sum, n_tokens);
}

/* The kernels of a tier, and the function `install` that puts them into the table. */
#define DEFINE_Q32_GEMMS(install, ...)                                                             \
    DEFINE_GEMM(gemm_q4_0, q32_tile, FORMAT(.nibbles = true, .offset_shift = 3, .most = 15),       \
                SCALE_F16, __VA_ARGS__)                                                            \
    DEFINE_GEMM(gemm_q4_1, q32_tile, FORMAT(.nibbles = true, .has_min = true, .most = 15),         \
                SCALE_F16, __VA_ARGS__)                                                            \
    DEFINE_GEMM(gemm_q5_0, q32_tile,                                                               \
                FORMAT(.nibbles = true, .bits = true, .offset_shift = 4, .most = 31), SCALE_F16,   \
                __VA_ARGS__)                                                                       \
    DEFINE_GEMM(gemm_q5_1, q32_tile,                                                               \
                FORMAT(.nibbles = true, .bits = true, .has_min = true, .most = 31), SCALE_F16,     \
                __VA_ARGS__)                                                                       \
    DEFINE_GEMM(gemm_q8_0, q32_tile, FORMAT(.bytes = true, .offset_shift = 7, .most = 128),        \
                SCALE_F16, __VA_ARGS__)                                                            \
    DEFINE_GEMM(gemm_iq4_nl, q32_tile,                                                             \
                FORMAT(.nibbles = true, .offset_shift = 7, .table = kern_table_iq4, .most = 127),  \
                SCALE_F16, __VA_ARGS__)                                                            \
    DEFINE_GEMM(gemm_mxfp4, q32_tile,                                                              \
                FORMAT(.nibbles = true, .offset_shift = 4, .table = kern_table_e2m1, .most = 12),  \
                SCALE_E8M0, __VA_ARGS__)                                                           \
    void install(struct kern_ops *ops) {                                                           \
        ops->gemm[KERN_Q4_0] = gemm_q4_0;                                                          \
        ops->gemm[KERN_Q4_1] = gemm_q4_1;                                                          \
        ops->gemm[KERN_Q5_0] = gemm_q5_0;                                                          \
        ops->gemm[KERN_Q5_1] = gemm_q5_1;                                                          \
        ops->gemm[KERN_Q8_0] = gemm_q8_0;                                                          \
        ops->gemm[KERN_IQ4_NL] = gemm_iq4_nl;                                                      \
        ops->gemm[KERN_MXFP4] = gemm_mxfp4;                                                        \
    }

#endif
