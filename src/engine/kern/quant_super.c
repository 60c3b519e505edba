/* In two steps each: a float scale (and minimum) is fitted to every sub-block, then those are
 * brought to few bits themselves, and the levels are chosen again for the scales as stored. The
 * byte layouts are described in block.c. */
#include "engine/kern/quant_super.h"

#include <string.h>

#include "engine/kern/fit.h"
#include "engine/kern/half.h"

static void put_u16(uint8_t *dst, uint16_t v) {
    dst[0] = (uint8_t)v;
    dst[1] = (uint8_t)(v >> 8);
}

/* Sub-blocks with scale and minimum (Q2_K, Q4_K, Q5_K) before their bytes are laid out. */
struct affine_block {
    uint8_t level[256];
    uint8_t scale[16], min[16];
    uint16_t d, dmin;
};

/* The largest of n non-negative fits becomes n_max: out[i] = value[i] in units of *d. */
static void share_scale(const float *value, int n, int n_max, uint8_t *out, uint16_t *d) {
    float max = 0.0f;
    for (int i = 0; i < n; i++) {
        if (value[i] > max) max = value[i];
    }
    float inverse = max > 0.0f ? (float)n_max / max : 0.0f;
    for (int i = 0; i < n; i++) out[i] = (uint8_t)fit_level(inverse * value[i], 0, n_max);
    *d = f32_to_f16(max / (float)n_max);
}

/* How much an error at each of n values counts: magnitude, plus for Q4_K and Q5_K the root mean
 * square. */
static void error_weights(const float *x, int n, bool add_rms, float *w) {
    float sum = 0.0f;
    for (int i = 0; i < n; i++) sum += x[i] * x[i];
    float base = add_rms ? sqrtf(sum / (float)n) : 0.0f;
    for (int i = 0; i < n; i++) w[i] = base + fabsf(x[i]);
}

static void fit_affine_block(const float *x, int n_sub, const struct kern_fit_search *search,
                             int scale_max, struct affine_block *b) {
    int n = 256 / n_sub;
    float scale[16], min[16], w[32];
    for (int s = 0; s < n_sub; s++) {
        error_weights(x + s * n, n, n == 32, w);
        scale[s] = kern_fit_affine(x + s * n, w, n, search, b->level + s * n, &min[s]);
    }
    share_scale(scale, n_sub, scale_max, b->scale, &b->d);
    share_scale(min, n_sub, scale_max, b->min, &b->dmin);
    float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
    for (int e = 0; e < 256; e++) {
        int s = e / n;
        float step = d * (float)b->scale[s], below = dmin * (float)b->min[s];
        if (step == 0.0f) continue;
        b->level[e] = (uint8_t)fit_level((x[e] + below) / step, 0, search->n_max);
    }
}

/* Two bits of element 128 h + 32 g + l at bit 2 g of qs[32 h + l]; `shift` picks the bits. */
static void put_crumbs(uint8_t *qs, const uint8_t *level, int shift) {
    memset(qs, 0, 64);
    for (int e = 0; e < 256; e++) {
        uint8_t *at = &qs[e / 128 * 32 + e % 32];
        *at = (uint8_t)(*at | (level[e] >> shift & 3) << e % 128 / 32 * 2);
    }
}

/* Bit `bit` of element 32 i + l at bit i of dst[l]. */
static void put_bits(uint8_t *dst, const uint8_t *level, int bit) {
    memset(dst, 0, 32);
    for (int e = 0; e < 256; e++) {
        dst[e % 32] = (uint8_t)(dst[e % 32] | (level[e] >> bit & 1) << e / 32);
    }
}

static void quant_q2_k(const float *x, uint8_t *dst) {
    static const struct kern_fit_search search = {3, -0.5f, 15, true};
    struct affine_block b;
    fit_affine_block(x, 16, &search, 15, &b);
    for (int s = 0; s < 16; s++) dst[s] = (uint8_t)(b.scale[s] | b.min[s] << 4);
    put_crumbs(dst + 16, b.level, 0);
    put_u16(dst + 80, b.d);
    put_u16(dst + 82, b.dmin);
}

static void quant_q4_k_q5_k(const float *x, bool has_high, uint8_t *dst) {
    static const struct kern_fit_search search4 = {15, -1.0f, 20, false};
    static const struct kern_fit_search search5 = {31, -0.5f, 15, false};
    struct affine_block b;
    fit_affine_block(x, 8, has_high ? &search5 : &search4, 63, &b);
    put_u16(dst, b.d);
    put_u16(dst + 2, b.dmin);
    uint8_t *scales = dst + 4, *qs = dst + (has_high ? 48 : 16);
    for (int s = 0; s < 4; s++) {
        scales[s] = (uint8_t)(b.scale[s] | b.scale[s + 4] >> 4 << 6);
        scales[s + 4] = (uint8_t)(b.min[s] | b.min[s + 4] >> 4 << 6);
        scales[s + 8] = (uint8_t)((b.scale[s + 4] & 15) | (b.min[s + 4] & 15) << 4);
    }
    if (has_high) put_bits(dst + 16, b.level, 4);
    for (int i = 0; i < 128; i++) {
        int e = i / 32 * 64 + i % 32;
        qs[i] = (uint8_t)((b.level[e] & 15) | (b.level[e + 32] & 15) << 4);
    }
}

