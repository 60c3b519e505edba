/* float to bf16 without an instruction for it. */
#ifndef INGLE_ENGINE_KERN_ARM_BF16_NEON_H
#define INGLE_ENGINE_KERN_ARM_BF16_NEON_H

#include <arm_neon.h>

#include "base/compiler.h"

/* Round to nearest even; a NaN stays one (quiet). */
BASE_ALWAYS_INLINE uint16x4_t to_bf16(float32x4_t v) {
    uint32x4_t bits = vreinterpretq_u32_f32(v);
    uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
    uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x00400000));
    return vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), rounded, quiet), 16);
}

#endif
