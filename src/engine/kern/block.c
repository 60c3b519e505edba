#include "engine/kern/block.h"

#include <string.h>

#include "engine/kern/half.h"

/* -127 -104 -83 -65 -49 -35 -22 -10 1 13 25 38 53 69 89 113, plus 128 */
const uint8_t kern_table_iq4[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                    129, 141, 153, 166, 181, 197, 217, 241};

/* 0 1 2 3 4 6 8 12 and their negatives, plus 16 */
const uint8_t kern_table_e2m1[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

static const struct kern_code codes[KERN_TYPE_MAX] = {
    [KERN_Q4_0] = {.n_sub = 1, .offset_shift = 3, .nibbles = true},
    [KERN_Q4_1] = {.n_sub = 1, .has_min = true, .nibbles = true},
    [KERN_Q5_0] = {.n_sub = 1, .offset_shift = 4, .nibbles = true, .bits = true},
    [KERN_Q5_1] = {.n_sub = 1, .has_min = true, .nibbles = true, .bits = true},
    [KERN_Q8_0] = {.n_sub = 1, .offset_shift = 7, .bytes = true},
    [KERN_IQ4_NL] = {.n_sub = 1, .offset_shift = 7, .table = kern_table_iq4, .nibbles = true},
    [KERN_MXFP4] = {.n_sub = 1, .offset_shift = 4, .table = kern_table_e2m1, .nibbles = true},
    [KERN_Q2_K] = {.n_sub = 16, .has_min = true, .crumbs = true},
    [KERN_Q3_K] =
        {.n_sub = 16, .signed_scale = true, .offset_shift = 2, .crumbs = true, .bits = true},
    [KERN_Q4_K] = {.n_sub = 8, .has_min = true, .nibbles = true},
    [KERN_Q5_K] = {.n_sub = 8, .has_min = true, .nibbles = true, .bits = true},
    [KERN_Q6_K] =
        {.n_sub = 16, .signed_scale = true, .offset_shift = 5, .nibbles = true, .crumbs = true},
    [KERN_IQ4_XS] = {.n_sub = 8,
                     .signed_scale = true,
                     .offset_shift = 7,
                     .table = kern_table_iq4,
                     .nibbles = true},
};

const struct kern_code *kern_code(enum kern_type type) {
    return codes[type].n_sub ? &codes[type] : NULL;
}

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

/* Nibbles of 32 elements: the first 16 low, the second 16 high. */
static void split_nibbles(const uint8_t *qs, uint8_t *code) {
    for (int i = 0; i < 16; i++) {
        code[i] = qs[i] & 15;
        code[16 + i] = qs[i] >> 4;
    }
}

/* f16 d; [f16 m;] [u32 qh: bit j is bit 4 of element j;] u8 qs[16] */
static void decode_q4_q5(const uint8_t *src, bool has_min, bool has_high, struct kern_block *out) {
    out->d = u16_at(src);
    src += 2;
    if (has_min) {
        out->dmin = u16_at(src);
        src += 2;
    }
    const uint8_t *qh = src;
    if (has_high) src += 4;
    split_nibbles(src, out->code);
    if (!has_high) return;
    for (int j = 0; j < 32; j++) out->code[j] |= (uint8_t)((qh[j / 8] >> j % 8 & 1) << 4);
}

/* u8 scales[16] (scale low, min high); u8 qs[64]; f16 d; f16 dmin. Two bits of element
 * 128 h + 32 g + l at bit 2 g of qs[32 h + l]. */
static void decode_q2_k(const uint8_t *src, struct kern_block *out) {
    const uint8_t *qs = src + 16;
    for (int s = 0; s < 16; s++) {
        out->scale[s] = (int8_t)(src[s] & 15);
        out->min[s] = src[s] >> 4;
    }
    for (int i = 0; i < 8; i++) {
        for (int l = 0; l < 32; l++) out->code[32 * i + l] = qs[i / 4 * 32 + l] >> i % 4 * 2 & 3;
    }
    out->d = u16_at(src + 80);
    out->dmin = u16_at(src + 82);
}

/* u8 hmask[32]; u8 qs[64]; u8 scales[12]; f16 d. Low bits as Q2_K; bit i of hmask[l] is bit 2 of
 * element 32 i + l. 6-bit scales, minus 32: low nibbles first, then two bits each. */
static void decode_q3_k(const uint8_t *src, struct kern_block *out) {
    const uint8_t *hmask = src, *qs = src + 32, *scales = src + 96;
    for (int i = 0; i < 8; i++) {
        for (int l = 0; l < 32; l++) {
            int low = qs[i / 4 * 32 + l] >> i % 4 * 2 & 3, high = hmask[l] >> i & 1;
            out->code[32 * i + l] = (uint8_t)(low | high << 2);
        }
    }
    for (int s = 0; s < 16; s++) {
        int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4;
        int high = scales[8 + s % 4] >> s / 4 * 2 & 3;
        out->scale[s] = (int8_t)((low | high << 4) - 32);
    }
    out->d = u16_at(src + 108);
}

/* f16 d; f16 dmin; u8 scales[12]; [u8 qh[32];] u8 qs[128]. Sub-blocks 2c and 2c + 1 are the low and
 * high nibbles of qs[32 c ...]; bit s of qh[l] is bit 4 of element 32 s + l. */
static void decode_q4_k_q5_k(const uint8_t *src, bool has_high, struct kern_block *out) {
    const uint8_t *scales = src + 4, *qh = src + 16, *qs = src + (has_high ? 48 : 16);
    out->d = u16_at(src);
    out->dmin = u16_at(src + 2);
    for (int s = 0; s < 4; s++) {
        out->scale[s] = (int8_t)(scales[s] & 63);
        out->min[s] = scales[s + 4] & 63;
        out->scale[s + 4] = (int8_t)((scales[s + 8] & 15) | scales[s] >> 6 << 4);
        out->min[s + 4] = (uint8_t)(scales[s + 8] >> 4 | scales[s + 4] >> 6 << 4);
    }
    for (int c = 0; c < 4; c++) {
        for (int l = 0; l < 32; l++) {
            out->code[64 * c + l] = qs[32 * c + l] & 15;
            out->code[64 * c + 32 + l] = qs[32 * c + l] >> 4;
        }
    }
    if (!has_high) return;
    for (int s = 0; s < 8; s++) {
        for (int l = 0; l < 32; l++) out->code[32 * s + l] |= (uint8_t)((qh[l] >> s & 1) << 4);
    }
}

/* u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d. Element 128 h + 32 g + l: nibble g / 2 of
 * ql[64 h + 32 (g % 2) + l], and two bits at 2 g of qh[32 h + l]. */
static void decode_q6_k(const uint8_t *src, struct kern_block *out) {
    const uint8_t *ql = src, *qh = src + 128;
    for (int i = 0; i < 8; i++) {
        int h = i / 4, g = i % 4;
        for (int l = 0; l < 32; l++) {
            int low = ql[64 * h + 32 * (g % 2) + l] >> g / 2 * 4 & 15;
            int high = qh[32 * h + l] >> 2 * g & 3;
            out->code[32 * i + l] = (uint8_t)(low | high << 4);
        }
    }
    memcpy(out->scale, src + 192, 16);
    out->d = u16_at(src + 208);
}

/* f16 d; u16 scales_h; u8 scales_l[4]; u8 qs[128]. 6-bit scales, minus 32. */
static void decode_iq4_xs(const uint8_t *src, struct kern_block *out) {
    unsigned high = u16_at(src + 2);
    for (int s = 0; s < 8; s++) {
        unsigned low = src[4 + s / 2] >> s % 2 * 4 & 15;
        out->scale[s] = (int8_t)((int)(low | (high >> 2 * s & 3) << 4) - 32);
        split_nibbles(src + 8 + 16 * s, out->code + 32 * s);
    }
    out->d = u16_at(src);
}

void kern_block_decode(enum kern_type type, const uint8_t *src, struct kern_block *out) {
    switch (type) {
    case KERN_Q4_0:
    case KERN_IQ4_NL:
        decode_q4_q5(src, false, false, out);
        break;
    case KERN_Q4_1:
        decode_q4_q5(src, true, false, out);
        break;
    case KERN_Q5_0:
        decode_q4_q5(src, false, true, out);
        break;
    case KERN_Q5_1:
        decode_q4_q5(src, true, true, out);
        break;
    case KERN_Q8_0:
        out->d = u16_at(src);
        for (int i = 0; i < 32; i++) out->code[i] = src[2 + i] ^ 0x80; /* int8 + 128 */
        break;
    case KERN_MXFP4:
        out->d = src[0];
        split_nibbles(src + 1, out->code);
        break;
    case KERN_Q2_K:
        decode_q2_k(src, out);
        break;
    case KERN_Q3_K:
        decode_q3_k(src, out);
        break;
    case KERN_Q4_K:
        decode_q4_k_q5_k(src, false, out);
        break;
    case KERN_Q5_K:
        decode_q4_k_q5_k(src, true, out);
        break;
    case KERN_Q6_K:
        decode_q6_k(src, out);
        break;
    case KERN_IQ4_XS:
        decode_iq4_xs(src, out);
        break;
    case KERN_F32:
    case KERN_F16:
    case KERN_BF16:
    case KERN_TYPE_MAX:
        break;
    }
}

void kern_block_values(enum kern_type type, const struct kern_block *block, float *values) {
    const struct kern_code *c = kern_code(type);
    int n = kern_type_info(type)->block_elems;
    int offset = c->offset_shift ? 1 << c->offset_shift : 0;
    float d = type == KERN_MXFP4 ? e8m0_half_to_f32((uint8_t)block->d) : f16_to_f32(block->d);
    float dmin = c->has_min ? f16_to_f32(block->dmin) : 0.0f;
    for (int e = 0; e < n; e++) {
        int s = e / (n / c->n_sub);
        int w = (c->table ? c->table[block->code[e]] : block->code[e]) - offset;
        if (n == 32) /* without adding 0, which would lose the sign of -0 */
            values[e] = c->has_min ? (float)w * d + dmin : (float)w * d;
        else if (c->has_min)
            values[e] = d * block->scale[s] * (float)w - dmin * block->min[s];
        else
            values[e] = d * block->scale[s] * (float)w;
    }
}
