#include "engine/kern/pack.h"

#include <string.h>

#include "engine/kern/dequant.h"

/* Codes are moved four at a time: a word is elements 4 i .. 4 i + 3 of 32, least element first. */
#define WORDS 8

static uint32_t word_at(const uint8_t *code, int i) {
    uint32_t word;
    memcpy(&word, code + 4 * i, sizeof word);
    return word;
}

/* Where word i of row r lies in a plane of units [R][KB]. */
static size_t word_offset(struct kern_layout l, int r, int i) {
    int unit = 4 * i / l.kb, j = 4 * i % l.kb;
    return (size_t)(unit * l.rows + r) * (size_t)l.kb + (size_t)j;
}

static size_t planes_size(const struct kern_code *c, struct kern_layout l) {
    return (size_t)l.rows * (size_t)((c->nibbles ? 16 : 0) + (c->crumbs ? 8 : 0) +
                                     (c->bits ? 4 : 0) + (c->bytes ? 32 : 0));
}

/* Four codes (one a byte) as four bits, and back. */
static unsigned gather_bits(uint32_t word) {
    return (word | word >> 7 | word >> 14 | word >> 21) & 15;
}

/* Adds the 32 codes of row r to planes that are zero for this row. */
static void pack_planes(uint8_t *planes, const struct kern_code *c, struct kern_layout l, int r,
                        const uint8_t *code) {
    uint32_t words[WORDS];
    for (int i = 0; i < WORDS; i++) words[i] = word_at(code, i);
    int low_bits = c->nibbles ? 4 : 0;
    if (c->bytes) {
        for (int i = 0; i < WORDS; i++) memcpy(planes + word_offset(l, r, i), &words[i], 4);
        return;
    }
    if (c->nibbles) {
        for (int i = 0; i < 4; i++) {
            uint32_t both = (words[i] & 0x0f0f0f0f) | (words[i + 4] & 0x0f0f0f0f) << 4;
            memcpy(planes + word_offset(l, r, i), &both, sizeof both);
        }
        planes += 16 * l.rows;
    }
    if (c->crumbs) {
        for (int i = 0; i < 2; i++) {
            uint32_t four = 0;
            for (int k = 0; k < 4; k++)
                four |= (words[i + 2 * k] >> low_bits & 0x03030303) << 2 * k;
            memcpy(planes + word_offset(l, r, i), &four, sizeof four);
        }
        planes += 8 * l.rows;
        low_bits += 2;
    }
    if (c->bits) {
        for (int i = 0; i < WORDS; i++) {
            unsigned bits = gather_bits(words[i] >> low_bits & 0x01010101);
            size_t at = word_offset(l, r, i); /* in bits here */
            planes[at / 8] = (uint8_t)(planes[at / 8] | bits << at % 8);
        }
    }
}

/* The inverse of pack_planes. */
static void unpack_planes(const uint8_t *planes, const struct kern_code *c, struct kern_layout l,
                          int r, uint8_t *code) {
    memset(code, 0, 32);
    int low_bits = c->nibbles ? 4 : 0;
    if (c->bytes) {
        for (int i = 0; i < WORDS; i++) memcpy(code + 4 * i, planes + word_offset(l, r, i), 4);
        return;
    }
    if (c->nibbles) {
        for (int k = 0; k < 16; k++) {
            uint8_t both = planes[word_offset(l, r, k / 4) + (size_t)(k % 4)];
            code[k] = both & 15;
            code[16 + k] = both >> 4;
        }
        planes += 16 * l.rows;
    }
    if (c->crumbs) {
        for (int k = 0; k < 32; k++) {
            uint8_t four = planes[word_offset(l, r, k % 8 / 4) + (size_t)(k % 4)];
            code[k] |= (uint8_t)((four >> k / 8 * 2 & 3) << low_bits);
        }
        planes += 8 * l.rows;
        low_bits += 2;
    }
    if (c->bits) {
        for (int k = 0; k < 32; k++) {
            size_t at = word_offset(l, r, k / 4) + (size_t)(k % 4);
            code[k] |= (uint8_t)((planes[at / 8] >> at % 8 & 1) << low_bits);
        }
    }
}

/* Byte offsets of the fields of a packed block. */
struct fields {
    size_t d, dmin, scales, mins, planes, size;
};

static struct fields fields_of(enum kern_type type, const struct kern_code *c,
                               struct kern_layout l) {
    bool super = kern_type_info(type)->block_elems == 256;
    size_t rows = (size_t)l.rows, sub = (size_t)c->n_sub;
    struct fields f = {0};
    f.dmin = f.d + rows * (type == KERN_MXFP4 ? 1 : 2);
    f.scales = f.dmin + (c->has_min ? rows * 2 : 0);
    f.mins = f.scales + (super ? rows * sub : 0);
    f.planes = f.mins + (super && c->has_min ? rows * sub : 0);
    f.size = f.planes + planes_size(c, l) * (super ? 8 : 1);
    return f;
}

/* Float types: how many k of a row lie together, and bytes of one value. */
static int float_run(enum kern_type type) {
    return type == KERN_BF16 ? 2 : 1;
}

size_t kern_packed_block_size(enum kern_type type, struct kern_layout layout) {
    const struct kern_code *c = kern_code(type);
    if (c) return fields_of(type, c, layout).size;
    return (size_t)(layout.rows * float_run(type) * kern_type_info(type)->block_bytes);
}

