/* Products of codes with int8 in AVX-VNNI: vpdpbusd adds four products to an int32, and nothing
 * saturates. */
#ifndef INGLE_ENGINE_KERN_X86_DOT_AVXVNNI_H
#define INGLE_ENGINE_KERN_X86_DOT_AVXVNNI_H

#include "engine/kern/x86/planes_avx2.h"

/* total[t][half] += codes . q over n_units units from u0. */
BASE_ALWAYS_INLINE void add_units(__m256i total[][2], const struct codes *c, int u0, int n_units,
                                  const int8_t *q, size_t stride, int n_tokens) {
    BASE_UNROLL
    for (int u = u0; u < u0 + n_units; u++) {
        __m256i top = codes_of(c, u, 0, 0), bottom = codes_of(c, u, 1, 0);
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) {
            int32_t four;
            memcpy(&four, q + (size_t)t * stride + 4 * u, sizeof four);
            __m256i x = _mm256_set1_epi32(four);
            total[t][0] = _mm256_dpbusd_avx_epi32(total[t][0], top, x);
            total[t][1] = _mm256_dpbusd_avx_epi32(total[t][1], bottom, x);
        }
    }
}

BASE_ALWAYS_INLINE DECL_DOT32(dot32_avxvnni) {
    add_units(total, c, 0, 8, q, stride, n_tokens);
}

/* 8 scales of rows 8 * half ... as int32. */
BASE_ALWAYS_INLINE __m256i row_scales(const uint8_t *src, int half, bool is_signed) {
    __m128i raw = _mm_loadl_epi64((const __m128i *)(const void *)(src + 8 * half));
    return is_signed ? _mm256_cvtepi8_epi32(raw) : _mm256_cvtepu8_epi32(raw);
}

BASE_ALWAYS_INLINE DECL_SCALED_DOT32(scaled_dot32_avxvnni) {
    const int n_parts = c->f.n_sub / 8, n_units = 8 / n_parts; /* scales: 1 or 2 */
    BASE_UNROLL
    for (int part = 0; part < n_parts; part++, scales += GROUP_ROWS) {
        __m256i acc[TOKENS_PER_TILE][2];
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) acc[t][0] = acc[t][1] = _mm256_setzero_si256();
        add_units(acc, c, part * n_units, n_units, q, stride, n_tokens);
        BASE_UNROLL
        for (int half = 0; half < 2; half++) {
            __m256i scale = row_scales(scales, half, c->f.signed_scale);
            BASE_UNROLL
            for (int t = 0; t < n_tokens; t++) {
                __m256i scaled = _mm256_mullo_epi32(scale, acc[t][half]);
                total[t][half] = _mm256_add_epi32(total[t][half], scaled);
            }
        }
    }
}

#endif
