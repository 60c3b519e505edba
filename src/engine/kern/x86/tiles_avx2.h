/* The frame of every AVX2 matrix kernel: groups of 16 rows, tiles of up to 4 tokens. */
#ifndef INGLE_ENGINE_KERN_X86_TILES_AVX2_H
#define INGLE_ENGINE_KERN_X86_TILES_AVX2_H

#include <immintrin.h>

#include "base/compiler.h"
#include "engine/kern/ops.h"

#define GROUP_ROWS 16
#define TOKENS_PER_TILE 4 /* 8 accumulators leave room for weights, products and inputs */
#define PREFETCH_AHEAD 4096

/* 8 half-precision values as floats. */
BASE_ALWAYS_INLINE __m256 load_f16(const uint8_t *src) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)src));
}

BASE_ALWAYS_INLINE __m256i load_bytes(const uint8_t *src) {
    return _mm256_loadu_si256((const __m256i *)(const void *)src);
}

BASE_ALWAYS_INLINE void prefetch_ahead(const uint8_t *from, size_t size) {
    for (size_t at = 0; at < size; at += 64) {
        _mm_prefetch((const char *)from + PREFETCH_AHEAD + at, _MM_HINT_T0);
    }
}

BASE_ALWAYS_INLINE void store_tile(float *out, size_t ld, __m256 sum[][2], int n_tokens) {
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) {
        _mm256_storeu_ps(out + (size_t)t * ld, sum[t][0]);
        _mm256_storeu_ps(out + (size_t)t * ld + 8, sum[t][1]);
    }
}

/* The last tokens of a group, fewer than 4, each number an instance of its own. */
#define GEMM_REST(tile, ...)                                                                       \
    switch (t1 - t) {                                                                              \
    case 3:                                                                                        \
        tile(to, ld, group, w->n_cols, x, t, 3, ##__VA_ARGS__);                                    \
        break;                                                                                     \
    case 2:                                                                                        \
        tile(to, ld, group, w->n_cols, x, t, 2, ##__VA_ARGS__);                                    \
        break;                                                                                     \
    case 1:                                                                                        \
        tile(to, ld, group, w->n_cols, x, t, 1, ##__VA_ARGS__);                                    \
        break;                                                                                     \
    default:                                                                                       \
        break;                                                                                     \
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
            for (; t + 4 <= t1; t += 4, to += 4 * ld) {                                            \
                tile(to, ld, group, w->n_cols, x, t, 4, ##__VA_ARGS__);                            \
            }                                                                                      \
            GEMM_REST(tile, ##__VA_ARGS__)                                                         \
        }                                                                                          \
    }

/* The same from a tile(..., n_tokens, many, n_tiles, ...) that takes n_tiles times n_tokens tokens:
 * many where there are 8 or more, so that weights are taken apart once for up to 16. */
#define TILES_AT_ONCE 4
#define DEFINE_BLOCK_GEMM(name, tile, ...)                                                         \
    BASE_ALWAYS_INLINE void name##_tile(float *out, size_t ld, const uint8_t *group, int n_cols,   \
                                        const struct kern_acts *x, int t0, int n_tokens) {         \
        tile(out, ld, group, n_cols, x, t0, n_tokens, false, 1, ##__VA_ARGS__);                    \
    }                                                                                              \
    static KERN_DECL_GEMM(name) {                                                                  \
        for (int g = g0; g < g1; g++) {                                                            \
            const uint8_t *group = w->data + (size_t)g * w->group_size;                            \
            float *to = out + (size_t)(g - g0) * GROUP_ROWS;                                       \
            int t = t0;                                                                            \
            while (t + 8 <= t1) {                                                                  \
                int n_tiles = (t1 - t) / 4;                                                        \
                if (n_tiles > TILES_AT_ONCE) n_tiles = TILES_AT_ONCE;                              \
                tile(to, ld, group, w->n_cols, x, t, 4, true, n_tiles, ##__VA_ARGS__);             \
                t += 4 * n_tiles;                                                                  \
                to += (size_t)(4 * n_tiles) * ld;                                                  \
            }                                                                                      \
            if (t + 4 <= t1) {                                                                     \
                name##_tile(to, ld, group, w->n_cols, x, t, 4);                                    \
                t += 4;                                                                            \
                to += 4 * ld;                                                                      \
            }                                                                                      \
            GEMM_REST(name##_tile)                                                                 \
        }                                                                                          \
    }

#endif