size_t kern_packed_group_size(enum kern_type type, struct kern_layout layout, int n_cols) {
    int per_block = kern_code(type) ? kern_type_info(type)->block_elems : float_run(type);
    size_t n_blocks = ((size_t)n_cols + (size_t)per_block - 1) / (size_t)per_block;
    return n_blocks * kern_packed_block_size(type, layout);
}

int kern_n_groups(struct kern_layout layout, int n_rows) {
    return (n_rows + layout.rows - 1) / layout.rows;
}

static void pack_float_row(enum kern_type type, struct kern_layout l, const uint8_t *src,
                           int n_cols, int r, uint8_t *dst) {
    int run = float_run(type);
    size_t size = (size_t)kern_type_info(type)->block_bytes;
    for (int k = 0; k < n_cols; k++) {
        size_t at = (size_t)(k / run * l.rows + r) * (size_t)run + (size_t)(k % run);
        memcpy(dst + at * size, src + (size_t)k * size, size);
    }
}

static void pack_block_row(enum kern_type type, const struct kern_code *c, struct kern_layout l,
                           const struct fields *f, const struct kern_block *b, int r,
                           uint8_t *dst) {
    if (type == KERN_MXFP4)
        dst[f->d + (size_t)r] = (uint8_t)b->d;
    else
        memcpy(dst + f->d + 2 * (size_t)r, &b->d, 2);
    if (c->has_min) memcpy(dst + f->dmin + 2 * (size_t)r, &b->dmin, 2);
    if (c->n_sub == 1) {
        pack_planes(dst + f->planes, c, l, r, b->code);
        return;
    }
    for (int s = 0; s < c->n_sub; s++) {
        dst[f->scales + (size_t)(s * l.rows + r)] = (uint8_t)b->scale[s];
        if (c->has_min) dst[f->mins + (size_t)((s / 2 * l.rows + r) * 2 + s % 2)] = b->min[s];
    }
    for (int i = 0; i < 8; i++) {
        pack_planes(dst + f->planes + (size_t)i * planes_size(c, l), c, l, r, b->code + 32 * i);
    }
}

void kern_pack_group(enum kern_type type, struct kern_layout layout, const void *src, int n_rows,
                     int n_cols, int g, void *dst) {
    const struct kern_code *c = kern_code(type);
    const struct kern_type_info *info = kern_type_info(type);
    size_t row_size = kern_row_size(type, n_cols);
    struct fields f = {0};
    if (c) f = fields_of(type, c, layout);
    memset(dst, 0, kern_packed_group_size(type, layout, n_cols));
    for (int r = 0; r < layout.rows && g * layout.rows + r < n_rows; r++) {
        const uint8_t *row = (const uint8_t *)src + (size_t)(g * layout.rows + r) * row_size;
        if (!c) {
            pack_float_row(type, layout, row, n_cols, r, dst);
            continue;
        }
        uint8_t *to = dst;
        for (int k = 0; k < n_cols; k += info->block_elems) {
            struct kern_block block;
            kern_block_decode(type, row, &block);
            pack_block_row(type, c, layout, &f, &block, r, to);
            row += info->block_bytes;
            to += f.size;
        }
    }
}

void kern_unpack_block(enum kern_type type, struct kern_layout layout, const uint8_t *packed, int r,
                       struct kern_block *out) {
    const struct kern_code *c = kern_code(type);
    struct fields f = fields_of(type, c, layout);
    if (type == KERN_MXFP4)
        out->d = packed[f.d + (size_t)r];
    else
        memcpy(&out->d, packed + f.d + 2 * (size_t)r, 2);
    if (c->has_min) memcpy(&out->dmin, packed + f.dmin + 2 * (size_t)r, 2);
    int parts = c->n_sub == 1 ? 1 : 8;
    for (int s = 0; c->n_sub > 1 && s < c->n_sub; s++) {
        out->scale[s] = (int8_t)packed[f.scales + (size_t)(s * layout.rows + r)];
        if (c->has_min) {
            out->min[s] = packed[f.mins + (size_t)((s / 2 * layout.rows + r) * 2 + s % 2)];
        }
    }
    for (int i = 0; i < parts; i++) {
        unpack_planes(packed + f.planes + (size_t)i * planes_size(c, layout), c, layout, r,
                      out->code + 32 * i);
    }
}

void kern_unpack_row(const struct kern_weight *w, int row, float *values) {
    int g = row / w->layout.rows, r = row % w->layout.rows;
    const uint8_t *group = w->data + (size_t)g * w->group_size;
    if (kern_code(w->type)) {
        size_t size = kern_packed_block_size(w->type, w->layout);
        int elems = kern_type_info(w->type)->block_elems;
        for (int k = 0; k < w->n_cols; k += elems, group += size) {
            struct kern_block block;
            kern_unpack_block(w->type, w->layout, group, r, &block);
            kern_block_values(w->type, &block, values + k);
        }
        return;
    }
    int run = float_run(w->type);
    size_t size = (size_t)kern_type_info(w->type)->block_bytes;
    for (int k = 0; k < w->n_cols; k++) {
        size_t at = (size_t)(k / run * w->layout.rows + r) * (size_t)run + (size_t)(k % run);
        kern_dequant_row(w->type, group + at * size, values + k, 1);
    }
}
