/* The frame of every aarch64 matrix kernel: groups of 8 rows, tiles of up to 4 tokens. */
#ifndef INGLE_ENGINE_KERN_ARM_TILES_NEON_H
#define INGLE_ENGINE_KERN_ARM_TILES_NEON_H

#include <arm_neon.h>

#include "base/compiler.h"
#include "engine/kern/ops.h"

#define GROUP_ROWS 8
#define TOKENS_PER_TILE 4 /* 8 accumulators leave room for weights and inputs */
#define PREFETCH_AHEAD 4096

/* 4 half-precision values as floats. */
BASE_ALWAYS_INLINE float32x4_t load_f16(const uint8_t *src) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(src)));
}

BASE_ALWAYS_INLINE void prefetch_ahead(const uint8_t *from, size_t size) {
    for (size_t at = 0; at < size; at += 64) __builtin_prefetch(from + PREFETCH_AHEAD + at);
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
            switch (t1 - t) {                                                                      \
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
