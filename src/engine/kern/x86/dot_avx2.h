/* Products of codes with int8 in AVX2. vpmaddubsw adds two products in int16 and saturates. So
 * codes enter unsigned (offsets are taken off later), the sums of several units stay in int16 only
 * as long as the largest code allows, and codes of 8 bits are taken as two digits of 4. */
#ifndef INGLE_ENGINE_KERN_X86_DOT_AVX2_H
#define INGLE_ENGINE_KERN_X86_DOT_AVX2_H

#include "engine/kern/x86/planes_avx2.h"

/* Keeps a compiler from putting additions off, and so from keeping all products till then: gcc has
 * no registers for that, and loses a third of its speed storing them. */
#define COMPUTE_NOW(vector) __asm__("" : "+x"(vector))

/* What was loaded through the pointer is to be loaded again: cheaper than keeping it. */
#define FORGET_LOADED(pointer) __asm__("" : "+r"(pointer))

/* Units whose products fit one int16 sum: two products each, of a code and at most 127. */
BASE_ALWAYS_INLINE int units_per_run(struct format f) {
    const int fit = INT16_MAX / (2 * 127 * f.most);
    if (fit >= 8 && f.n_sub < 16) return 8; /* a scale's elements */
    return fit >= 4 ? 4 : 2;
}

/* acc[t][j] = int16 sums of codes . q over n_units units from u0, j being the half, or with digits
 * the digit of the half given. q points at the 32 elements of the tile's first token. */
BASE_ALWAYS_INLINE void sum_units(__m256i acc[][2], const struct codes *c, int u0, int n_units,
                                  int half, const int8_t *q, size_t stride, int n_tokens) {
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) acc[t][0] = acc[t][1] = _mm256_setzero_si256();
    BASE_UNROLL
    for (int i = 0; i < n_units; i++) {
        const int u = u0 + i;
        __m256i code[2];
        code[0] = codes_of(c, u, half, 0);
        code[1] = c->f.digits ? codes_of(c, u, half, 1) : codes_of(c, u, 1, 0);
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) {
            int32_t four;
            memcpy(&four, q + (size_t)t * stride + 4 * u, sizeof four);
            __m256i x = _mm256_set1_epi32(four);
            BASE_UNROLL
            for (int j = 0; j < 2; j++) {
                __m256i sum = _mm256_add_epi16(acc[t][j], _mm256_maddubs_epi16(code[j], x));
                COMPUTE_NOW(sum);
                acc[t][j] = sum;
            }
        }
    }
}

/* total[t][half] += scale[half] * (codes . q) over n_units units from u0; the scale of a row as two
 * int16 side by side. */
BASE_ALWAYS_INLINE void scaled_dot(__m256i total[][2], const struct codes *c, int u0, int n_units,
                                   const __m256i scale[2], const int8_t *q, size_t stride,
                                   int n_tokens) {
    const bool digits = c->f.digits;
    const int run = units_per_run(c->f), passes = digits ? 2 : 1;
    BASE_UNROLL
    for (int i = 0; i < n_units / run; i++) {
        BASE_UNROLL for (int half = 0; half < passes; half++) {
            __m256i acc[TOKENS_PER_TILE][2];
            if (digits) FORGET_LOADED(q);
            sum_units(acc, c, u0 + i * run, run, half, q, stride, n_tokens);
            __m256i by[2] = {scale[half], digits ? _mm256_slli_epi16(scale[half], 4) : scale[1]};
            BASE_UNROLL
            for (int t = 0; t < n_tokens; t++) {
                __m256i first = _mm256_madd_epi16(acc[t][0], by[0]);
                __m256i second = _mm256_madd_epi16(acc[t][1], by[1]);
                if (digits) {
                    first = _mm256_add_epi32(first, second);
                } else {
                    total[t][1] = _mm256_add_epi32(total[t][1], second);
                }
                total[t][half] = _mm256_add_epi32(total[t][half], first);
            }
        }
    }
}

BASE_ALWAYS_INLINE DECL_DOT32(dot32_avx2) {
    const __m256i ones[2] = {_mm256_set1_epi16(1), _mm256_set1_epi16(1)};
    scaled_dot(total, c, 0, 8, ones, q, stride, n_tokens);
}

BASE_ALWAYS_INLINE DECL_SCALED_DOT32(scaled_dot32_avx2) {
    const int n_parts = c->f.n_sub / 8, n_units = 8 / n_parts; /* scales: 1 or 2 */
    BASE_UNROLL
    for (int part = 0; part < n_parts; part++) {
        __m128i raw = load_rows(scales + part * GROUP_ROWS);
        __m256i scale[2];
        pair_rows(scale, raw, raw, c->f.signed_scale);
        scaled_dot(total, c, part * n_units, n_units, scale, q, stride, n_tokens);
    }
}

#endif
