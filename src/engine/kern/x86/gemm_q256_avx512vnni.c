/* Products of the 256-element block types with int8 activations: sub-block scales are applied to
 * the integer sums, so that floats appear once per 256. Tiles of 32 rows x up to 6 tokens. */
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/planes_avx512.h"

/* Left alone, gcc puts the additions of several sub-blocks off, and runs out of registers. */
#define COMPUTE_NOW(vector) __asm__("" : "+v"(vector))

/* Scales of sub-block s as int32. */
BASE_ALWAYS_INLINE __m512i sub_scale(const uint8_t *scales, int s, int half, struct format f) {
    __m128i raw = _mm_loadu_si128((const __m128i *)(const void *)(scales + s * GROUP_ROWS) + half);
    return f.signed_scale ? _mm512_cvtepi8_epi32(raw) : _mm512_cvtepu8_epi32(raw);
}

/* total[t][half] += sum over the sub-blocks of 32 elements (number i of the block) of
 * scale * (codes - offset) . q */
BASE_ALWAYS_INLINE void scaled_dot32(__m512i total[][2], const uint8_t *planes,
                                     const uint8_t *scales, int i, struct format f, __m512i table,
                                     const int8_t *q, size_t stride, const int32_t *nsum,
                                     size_t n_sums, int n_tokens) {
    const int parts = f.n_sub / 8; /* scales per 32 elements: 1 or 2 */
#pragma GCC unroll 2
    for (int part = 0; part < parts; part++) {
        __m512i acc[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            __m512i start = _mm512_setzero_si512();
            if (f.offset_shift) {
                const int32_t *ns = nsum + (size_t)t * n_sums + 2 * i;
                start = _mm512_set1_epi32(parts == 2 ? ns[part] : ns[0] + ns[1]);
                start = _mm512_slli_epi32(start, (unsigned)f.offset_shift);
            }
            acc[t][0] = acc[t][1] = start;
        }
        if (parts == 1) {
            dot16(acc, planes, 0, f, table, q + 32 * i, stride, n_tokens);
            dot16(acc, planes, 1, f, table, q + 32 * i, stride, n_tokens);
        } else {
            dot16(acc, planes, part, f, table, q + 32 * i, stride, n_tokens);
        }
        __m512i scale[2] = {sub_scale(scales, i * parts + part, 0, f),
                            sub_scale(scales, i * parts + part, 1, f)};
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
                __m512i scaled = _mm512_mullo_epi32(scale[half], acc[t][half]);
                total[t][half] = _mm512_add_epi32(total[t][half], scaled);
                COMPUTE_NOW(total[t][half]);
            }
        }
    }
}

/* total[t][half] = sum over the sub-blocks of min * (sum of q): pairs of them as int16 products. */
BASE_ALWAYS_INLINE void min_dots(__m512i total[][2], const uint8_t *mins, const int16_t *sums,
                                 size_t n_sums, int n_tokens, struct format f) {
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) total[t][0] = total[t][1] = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int pair = 0; pair < f.n_sub / 2; pair++, mins += 2 * GROUP_ROWS) {
        const __m256i *src = (const __m256i *)(const void *)mins;
        __m512i min[2] = {_mm512_cvtepu8_epi16(_mm256_loadu_si256(src)),
                          _mm512_cvtepu8_epi16(_mm256_loadu_si256(src + 1))};
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            int32_t two;
            memcpy(&two, sums + (size_t)t * n_sums + 2 * pair, sizeof two);
            total[t][0] = _mm512_dpwssd_epi32(total[t][0], min[0], _mm512_set1_epi32(two));
            total[t][1] = _mm512_dpwssd_epi32(total[t][1], min[1], _mm512_set1_epi32(two));
        }
    }
}

/* sum[t][half] += sign * d * dx[t] * total[t][half], the halves' d at src. */
BASE_ALWAYS_INLINE void add_scaled(__m512 sum[][2], __m512i total[][2], const uint8_t *src,
                                   const float *dx, size_t n_dx, int n_tokens, bool negative) {
    __m512 d[2] = {load_f16(src), load_f16(src + 32)};
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) {
        __m512 scale = _mm512_set1_ps(dx[(size_t)t * n_dx]);
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            __m512 scaled = _mm512_mul_ps(d[half], _mm512_cvtepi32_ps(total[t][half]));
            sum[t][half] = negative ? _mm512_fnmadd_ps(scaled, scale, sum[t][half])
                                    : _mm512_fmadd_ps(scaled, scale, sum[t][half]);
        }
    }
}

