/* Half-precision numbers as bits: IEEE binary16 (f16) and bfloat16 (bf16). Rounding is to nearest
 * even; subnormals, infinities and NaN are kept. */
#ifndef INGLE_ENGINE_KERN_HALF_H
#define INGLE_ENGINE_KERN_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float f) {
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float float_from_bits(uint32_t u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline float f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    if (exponent == 31) return float_from_bits(sign | 0x7f800000 | mantissa << 13);
    if (exponent != 0) return float_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    float tiny = (float)mantissa * 0x1p-24f;
    return sign ? -tiny : tiny;
}

static inline uint16_t f32_to_f16(float f) {
    uint32_t u = float_bits(f), sign = u >> 16 & 0x8000, rest = u & 0x7fffffff;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x3ff)); /* quiet NaN */
    if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00);                       /* >= 65536 */
    if (rest < 0x38800000) {
        /* Below 2^-14: adding 0.5 leaves the subnormal's bits, rounded, at the bottom. */
        uint32_t bits = float_bits(float_from_bits(rest) + 0.5f) - float_bits(0.5f);
        return (uint16_t)(sign | bits);
    }
    uint32_t odd = rest >> 13 & 1;
    return (uint16_t)(sign | ((rest + 0xfff + odd - (112u << 23)) >> 13));
}

/* f rounded to the 11 significant bits of a half, whatever its exponent. */
static inline float f32_to_f16_bits(float f) {
    uint32_t u = float_bits(f);
    if ((u & 0x7fffffff) > 0x7f800000) return f; /* NaN */
    return float_from_bits((u + 0xfff + (u >> 13 & 1)) & 0xffffe000);
}

static inline float bf16_to_f32(uint16_t h) {
    return float_from_bits((uint32_t)h << 16);
}

static inline uint16_t f32_to_bf16(float f) {
    uint32_t u = float_bits(f);
    if ((u & 0x7fffffff) > 0x7f800000) return (uint16_t)(u >> 16 | 64);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* 2^(e - 128), the scale of an MXFP4 block; subnormal for e below 2. */
static inline float e8m0_half_to_f32(uint8_t e) {
    return float_from_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

#endif
