#include "support/blocks.h"

#include <math.h>
#include <string.h>

const enum kern_type blocks_all[16] = {
    KERN_F32,  KERN_F16,  KERN_BF16, KERN_Q4_0, KERN_Q4_1, KERN_Q5_0,   KERN_Q5_1,   KERN_Q8_0,
    KERN_Q2_K, KERN_Q3_K, KERN_Q4_K, KERN_Q5_K, KERN_Q6_K, KERN_IQ4_NL, KERN_IQ4_XS, KERN_MXFP4};

const enum kern_type blocks_coded[13] = {KERN_Q4_0,   KERN_Q4_1,   KERN_Q5_0, KERN_Q5_1, KERN_Q8_0,
                                         KERN_Q2_K,   KERN_Q3_K,   KERN_Q4_K, KERN_Q5_K, KERN_Q6_K,
                                         KERN_IQ4_NL, KERN_IQ4_XS, KERN_MXFP4};

static const int iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                            1,    13,   25,  38,  53,  69,  89,  113};
static const int e2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

double blocks_f16(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31) return fraction ? (double)NAN : sign * (double)INFINITY;
    if (exponent == 0) return sign * ldexp(fraction, -24);
    return sign * ldexp(1024 + fraction, exponent - 25);
}

static double f16_at(const uint8_t *p) {
    return blocks_f16((uint16_t)(p[0] + 256 * p[1]));
}

/* What an element is made of: a * w + b. */
struct parts {
    double a, w, b;
};

static int half_of(const uint8_t *qs, int j) {
    return j < 16 ? qs[j] % 16 : qs[j - 16] / 16;
}

static int bit_of(const uint8_t *bytes, int i) {
    return bytes[i / 8] >> i % 8 & 1;
}

static struct parts parts_32(enum kern_type type, const uint8_t *p, int j) {
    switch (type) {
    case KERN_Q4_0:
        return (struct parts){f16_at(p), half_of(p + 2, j) - 8, 0};
    case KERN_Q4_1:
        return (struct parts){f16_at(p), half_of(p + 4, j), f16_at(p + 2)};
    case KERN_Q5_0:
        return (struct parts){f16_at(p), half_of(p + 6, j) + 16 * bit_of(p + 2, j) - 16, 0};
    case KERN_Q5_1:
        return (struct parts){f16_at(p), half_of(p + 8, j) + 16 * bit_of(p + 4, j), f16_at(p + 2)};
    case KERN_Q8_0:
        return (struct parts){f16_at(p), p[2 + j] < 128 ? p[2 + j] : p[2 + j] - 256, 0};
    case KERN_IQ4_NL:
        return (struct parts){f16_at(p), iq4[half_of(p + 2, j)], 0};
    default: /* MXFP4 */
        return (struct parts){ldexp(1, p[0] - 128), e2m1[half_of(p + 1, j)], 0};
    }
}

/* Two bits of element e, as Q2_K and Q3_K have them. */
static int crumb_of(const uint8_t *qs, int e) {
    int h = e / 128, r = e % 128;
    return qs[32 * h + r % 32] >> 2 * (r / 32) & 3;
}

/* Q4_K and Q5_K: the six bits of scale and minimum of a sub-block. */
static void six_bits(const uint8_t *scales, int s, int *scale, int *min) {
    if (s < 4) {
        *scale = scales[s] & 63;
        *min = scales[s + 4] & 63;
    } else {
        *scale = (scales[s + 4] & 15) + 16 * (scales[s - 4] >> 6);
        *min = (scales[s + 4] >> 4) + 16 * (scales[s] >> 6);
    }
}

static struct parts parts_q3_k(const uint8_t *p, int e) {
    const uint8_t *scales = p + 96;
    int j = e / 16, w = crumb_of(p + 32, e);
    if (!(p[e % 32] >> e / 32 & 1)) w -= 4;
    int low = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
    int high = scales[8 + j % 4] >> 2 * (j / 4) & 3;
    return (struct parts){f16_at(p + 108) * (low + 16 * high - 32), w, 0};
}

