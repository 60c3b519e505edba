/* 4 floats at the end of an array that may have fewer. */
#ifndef INGLE_ENGINE_KERN_ARM_LANES_NEON_H
#define INGLE_ENGINE_KERN_ARM_LANES_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "base/compiler.h"

/* n >= 1 floats, 4 at most; the lanes that do not exist are 0. */
BASE_ALWAYS_INLINE float32x4_t load_lanes(const float *src, int n) {
    if (n >= 4) return vld1q_f32(src);
    float four[4] = {0};
    memcpy(four, src, (size_t)n * sizeof *src);
    return vld1q_f32(four);
}

BASE_ALWAYS_INLINE void store_lanes(float *dst, float32x4_t v, int n) {
    if (n >= 4) {
        vst1q_f32(dst, v);
        return;
    }
    float four[4];
    vst1q_f32(four, v);
    memcpy(dst, four, (size_t)n * sizeof *dst);
}

#endif
