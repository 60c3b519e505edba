/* Products of the 32-element block types with int8 activations: one scale a block on either side,
 * integers within. Tiles of 16 rows x up to 4 tokens. For the tiers of 256 bits, whose integer
 * products dot_<tier>.h has. */
#ifndef INGLE_ENGINE_KERN_X86_GEMM_Q32_AVX2_H
#define INGLE_ENGINE_KERN_X86_GEMM_Q32_AVX2_H

#include "engine/kern/x86/planes_avx2.h"

enum scale_kind { SCALE_F16, SCALE_E8M0 };

/* 8 scales of rows 8 * half ... */
BASE_ALWAYS_INLINE __m256 load_scale(const uint8_t *src, int half, enum scale_kind kind) {
    if (kind == SCALE_F16) return load_f16(src + half * 16);
    /* 2^(e - 128): exponent field e - 1, but for e = 0 and 1 a subnormal with one bit set. */
    __m256i e =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(src + half * 8)));
    __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    __m256i tiny = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    __m256i is_tiny = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, tiny, is_tiny));
}

/* A tile's view of one block of 32 activations. */
struct inputs32 {
    const int8_t *q;
    size_t stride;
    const float *d;
    const int32_t *nsum;
    size_t n_scales; /* between tokens */
};

/* sum[t][half] += scale * d * (codes - offset) . q [+ min * d * (sum of q)] */
BASE_ALWAYS_INLINE void add_block(__m256 sum[][2], const struct codes *c, const __m256 scale[2],
                                  const __m256 min[2], const struct inputs32 *x, int n_tokens,
                                  dot32_fn dot32) {
    __m256i total[TOKENS_PER_TILE][2];
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) {
        __m256i start = _mm256_setzero_si256();
        if (c->f.offset_shift) {
            start = _mm256_set1_epi32(x->nsum[(size_t)t * x->n_scales]);
            start = _mm256_slli_epi32(start, c->f.offset_shift);
        }
        total[t][0] = total[t][1] = start;
    }
    dot32(total, c, x->q, x->stride, n_tokens);
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) {
        size_t at = (size_t)t * x->n_scales;
        __m256 dx = _mm256_set1_ps(x->d[at]);
        BASE_UNROLL
        for (int half = 0; half < 2; half++) {
            sum[t][half] = _mm256_fmadd_ps(_mm256_mul_ps(scale[half], dx),
                                           _mm256_cvtepi32_ps(total[t][half]), sum[t][half]);
            if (c->f.has_min) {
                __m256 whole = _mm256_mul_ps(dx, _mm256_set1_ps((float)x->nsum[at]));
                sum[t][half] = _mm256_fnmadd_ps(min[half], whole, sum[t][half]);
            }
        }
    }
}

BASE_ALWAYS_INLINE void tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                             const struct kern_acts *acts, int t0, int n_tokens, bool many,
                             int n_tiles, struct format f, enum scale_kind kind, dot32_fn dot32) {
    const size_t scale_size = kind == SCALE_F16 ? 2 * GROUP_ROWS : GROUP_ROWS;
    const size_t min_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t block_size = scale_size + min_size + planes_size(f);
    const size_t stride = (size_t)acts->stride, n_scales = stride / 32;
    const struct tables tables = format_tables(f);
    __m256 sum[TILES_AT_ONCE * TOKENS_PER_TILE][2];
    for (int t = 0; t < n_tiles * n_tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();

    for (int b = 0; b < n_cols / 32; b++, block += block_size) {
        const uint8_t *planes = block + scale_size + min_size;
        struct ready_codes ready;
        prefetch_ahead(block, block_size);
        if (many) make_ready(&ready, planes, f, &tables);
        const struct codes c = {planes, many ? &ready : NULL, f, &tables};
        __m256 scale[2] = {load_scale(block, 0, kind), load_scale(block, 1, kind)};
        __m256 min[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        if (f.has_min) {
            min[0] = load_f16(block + scale_size);
            min[1] = load_f16(block + scale_size + 16);
        }
        for (int i = 0; i < n_tiles; i++) {
            size_t row = (size_t)(t0 + i * n_tokens), at = row * n_scales + (size_t)b;
            const struct inputs32 x = {acts->q + row * stride + (size_t)b * 32, stride,
                                       acts->d + at, acts->nsum + at, n_scales};
            add_block(sum + i * n_tokens, &c, scale, min, &x, n_tokens, dot32);
        }
    }
    store_tile(out, ld, sum, n_tiles * n_tokens);
}

/* The matrix products of a tier, and the function that installs them. digits: the tier takes codes
 * of 8 bits as two of 4. */
#define DEFINE_Q32_GEMMS(install, dot32, in_digits)                                                \
    DEFINE_BLOCK_GEMM(gemm_q4_0, tile, FORMAT(.nibbles = true, .offset_shift = 3, .most = 15),     \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(gemm_q4_1, tile, FORMAT(.nibbles = true, .has_min = true, .most = 15),       \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(gemm_q5_0, tile,                                                             \
                      FORMAT(.nibbles = true, .bits = true, .offset_shift = 4, .most = 31),        \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(gemm_q5_1, tile,                                                             \
                      FORMAT(.nibbles = true, .bits = true, .has_min = true, .most = 31),          \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(gemm_q8_0, tile,                                                             \
                      FORMAT(.bytes = true, .offset_shift = 7, .digits = (in_digits), .most = 15), \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(gemm_iq4_nl, tile,                                                           \
                      FORMAT(.nibbles = true, .offset_shift = 7, .table = kern_table_iq4,          \
                             .digits = (in_digits), .most = 15),                                   \
                      SCALE_F16, dot32)                                                            \
    DEFINE_BLOCK_GEMM(                                                                             \
        gemm_mxfp4, tile,                                                                          \
        FORMAT(.nibbles = true, .offset_shift = 4, .table = kern_table_e2m1, .most = 28),          \
        SCALE_E8M0, dot32)                                                                         \
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
