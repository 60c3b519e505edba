/* Matrix products. Row by row, block by block: a block is taken apart once and met with the same
 * block of every token, adding to out. */
#include <string.h>

#include "engine/kern/half.h"
#include "engine/kern/ref/ref.h"

/* One row's block number b with one token. Integers within, one float step a block. */
static float block_dot_32(enum kern_type type, const struct kern_code *c,
                          const struct kern_block *w, const struct kern_acts *x, int t, int b) {
    size_t at = (size_t)t * (size_t)(x->stride / 32) + (size_t)b;
    const int8_t *q = x->q + (size_t)t * (size_t)x->stride + 32 * (size_t)b;
    int32_t sum = c->offset_shift ? x->nsum[at] * (1 << c->offset_shift) : 0;
    for (int i = 0; i < 32; i++) {
        int code = c->table ? c->table[w->code[i]] : w->code[i];
        sum += code * q[i];
    }
    float d = type == KERN_MXFP4 ? e8m0_half_to_f32((uint8_t)w->d) : f16_to_f32(w->d);
    float result = d * x->d[at] * (float)sum;
    if (c->has_min) result -= f16_to_f32(w->dmin) * (x->d[at] * (float)x->nsum[at]);
    return result;
}

static float block_dot_256(const struct kern_code *c, const struct kern_block *w,
                           const struct kern_acts *x, int t, int b) {
    size_t stride = (size_t)x->stride, row = (size_t)t;
    const int8_t *q = x->q + row * stride + 256 * (size_t)b;
    const int16_t *sum16 = x->sum16 + row * (stride / 16) + 16 * (size_t)b;
    int width = 256 / c->n_sub;
    int32_t total = 0, mins = 0;
    for (int s = 0; s < c->n_sub; s++) {
        int32_t sum = 0, whole = 0;
        for (int i = s * width; i < (s + 1) * width; i++) {
            int code = c->table ? c->table[w->code[i]] : w->code[i];
            sum += code * q[i];
        }
        for (int i = s * width / 16; i < (s + 1) * width / 16; i++) whole += sum16[i];
        if (c->offset_shift) sum -= whole * (1 << c->offset_shift);
        total += w->scale[s] * sum;
        if (c->has_min) mins += w->min[s] * whole;
    }
    float dx = x->d[row * (stride / 256) + (size_t)b];
    float result = f16_to_f32(w->d) * dx * (float)total;
    if (c->has_min) result -= f16_to_f32(w->dmin) * dx * (float)mins;
    return result;
}

static KERN_DECL_GEMM(gemm_blocks) {
    const struct kern_code *c = kern_code(w->type);
    int elems = kern_type_info(w->type)->block_elems, rows = w->layout.rows;
    size_t block_size = kern_packed_block_size(w->type, w->layout);
    for (int row = g0 * rows; row < g1 * rows; row++) {
        const uint8_t *packed = w->data + (size_t)(row / rows) * w->group_size;
        float *to = out + (row - g0 * rows);
        for (int t = t0; t < t1; t++) to[(size_t)(t - t0) * ld] = 0.0f;
        for (int b = 0; b < w->n_cols / elems; b++, packed += block_size) {
            struct kern_block block;
            kern_unpack_block(w->type, w->layout, packed, row % rows, &block);
            for (int t = t0; t < t1; t++) {
                to[(size_t)(t - t0) * ld] += elems == 32 ? block_dot_32(w->type, c, &block, x, t, b)
                                                         : block_dot_256(c, &block, x, t, b);
            }
        }
    }
}

static float float_at(const struct kern_weight *w, const uint8_t *group, int r, int k) {
    uint16_t h;
    size_t rows = (size_t)w->layout.rows, row = (size_t)r, col = (size_t)k;
    switch (w->type) {
    case KERN_F32: {
        float f;
        memcpy(&f, group + (col * rows + row) * 4, sizeof f);
        return f;
    }
    case KERN_F16:
        memcpy(&h, group + (col * rows + row) * 2, sizeof h);
        return f16_to_f32(h);
    default: /* BF16: pairs of k together */
        memcpy(&h, group + (col / 2 * rows * 2 + row * 2 + col % 2) * 2, sizeof h);
        return bf16_to_f32(h);
    }
}

static KERN_DECL_GEMM(gemm_floats) {
    int rows = w->layout.rows;
    for (int row = g0 * rows; row < g1 * rows; row++) {
        const uint8_t *group = w->data + (size_t)(row / rows) * w->group_size;
        for (int t = t0; t < t1; t++) {
            size_t at = (size_t)t * (size_t)x->stride;
            float sum = 0.0f;
            for (int k = 0; k < w->n_cols; k++) {
                float v =
                    w->type == KERN_BF16 ? bf16_to_f32(x->h[at + (size_t)k]) : x->x[at + (size_t)k];
                sum += float_at(w, group, row % rows, k) * v;
            }
            out[(size_t)(t - t0) * ld + (size_t)(row - g0 * rows)] = sum;
        }
    }
}

void kern_gemm_ref(struct kern_ops *ops) {
    for (unsigned type = 0; type < KERN_TYPE_MAX; type++) {
        if (!kern_type_info(type)) continue;
        ops->gemm[type] = kern_code((enum kern_type)type) ? gemm_blocks : gemm_floats;
    }
}
