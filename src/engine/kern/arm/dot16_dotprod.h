/* Products of 4-row registers with sdot: each lane takes 4 k of its row and of one token. */
#ifndef INGLE_ENGINE_KERN_ARM_DOT16_DOTPROD_H
#define INGLE_ENGINE_KERN_ARM_DOT16_DOTPROD_H

#include "engine/kern/arm/shape_neon.h"

/* The instruction wants its lane as a constant: u is one after unrolling. */
BASE_ALWAYS_INLINE int32x4_t dot_lane(int32x4_t acc, int8x16_t w, int8x16_t x, int u) {
    switch (u) {
    case 0:
        return vdotq_laneq_s32(acc, w, x, 0);
    case 1:
        return vdotq_laneq_s32(acc, w, x, 1);
    case 2:
        return vdotq_laneq_s32(acc, w, x, 2);
    default:
        return vdotq_laneq_s32(acc, w, x, 3);
    }
}

BASE_ALWAYS_INLINE void dot16_dotprod(int32x4_t *acc, const uint8_t *planes, int part,
                                      struct format f, uint8x16_t table, const int8_t *q,
                                      size_t stride, int n_tokens) {
    int8x16_t x[TOKENS_PER_TILE];
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) x[t] = vld1q_s8(q + (size_t)t * stride + 16 * part);
#pragma GCC unroll 4
    for (int u = 0; u < 4; u++) {
        int8x16_t top = codes(planes, part, 2 * u, f, table);
        int8x16_t bottom = codes(planes, part, 2 * u + 1, f, table);
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            acc[2 * t] = dot_lane(acc[2 * t], top, x[t], u);
            acc[2 * t + 1] = dot_lane(acc[2 * t + 1], bottom, x[t], u);
        }
    }
}

#endif