BASE_ALWAYS_INLINE void tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                             const struct kern_acts *x, int t0, int n_tokens, struct format f) {
    const size_t d_size = 2 * GROUP_ROWS, dmin_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t scales_size = (size_t)f.n_sub * GROUP_ROWS;
    const size_t mins_size = f.has_min ? scales_size : 0;
    const size_t head_size = d_size + dmin_size + scales_size + mins_size;
    const size_t stride = (size_t)x->stride;
    const __m512i table = format_table(f);
    __m512 sum[TOKENS_PER_TILE][2];
    prefetch_tile(out, ld, n_tokens);
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm512_setzero_ps();

    for (int b = 0; b < n_cols / 256; b++) {
        const uint8_t *scales = block + d_size + dmin_size;
        const uint8_t *mins = scales + scales_size;
        const uint8_t *planes = block + head_size;
        const int8_t *q = x->q + (size_t)t0 * stride + (size_t)b * 256;
        const int32_t *nsum = x->nsum + (size_t)t0 * (stride / 16) + (size_t)b * 16;
        __m512i total[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) total[t][0] = total[t][1] = _mm512_setzero_si512();
        for (int i = 0; i < 8; i++, planes += planes_size(f)) {
            for (int ahead = 0; ahead < (int)planes_size(f); ahead += 64) {
                _mm_prefetch((const char *)planes + 4608 + ahead, _MM_HINT_T0);
            }
            scaled_dot32(total, planes, scales, i, f, table, q, stride, nsum, stride / 16,
                         n_tokens);
        }
        const float *dx = x->d + (size_t)t0 * (stride / 256) + b;
        add_scaled(sum, total, block, dx, stride / 256, n_tokens, false);
        if (f.has_min) {
            const size_t n_sums = stride * (size_t)f.n_sub / 256;
            const int16_t *sums = f.n_sub == 8 ? x->sum32 : x->sum16;
            sums += (size_t)t0 * n_sums + (size_t)(b * f.n_sub);
            min_dots(total, mins, sums, n_sums, n_tokens, f);
            add_scaled(sum, total, block + d_size, dx, stride / 256, n_tokens, true);
        }
        block = planes;
    }
    store_tile(out, ld, sum, n_tokens);
}

#define FORMAT(...) ((const struct format){__VA_ARGS__})

DEFINE_GEMM(gemm_q2_k, tile, FORMAT(.crumbs = true, .n_sub = 16, .has_min = true))
DEFINE_GEMM(gemm_q3_k, tile,
            FORMAT(.crumbs = true, .bits = true, .n_sub = 16, .signed_scale = true,
                   .offset_shift = 2))
DEFINE_GEMM(gemm_q4_k, tile, FORMAT(.nibbles = true, .n_sub = 8, .has_min = true))
DEFINE_GEMM(gemm_q5_k, tile, FORMAT(.nibbles = true, .bits = true, .n_sub = 8, .has_min = true))
DEFINE_GEMM(gemm_q6_k, tile,
            FORMAT(.nibbles = true, .crumbs = true, .n_sub = 16, .signed_scale = true,
                   .offset_shift = 5))
DEFINE_GEMM(gemm_iq4_xs, tile,
            FORMAT(.nibbles = true, .n_sub = 8, .signed_scale = true, .offset_shift = 7,
                   .table = kern_table_iq4))

void kern_gemm_q256_avx512vnni(struct kern_ops *ops) {
    ops->gemm[KERN_Q2_K] = gemm_q2_k;
    ops->gemm[KERN_Q3_K] = gemm_q3_k;
    ops->gemm[KERN_Q4_K] = gemm_q4_k;
    ops->gemm[KERN_Q5_K] = gemm_q5_k;
    ops->gemm[KERN_Q6_K] = gemm_q6_k;
    ops->gemm[KERN_IQ4_XS] = gemm_iq4_xs;
}
