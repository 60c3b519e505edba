/* exp of 4 floats, to about 1 ulp on the whole range: 2^n times a polynomial on [-ln2/2, ln2/2]. */
#ifndef INGLE_ENGINE_KERN_ARM_EXP_NEON_H
#define INGLE_ENGINE_KERN_ARM_EXP_NEON_H

#include <arm_neon.h>

#include "base/compiler.h"

/* 2^n, n in the exponents of normal floats. */
BASE_ALWAYS_INLINE float32x4_t power_of_2(int32x4_t n) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

BASE_ALWAYS_INLINE float32x4_t exp_neon(float32x4_t x) {
    /* Beyond these exp is 0 or infinite in float. A NaN stays one. */
    x = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-110.0f)), vdupq_n_f32(100.0f));
    float32x4_t n = vrndnq_f32(vmulq_f32(x, vdupq_n_f32(1.44269504f)));
    /* ln 2 in two parts: the first has few enough bits that n times it is exact. */
    float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693359375f));
    r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
    /* Taylor coefficients 1/7! ... 1: at |r| <= 0.347 the rest is below 1e-8. */
    float32x4_t p = vdupq_n_f32(1.0f / 5040.0f);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 720.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 120.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 24.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 6.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(0.5f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f), p, r);
    /* n reaches past the exponents of normal floats, its halves do not. */
    int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1);
    return vmulq_f32(vmulq_f32(p, power_of_2(half)), power_of_2(vsubq_s32(whole, half)));
}

#endif