/* Signed sub-block scales in units of one f16: the extreme one becomes -half. */
static uint16_t share_signed_scale(const float *scale, int n, int half, int8_t *out) {
    float extreme = fit_extreme(scale, n);
    if (fabsf(extreme) < KERN_FIT_TINY) {
        memset(out, 0, (size_t)n);
        return 0;
    }
    float inverse = -(float)half / extreme;
    for (int s = 0; s < n; s++) out[s] = (int8_t)fit_level(inverse * scale[s], -half, half - 1);
    return f32_to_f16(1.0f / inverse);
}

/* Levels (plus n_max) again, for 16 sub-blocks with scales as stored. */
static void relevel(const float *x, uint16_t d, const int8_t *scale, int n_max, uint8_t *level) {
    for (int e = 0; e < 256; e++) {
        int s = e / 16;
        float step = f16_to_f32(d) * (float)scale[s];
        if (step == 0.0f) continue;
        level[e] = (uint8_t)(fit_level(x[e] / step, -n_max, n_max - 1) + n_max);
    }
}

static void quant_q3_k(const float *x, uint8_t *dst) {
    float scale[16];
    uint8_t level[256];
    int8_t stored[16];
    for (int s = 0; s < 16; s++) {
        scale[s] = kern_fit_refined(x + 16 * s, 4, level + 16 * s);
    }
    uint16_t d = share_signed_scale(scale, 16, 32, stored);
    relevel(x, d, stored, 4, level);
    uint8_t *bits = dst + 96;
    memset(bits, 0, 12);
    for (int s = 0; s < 16 && d != 0; s++) {
        int v = stored[s] + 32;
        bits[s % 8] = (uint8_t)(bits[s % 8] | (v & 15) << s / 8 * 4);
        bits[8 + s % 4] = (uint8_t)(bits[8 + s % 4] | v >> 4 << s / 4 * 2);
    }
    put_bits(dst, level, 2);
    put_crumbs(dst + 32, level, 0);
    put_u16(dst + 108, d);
}

static void quant_q6_k(const float *x, uint8_t *dst) {
    float scale[16];
    uint8_t level[256];
    int8_t stored[16];
    for (int s = 0; s < 16; s++) {
        scale[s] = kern_fit_symmetric(x + 16 * s, 32, level + 16 * s);
    }
    if (fabsf(fit_extreme(scale, 16)) < KERN_FIT_TINY) {
        memset(dst, 0, 210);
        return;
    }
    uint16_t d = share_signed_scale(scale, 16, 128, stored);
    relevel(x, d, stored, 32, level);
    for (int i = 0; i < 128; i++) {
        int e = i / 64 * 128 + i % 64;
        dst[i] = (uint8_t)((level[e] & 15) | (level[e + 64] & 15) << 4);
    }
    put_crumbs(dst + 128, level, 4);
    memcpy(dst + 192, stored, 16);
    put_u16(dst + 208, d);
}

static void quant_iq4_xs(const float *x, uint8_t *dst) {
    float scale[8];
    unsigned high = 0;
    for (int s = 0; s < 8; s++) scale[s] = kern_fit_iq4(x + 32 * s);
    float d = fit_extreme(scale, 8) / -32.0f, inverse = d != 0.0f ? 1.0f / d : 0.0f;
    put_u16(dst, f32_to_f16(d));
    memset(dst + 4, 0, 4);
    for (int s = 0; s < 8; s++) {
        int l = fit_level(inverse * scale[s], -32, 31);
        float step = d * (float)l, per_step = step != 0.0f ? 1.0f / step : 0.0f;
        uint8_t *qs = dst + 8 + 16 * s;
        for (int i = 0; i < 16; i++) {
            int low = kern_fit_iq4_index(per_step * x[32 * s + i]);
            qs[i] = (uint8_t)(low | kern_fit_iq4_index(per_step * x[32 * s + 16 + i]) << 4);
        }
        unsigned bits = (unsigned)(l + 32);
        dst[4 + s / 2] = (uint8_t)(dst[4 + s / 2] | (bits & 15) << s % 2 * 4);
        high |= bits >> 4 << 2 * s;
    }
    put_u16(dst + 2, (uint16_t)high);
}

void kern_quant_super(enum kern_type type, const float *x, uint8_t *dst) {
    switch (type) {
    case KERN_Q2_K:
        quant_q2_k(x, dst);
        break;
    case KERN_Q3_K:
        quant_q3_k(x, dst);
        break;
    case KERN_Q4_K:
        quant_q4_k_q5_k(x, false, dst);
        break;
    case KERN_Q5_K:
        quant_q4_k_q5_k(x, true, dst);
        break;
    case KERN_Q6_K:
        quant_q6_k(x, dst);
        break;
    default: /* IQ4_XS */
        quant_iq4_xs(x, dst);
        break;
    }
}
