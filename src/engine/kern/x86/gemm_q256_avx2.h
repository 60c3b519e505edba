/* Products of the 256-element block types with int8 activations: sub-block scales are applied to
 * the integer sums, so that floats appear once per 256. Tiles of 16 rows x up to 4 tokens. For the
 * tiers of 256 bits, whose integer products dot_<tier>.h has. */
#ifndef INGLE_ENGINE_KERN_X86_GEMM_Q256_AVX2_H
#define INGLE_ENGINE_KERN_X86_GEMM_Q256_AVX2_H

#include "engine/kern/x86/planes_avx2.h"

/* The sums of q over the sub-blocks of a tile's first token, and how far apart tokens are. */
struct sub_sums {
    const int16_t *first;
    size_t stride;
};

BASE_ALWAYS_INLINE __m256i two_sums(const struct sub_sums *sums, int t, int pair) {
    int32_t two;
    memcpy(&two, sums->first + (size_t)t * sums->stride + 2 * pair, sizeof two);
    return _mm256_set1_epi32(two);
}

/* total[t][half] = - offset * sum over the sub-blocks of scale * (sum of q): what the codes, which
 * carry the offset, will have too much. */
BASE_ALWAYS_INLINE void start_totals(__m256i total[][2], const uint8_t *scales, struct format f,
                                     const struct sub_sums *sums, int n_tokens) {
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) total[t][0] = total[t][1] = _mm256_setzero_si256();
    if (!f.offset_shift) return;
    for (int pair = 0; pair < f.n_sub / 2; pair++) {
        const uint8_t *src = scales + 2 * pair * GROUP_ROWS;
        __m256i scale[2];
        pair_rows(scale, load_rows(src), load_rows(src + GROUP_ROWS), f.signed_scale);
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) {
            __m256i two = two_sums(sums, t, pair);
            total[t][0] = _mm256_sub_epi32(total[t][0], _mm256_madd_epi16(scale[0], two));
            total[t][1] = _mm256_sub_epi32(total[t][1], _mm256_madd_epi16(scale[1], two));
        }
    }
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) {
        total[t][0] = _mm256_slli_epi32(total[t][0], f.offset_shift);
        total[t][1] = _mm256_slli_epi32(total[t][1], f.offset_shift);
    }
}

/* sum[t][half] -= dmin * d of the token * (sum over the sub-blocks of min * (sum of q)). */
BASE_ALWAYS_INLINE void subtract_mins(__m256 sum[][2], const uint8_t *dmins, const uint8_t *mins,
                                      struct format f, const struct sub_sums *sums, const float *dx,
                                      size_t dx_stride, int n_tokens) {
    __m256i total[TOKENS_PER_TILE][2];
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) total[t][0] = total[t][1] = _mm256_setzero_si256();
    for (int pair = 0; pair < f.n_sub / 2; pair++) {
        const uint8_t *src = mins + pair * 2 * GROUP_ROWS;
        __m256i min[2] = {widen(load_rows(src), false), widen(load_rows(src + GROUP_ROWS), false)};
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) {
            __m256i two = two_sums(sums, t, pair);
            total[t][0] = _mm256_add_epi32(total[t][0], _mm256_madd_epi16(min[0], two));
            total[t][1] = _mm256_add_epi32(total[t][1], _mm256_madd_epi16(min[1], two));
        }
    }
    __m256 dmin[2] = {load_f16(dmins), load_f16(dmins + 16)};
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) {
        __m256 d = _mm256_set1_ps(dx[(size_t)t * dx_stride]);
        BASE_UNROLL
        for (int half = 0; half < 2; half++) {
            sum[t][half] = _mm256_fnmadd_ps(_mm256_mul_ps(dmin[half], d),
                                            _mm256_cvtepi32_ps(total[t][half]), sum[t][half]);
        }
    }
}

/* sum[t][half] += d * d of the token * total */
BASE_ALWAYS_INLINE void add_totals(__m256 sum[][2], __m256i total[][2], const uint8_t *ds,
                                   const float *dx, size_t dx_stride, int n_tokens) {
    __m256 d[2] = {load_f16(ds), load_f16(ds + 16)};
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) {
        __m256 d_token = _mm256_set1_ps(dx[(size_t)t * dx_stride]);
        BASE_UNROLL
        for (int half = 0; half < 2; half++) {
            sum[t][half] = _mm256_fmadd_ps(_mm256_mul_ps(d[half], d_token),
                                           _mm256_cvtepi32_ps(total[t][half]), sum[t][half]);
        }
    }
}

