/* The frame of every AVX-512 matrix kernel: groups of 32 rows, tiles of up to 6 tokens. */
#ifndef INGLE_ENGINE_KERN_X86_TILES_AVX512_H
#define INGLE_ENGINE_KERN_X86_TILES_AVX512_H

#include <immintrin.h>

#include "base/compiler.h"
#include "engine/kern/ops.h"

#define GROUP_ROWS 32
#define TOKENS_PER_TILE 6 /* 12 accumulators leave room for weights, scales and inputs */

/* 16 half-precision values as floats. */
BASE_ALWAYS_INLINE __m512 load_f16(const uint8_t *src) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)src));
}

BASE_ALWAYS_INLINE void store_tile(float *out, size_t ld, __m512 sum[][2], int n_tokens) {
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) {
        _mm512_storeu_ps(out + (size_t)t * ld, sum[t][0]);
        _mm512_storeu_ps(out + (size_t)t * ld + 16, sum[t][1]);
    }
}

/* Fetches where a tile will be stored, so that its stores do not hold up those of the next tile. */
BASE_ALWAYS_INLINE void prefetch_tile(float *out, size_t ld, int n_tokens) {
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) {
        __builtin_prefetch(out + (size_t)t * ld, 1);
        __builtin_prefetch(out + (size_t)t * ld + 16, 1);
    }
}

/* A KERN_DECL_GEMM function `name` from an inlined
 *   tile(out, ld, group, n_cols, x, t0, n_tokens, ...)
 * instantiated for every number of tokens. The group loop is outside: its weights stay in the
 * cache for all tokens. Further arguments are constants of the instance. */
#define DEFINE_GEMM(name, tile, ...)                                                               \
    static KERN_DECL_GEMM(name) {                                                                  \
        for (int g = g0; g < g1; g++) {                                                            \
            const uint8_t *group = w->data + (size_t)g * w->group_size;                            \
            float *to = out + (size_t)(g - g0) * GROUP_ROWS;                                       \
            int t = t0;                                                                            \
            for (; t + 6 <= t1; t += 6, to += 6 * ld) {                                            \
                tile(to, ld, group, w->n_cols, x, t, 6, ##__VA_ARGS__);                            \
            }                                                                                      \
            switch (t1 - t) {                                                                      \
            case 5:                                                                                \
                tile(to, ld, group, w->n_cols, x, t, 5, ##__VA_ARGS__);                            \
                break;                                                                             \
            case 4:                                                                                \
                tile(to, ld, group, w->n_cols, x, t, 4, ##__VA_ARGS__);                            \
                break;                                                                             \
            case 3:                                                                                \
                tile(to, ld, group, w->n_cols, x, t, 3, ##__VA_ARGS__);                            \
                break;                                                                             \
            case 2:                                                                                \
                tile(to, ld, group, w->n_cols, x, t, 2, ##__VA_ARGS__);                            \
                break;                                                                             \
            case 1:                                                                                \
                tile(to, ld, group, w->n_cols, x, t, 1, ##__VA_ARGS__);                            \
                break;                                                                             \
            default:                                                                               \
                break;                                                                             \
            }                                                                                      \
        }                                                                                          \
    }

#endif
