#include "engine/kern/quant.h"

#include <float.h>
#include <string.h>

#include "engine/kern/block.h"
#include "engine/kern/fit.h"
#include "engine/kern/half.h"
#include "engine/kern/quant_super.h"

static void put_u16(uint8_t *dst, uint16_t v) {
    dst[0] = (uint8_t)v;
    dst[1] = (uint8_t)(v >> 8);
}

/* Levels of 32 elements as nibbles, the first 16 low, the second high. */
static void put_nibbles(uint8_t *qs, const uint8_t *level) {
    for (int i = 0; i < 16; i++) qs[i] = (uint8_t)((level[i] & 15) | (level[16 + i] & 15) << 4);
}

/* Bit 4 of 32 levels. */
static void put_high_bits(uint8_t *qh, const uint8_t *level) {
    memset(qh, 0, 4);
    for (int i = 0; i < 32; i++) qh[i / 8] = (uint8_t)(qh[i / 8] | (level[i] >> 4 & 1) << i % 8);
}

/* x about d * (level - half): d puts the extreme value on level 0, so that the range is used
 * whole on the side where it matters. Fractions are cut after adding one half. */
static void quant_signed(const float *x, int half, uint8_t *dst) {
    float d = fit_extreme(x, 32) / -(float)half, inverse = d != 0.0f ? 1.0f / d : 0.0f;
    uint8_t level[32];
    for (int i = 0; i < 32; i++) {
        float shifted = x[i] * inverse + ((float)half + 0.5f);
        level[i] = (uint8_t)fminf((float)(2 * half - 1), fmaxf(0.0f, shifted));
    }
    put_u16(dst, f32_to_f16(d));
    if (half == 16) put_high_bits(dst + 2, level);
    put_nibbles(dst + (half == 16 ? 6 : 2), level);
}

/* x about d * level + min */
static void quant_affine(const float *x, int n_max, uint8_t *dst) {
    float min = x[0], max = x[0];
    for (int i = 1; i < 32; i++) {
        if (x[i] < min) min = x[i];
        if (x[i] > max) max = x[i];
    }
    float d = (max - min) / (float)n_max, inverse = d != 0.0f ? 1.0f / d : 0.0f;
    uint8_t level[32];
    for (int i = 0; i < 32; i++) {
        level[i] = (uint8_t)fminf((float)n_max, fmaxf(0.0f, (x[i] - min) * inverse + 0.5f));
    }
    put_u16(dst, f32_to_f16(d));
    put_u16(dst + 2, f32_to_f16(min));
    if (n_max == 31) put_high_bits(dst + 4, level);
    put_nibbles(dst + (n_max == 31 ? 8 : 4), level);
}

static void quant_q8_0(const float *x, uint8_t *dst) {
    float d = fabsf(fit_extreme(x, 32)) / 127.0f, inverse = d != 0.0f ? 1.0f / d : 0.0f;
    put_u16(dst, f32_to_f16(d));
    for (int i = 0; i < 32; i++) {
        /* Halves away from zero here, unlike everywhere else. */
        float q = fminf(127.0f, fmaxf(-127.0f, roundf(x[i] * inverse)));
        dst[2 + i] = (uint8_t)(int8_t)q;
    }
}

static void quant_iq4_nl(const float *x, uint8_t *dst) {
    float d = kern_fit_iq4(x), inverse = d != 0.0f ? 1.0f / d : 0.0f;
    uint8_t level[32];
    for (int i = 0; i < 32; i++) level[i] = (uint8_t)kern_fit_iq4_index(inverse * x[i]);
    put_u16(dst, f32_to_f16(d));
    put_nibbles(dst + 2, level);
}

/* The largest E2M1 value is 6, just below 2^3: the block's power of two leaves the extreme value
 * an exponent of 2. */
static void quant_mxfp4(const float *x, uint8_t *dst) {
    float extreme = fminf(fabsf(fit_extreme(x, 32)), FLT_MAX);
    int exponent = extreme > 0.0f ? ilogbf(extreme) - 2 + 127 : 0;
    uint8_t e = (uint8_t)(exponent < 0 ? 0 : exponent > 254 ? 254 : exponent), level[32];
    float d = e8m0_half_to_f32(e);
    for (int i = 0; i < 32; i++) {
        float least = INFINITY;
        level[i] = 0;
        for (int k = 0; k < 16; k++) {
            float error = fabsf((float)(kern_table_e2m1[k] - 16) * d - x[i]);
            if (error < least) {
                least = error;
                level[i] = (uint8_t)k;
            }
        }
    }
    dst[0] = e;
    put_nibbles(dst + 1, level);
}

static void quant_block(enum kern_type type, const float *x, uint8_t *dst) {
    switch (type) {
    case KERN_F32:
        memcpy(dst, x, sizeof *x);
        break;
    case KERN_F16:
        put_u16(dst, f32_to_f16(*x));
        break;
    case KERN_BF16:
        put_u16(dst, f32_to_bf16(*x));
        break;
    case KERN_Q4_0:
        quant_signed(x, 8, dst);
        break;
    case KERN_Q5_0:
        quant_signed(x, 16, dst);
        break;
    case KERN_Q4_1:
        quant_affine(x, 15, dst);
        break;
    case KERN_Q5_1:
        quant_affine(x, 31, dst);
        break;
    case KERN_Q8_0:
        quant_q8_0(x, dst);
        break;
    case KERN_IQ4_NL:
        quant_iq4_nl(x, dst);
        break;
    case KERN_MXFP4:
        quant_mxfp4(x, dst);
        break;
    default:
        kern_quant_super(type, x, dst);
        break;
    }
}

void kern_quant_row(enum kern_type type, const float *src, void *dst, int64_t n) {
    const struct kern_type_info *info = kern_type_info(type);
    uint8_t *to = dst;
    for (int64_t i = 0; i < n; i += info->block_elems, to += info->block_bytes) {
        quant_block(type, src + i, to);
    }
}