static struct parts parts_q6_k(const uint8_t *p, int e) {
    int h = e / 128, g = e % 128 / 32, l = e % 32;
    int byte = p[64 * h + l + 32 * (g % 2)];
    int w = (g < 2 ? byte & 15 : byte >> 4) + 16 * (p[128 + 32 * h + l] >> 2 * g & 3) - 32;
    int scale = p[192 + e / 16] < 128 ? p[192 + e / 16] : p[192 + e / 16] - 256;
    return (struct parts){f16_at(p + 208) * scale, w, 0};
}

static struct parts parts_256(enum kern_type type, const uint8_t *p, int e) {
    int s = e / 32, scale, min, w;
    switch (type) {
    case KERN_Q2_K:
        return (struct parts){f16_at(p + 80) * (p[e / 16] & 15), crumb_of(p + 16, e),
                              -f16_at(p + 82) * (p[e / 16] >> 4)};
    case KERN_Q3_K:
        return parts_q3_k(p, e);
    case KERN_Q6_K:
        return parts_q6_k(p, e);
    case KERN_Q4_K:
    case KERN_Q5_K:
        six_bits(p + 4, s, &scale, &min);
        w = p[(type == KERN_Q4_K ? 16 : 48) + 32 * (e / 64) + e % 32];
        w = s % 2 ? w >> 4 : w & 15;
        if (type == KERN_Q5_K) w += 16 * (p[16 + e % 32] >> s & 1);
        return (struct parts){f16_at(p) * scale, w, -f16_at(p + 2) * min};
    default: /* IQ4_XS */
        scale = p[4 + s / 2] >> 4 * (s % 2) & 15;
        scale += 16 * ((p[2] + 256 * p[3]) >> 2 * s & 3);
        return (struct parts){f16_at(p) * (scale - 32), iq4[half_of(p + 8 + 16 * s, e % 32)], 0};
    }
}

static double float_value(enum kern_type type, const uint8_t *p) {
    uint8_t bytes[4] = {0};
    float f;
    if (type == KERN_F16) return f16_at(p);
    if (type == KERN_F32)
        memcpy(bytes, p, 4);
    else
        memcpy(bytes + 2, p, 2);
    memcpy(&f, bytes, sizeof f);
    return (double)f;
}

double blocks_value(enum kern_type type, const uint8_t *p, int e) {
    int n = kern_type_info(type)->block_elems;
    if (n == 1) return float_value(type, p);
    struct parts x = n == 32 ? parts_32(type, p, e) : parts_256(type, p, e);
    return x.a * x.w + x.b;
}

double blocks_magnitude(enum kern_type type, const uint8_t *p, int e) {
    int n = kern_type_info(type)->block_elems;
    if (n == 1) return fabs(float_value(type, p));
    struct parts x = n == 32 ? parts_32(type, p, e) : parts_256(type, p, e);
    return fabs(x.a * x.w) + fabs(x.b);
}

/* Where the f16 scales of a type are; -1: there is none. */
static void scales_at(enum kern_type type, int at[2]) {
    at[0] = type == KERN_Q2_K ? 80 : type == KERN_Q3_K ? 108 : type == KERN_Q6_K ? 208 : 0;
    at[1] = type == KERN_Q4_1 || type == KERN_Q5_1 || type == KERN_Q4_K || type == KERN_Q5_K ? 2
            : type == KERN_Q2_K                                                              ? 82
                                                                                             : -1;
    if (type == KERN_MXFP4) at[0] = -1;
}

void blocks_random(struct rng *rng, enum kern_type type, uint8_t *p) {
    for (int i = 0; i < kern_type_info(type)->block_bytes; i++) p[i] = (uint8_t)rng_u32(rng);
    if (type == KERN_F32 && (p[3] & 0x7f) == 0x7f) p[3] ^= 0x40;
    if (type == KERN_BF16 && (p[1] & 0x7f) == 0x7f) p[1] ^= 0x40;
    if (kern_type_info(type)->block_elems == 1 && type != KERN_F16) return;
    int at[2];
    scales_at(type, at);
    for (int i = 0; i < 2; i++) {
        if (at[i] >= 0 && (p[at[i] + 1] & 0x7c) == 0x7c) p[at[i] + 1] ^= 0x40;
    }
}