BASE_ALWAYS_INLINE void tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                             const struct kern_acts *x, int t0, int n_tokens, bool many,
                             int n_tiles, struct format f, scaled_dot32_fn scaled_dot32) {
    const size_t d_size = 2 * GROUP_ROWS, dmin_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t scales_size = (size_t)f.n_sub * GROUP_ROWS, scales32_size = scales_size / 8;
    const size_t mins_size = f.has_min ? scales_size : 0;
    const size_t head_size = d_size + dmin_size + scales_size + mins_size;
    const size_t stride = (size_t)x->stride, n_blocks = stride / 256;
    const size_t n_sums = n_blocks * (size_t)f.n_sub;
    const int16_t *all_sums = f.n_sub == 8 ? x->sum32 : x->sum16;
    const struct tables tables = format_tables(f);
    __m256 sum[TILES_AT_ONCE * TOKENS_PER_TILE][2];
    for (int t = 0; t < n_tiles * n_tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();

    for (size_t b = 0; b < (size_t)n_cols / 256; b++) {
        const uint8_t *scales = block + d_size + dmin_size, *planes = block + head_size;
        __m256i total[TILES_AT_ONCE * TOKENS_PER_TILE][2];
        prefetch_ahead(block, head_size);
        for (int i = 0; i < n_tiles; i++) {
            size_t row = (size_t)(t0 + i * n_tokens);
            const struct sub_sums sums = {all_sums + row * n_sums + b * (size_t)f.n_sub, n_sums};
            start_totals(total + i * n_tokens, scales, f, &sums, n_tokens);
        }
        for (int n = 0; n < 8; n++, planes += planes_size(f)) {
            struct ready_codes ready;
            prefetch_ahead(planes, planes_size(f));
            if (many) make_ready(&ready, planes, f, &tables);
            const struct codes c = {planes, many ? &ready : NULL, f, &tables};
            for (int i = 0; i < n_tiles; i++) {
                size_t row = (size_t)(t0 + i * n_tokens);
                const int8_t *q = x->q + row * stride + b * 256 + (size_t)n * 32;
                scaled_dot32(total + i * n_tokens, &c, scales + (size_t)n * scales32_size, q,
                             stride, n_tokens);
            }
        }
        for (int i = 0; i < n_tiles; i++) {
            size_t row = (size_t)(t0 + i * n_tokens);
            const float *dx = x->d + row * n_blocks + b;
            const struct sub_sums sums = {all_sums + row * n_sums + b * (size_t)f.n_sub, n_sums};
            add_totals(sum + i * n_tokens, total + i * n_tokens, block, dx, n_blocks, n_tokens);
            if (!f.has_min) continue;
            subtract_mins(sum + i * n_tokens, block + d_size, scales + scales_size, f, &sums, dx,
                          n_blocks, n_tokens);
        }
        block = planes;
    }
    store_tile(out, ld, sum, n_tiles * n_tokens);
}

/* The matrix products of a tier, and the function that installs them. digits: the tier takes codes
 * of 8 bits as two of 4. */
#define DEFINE_Q256_GEMMS(install, scaled_dot32, in_digits)                                        \
    DEFINE_BLOCK_GEMM(gemm_q2_k, tile,                                                             \
                      FORMAT(.crumbs = true, .n_sub = 16, .has_min = true, .most = 3),             \
                      scaled_dot32)                                                                \
    DEFINE_BLOCK_GEMM(gemm_q3_k, tile,                                                             \
                      FORMAT(.crumbs = true, .bits = true, .n_sub = 16, .signed_scale = true,      \
                             .offset_shift = 2, .most = 7),                                        \
                      scaled_dot32)                                                                \
    DEFINE_BLOCK_GEMM(gemm_q4_k, tile,                                                             \
                      FORMAT(.nibbles = true, .n_sub = 8, .has_min = true, .most = 15),            \
                      scaled_dot32)                                                                \
    DEFINE_BLOCK_GEMM(                                                                             \
        gemm_q5_k, tile,                                                                           \
        FORMAT(.nibbles = true, .bits = true, .n_sub = 8, .has_min = true, .most = 31),            \
        scaled_dot32)                                                                              \
    DEFINE_BLOCK_GEMM(gemm_q6_k, tile,                                                             \
                      FORMAT(.nibbles = true, .crumbs = true, .n_sub = 16, .signed_scale = true,   \
                             .offset_shift = 5, .most = 63),                                       \
                      scaled_dot32)                                                                \
    DEFINE_BLOCK_GEMM(gemm_iq4_xs, tile,                                                           \
                      FORMAT(.nibbles = true, .n_sub = 8, .signed_scale = true, .offset_shift = 7, \
                             .table = kern_table_iq4, .digits = (in_digits), .most = 15),          \
                      scaled_dot32)                                                                \
    void install(struct kern_ops *ops) {                                                           \
        ops->gemm[KERN_Q2_K] = gemm_q2_k;                                                          \
        ops->gemm[KERN_Q3_K] = gemm_q3_k;                                                          \
        ops->gemm[KERN_Q4_K] = gemm_q4_k;                                                          \
        ops->gemm[KERN_Q5_K] = gemm_q5_k;                                                          \
        ops->gemm[KERN_Q6_K] = gemm_q6_k;                                                          \
        ops->gemm[KERN_IQ4_XS] = gemm_iq4_xs;                                                      \
    }

#endif
