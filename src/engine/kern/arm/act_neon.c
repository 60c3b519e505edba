/* Bringing activations into the forms that the matrix kernels read. */
#include <string.h>

#include "engine/kern/arm/bf16_neon.h"
#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/arm/quant_neon.h"

static KERN_DECL_ACT(act_f32) {
    memcpy(a->x + (size_t)t * (size_t)a->stride, x, (size_t)a->n_cols * sizeof *x);
}

/* 11 significant bits, to nearest even; a NaN stays as it is. */
static inline float32x4_t round_to_f16_bits(float32x4_t v) {
    uint32x4_t bits = vreinterpretq_u32_f32(v);
    uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 13), vdupq_n_u32(1));
    uint32x4_t sum = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0xfff)));
    uint32x4_t kept = vandq_u32(sum, vdupq_n_u32(0xffffe000));
    return vreinterpretq_f32_u32(vbslq_u32(vceqq_f32(v, v), kept, bits));
}

static KERN_DECL_ACT(act_f16) {
    float *to = a->x + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i += 4) {
        /* Past n_cols this writes the zeros of the padding. */
        vst1q_f32(to + i, round_to_f16_bits(load_lanes(x + i, a->n_cols - i)));
    }
}

static KERN_DECL_ACT(act_bf16) {
    uint16_t *h = a->h + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i += 4) {
        /* Past n_cols this writes the zeros of the padding. */
        vst1_u16(h + i, to_bf16(load_lanes(x + i, a->n_cols - i)));
    }
}

/* 16 values of a block to int8. Returns their sum. */
static inline int quantise16(int8_t *q, const float *x, float factor) {
    int16x4_t part[4];
    for (int j = 0; j < 4; j++) part[j] = quantise(vld1q_f32(x + 4 * j), factor);
    int8x16_t all = vcombine_s8(vmovn_s16(vcombine_s16(part[0], part[1])),
                                vmovn_s16(vcombine_s16(part[2], part[3])));
    vst1q_s8(q, all);
    return vaddlvq_s8(all);
}

static KERN_DECL_ACT(act_q8_32) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 32);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 32; b++, x += 32, q += 32) {
        float factor;
        d[b] = block_scale(x, 32, &factor);
        nsum[b] = -(quantise16(q, x, factor) + quantise16(q + 16, x + 16, factor));
    }
}

static KERN_DECL_ACT(act_q8_256) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 256);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 16);
    int16_t *s16 = a->sum16 + (size_t)t * (stride / 16);
    int16_t *s32 = a->sum32 + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 256; b++, x += 256) {
        float factor;
        d[b] = block_scale(x, 256, &factor);
        for (int i = 0; i < 16; i++, q += 16) {
            int sum = quantise16(q, x + 16 * i, factor);
            nsum[16 * b + i] = -sum;
            s16[16 * b + i] = (int16_t)sum;
            if (i % 2) s32[8 * b + i / 2] = (int16_t)(s16[16 * b + i - 1] + sum);
        }
    }
}

void kern_act_neon(struct kern_ops *ops) {
    ops->act[KERN_ACT_F32] = act_f32;
    ops->act[KERN_ACT_F16] = act_f16;
    ops->act[KERN_ACT_BF16] = act_bf16;
    ops->act[KERN_ACT_Q8_32] = act_q8_32;
    ops->act[KERN_ACT_Q8_256] = act_q8_256;
}
