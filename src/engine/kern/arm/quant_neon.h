/* int8 blocks as act.h defines them: their scale, and 4 values at a time. */
#ifndef INGLE_ENGINE_KERN_ARM_QUANT_NEON_H
#define INGLE_ENGINE_KERN_ARM_QUANT_NEON_H

#include <float.h>
#include <math.h>

#include "engine/kern/act.h"
#include "engine/kern/arm/lanes_neon.h"

/* Scale of a block, and the factor that brings its n values to -127..127 (0: all become 0). */
static inline float block_scale(const float *x, int n, float *factor) {
    float32x4_t top = vdupq_n_f32(0.0f);
    for (int i = 0; i < n; i += 4) top = vmaxq_f32(top, vabsq_f32(load_lanes(x + i, n - i)));
    float amax = vmaxvq_f32(top); /* a NaN stays one on the way */
    *factor = 0.0f;
    if (!(amax <= FLT_MAX)) return NAN;
    if (amax < KERN_ACT_TINY) return 0.0f;
    *factor = 127.0f / amax;
    return amax / 127.0f;
}

/* Round to nearest even (factor * v), within int8 by more than the rounding error: no clamp. */
BASE_ALWAYS_INLINE int16x4_t quantise(float32x4_t v, float factor) {
    float32x4_t scaled = vmulq_n_f32(v, factor);
    if (factor == 0.0f) scaled = vdupq_n_f32(0.0f); /* infinity times 0 is none */
    return vmovn_s32(vcvtnq_s32_f32(scaled));
}

#endif
