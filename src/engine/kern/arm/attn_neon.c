/* Attention over one KV head. Keys are taken 64 at a time: scores of up to 4 query rows as an outer
 * product (keys in lanes), online softmax, then the weighted values (dims in lanes). A row's result
 * is a function of its own keys alone, and is the same whichever rows it shares a tile with. */
#include <math.h>
#include <string.h>

#include "engine/kern/arm/exp_neon.h"
#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/attn.h"

#define ROWS_PER_TILE 4
#define VECTORS 4 /* of a tile's 16 keys or 16 dims */

/* 16 elements as floats, without their scale. */
BASE_ALWAYS_INLINE void load16(float32x4_t to[VECTORS], const uint8_t *src,
                               enum kern_kv_type type) {
    if (type == KERN_KV_I8) {
        int8x16_t bytes = vreinterpretq_s8_u8(vld1q_u8(src));
        int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);
        to[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
        to[1] = vcvtq_f32_s32(vmovl_high_s16(low));
        to[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
        to[3] = vcvtq_f32_s32(vmovl_high_s16(high));
        return;
    }
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) {
        uint8x8_t four = vld1_u8(src + 8 * v);
        if (type == KERN_KV_F16)
            to[v] = vcvt_f32_f16(vreinterpret_f16_u8(four));
        else
            to[v] = vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(four), 16));
    }
}

/* The same of n < 16 elements; the others are 0 and not touched in memory. */
static inline void load_part(float32x4_t to[VECTORS], const uint8_t *src, int n,
                             enum kern_kv_type type) {
    uint8_t whole[32] = {0};
    memcpy(whole, src, (size_t)n * kern_kv_size(type));
    load16(to, whole, type);
}

/* What the softmax of a row has seen so far. */
struct row_state {
    float max, sum;
};

/* s[r][0..16) = q_r . k_j for a block of a page's keys, rows of q q_stride floats apart. */
BASE_ALWAYS_INLINE void score_tile(float *s, const float *q, size_t q_stride, int n_rows,
                                   const struct kern_kv_page *page, int block, int head_dim,
                                   enum kern_kv_type type) {
    const size_t dim_size = KERN_KEY_BLOCK * kern_kv_size(type);
    const uint8_t *keys = (const uint8_t *)page->k + (size_t)(block * head_dim) * dim_size;
    float32x4_t acc[ROWS_PER_TILE][VECTORS];
#pragma GCC unroll 4
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) acc[r][v] = vdupq_n_f32(0.0f);
    }
    for (int d = 0; d < head_dim; d++, keys += dim_size) {
        float32x4_t k[VECTORS];
        load16(k, keys, type);
#pragma GCC unroll 4
        for (int r = 0; r < n_rows; r++) {
            float x = q[(size_t)r * q_stride + (size_t)d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) acc[r][v] = vfmaq_n_f32(acc[r][v], k[v], x);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            if (type == KERN_KV_I8) {
                const float *scales = page->k_scale + block * KERN_KEY_BLOCK + 4 * v;
                acc[r][v] = vmulq_f32(acc[r][v], vld1q_f32(scales));
            }
            vst1q_f32(s + r * KERN_ATTN_KEYS + 4 * v, acc[r][v]);
        }
    }
}

/* Turns 64 scores into weights exp(scale * s - max), brings the row's state up to date and returns
 * the factor that what was summed before must be multiplied with. */
static inline float softmax_step(float *s, int n_visible, float scale, struct row_state *row) {
    static const int32_t first_four[4] = {0, 1, 2, 3};
    const float32x4_t minus_inf = vdupq_n_f32(-INFINITY);
    int32x4_t key = vld1q_s32(first_four);
    float32x4_t top = minus_inf;
    for (int j = 0; j < KERN_ATTN_KEYS; j += 4, key = vaddq_s32(key, vdupq_n_s32(4))) {
        float32x4_t v = vmulq_n_f32(vld1q_f32(s + j), scale);
        v = vbslq_f32(vcltq_s32(key, vdupq_n_s32(n_visible)), v, minus_inf);
        top = vmaxnmq_f32(top, v);
        vst1q_f32(s + j, v);
    }
    float max = vmaxnmvq_f32(top);
    if (!(max > row->max)) max = row->max;
    float32x4_t total = vdupq_n_f32(0.0f);
    for (int j = 0; j < KERN_ATTN_KEYS; j += 4) {
        float32x4_t v = vld1q_f32(s + j);
        uint32x4_t unseen = vceqq_f32(v, minus_inf);
        float32x4_t p = exp_neon(vsubq_f32(v, vdupq_n_f32(max)));
        p = vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(p), unseen));
        total = vaddq_f32(total, p);
        vst1q_f32(s + j, p);
    }
    float shrink = row->max == -INFINITY ? 0.0f : expf(row->max - max);
    if (row->max == max) shrink = 1.0f;
    row->sum = row->sum * shrink + vaddvq_f32(total);
    row->max = max;
    return shrink;
}

/* sums[r][d0 .. d0 + 16) = shrink[r] * itself + sum_j p[r][j] * v_j. */
BASE_ALWAYS_INLINE void value_tile(float *sums, size_t dim_pad, const float *p, const float *shrink,
                                   int n_rows, const struct kern_values *from, int d0,
                                   enum kern_kv_type type) {
    const size_t size = kern_kv_size(type), row_size = (size_t)from->head_dim * size;
    const uint8_t *values = from->first + (size_t)d0 * size;
    const bool whole = d0 + 16 <= from->head_dim;
    float32x4_t acc[ROWS_PER_TILE][VECTORS];
#pragma GCC unroll 4
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            acc[r][v] = vmulq_n_f32(vld1q_f32(sums + (size_t)r * dim_pad + d0 + 4 * v), shrink[r]);
        }
    }
    for (int j = 0; j < from->n; j++, values += row_size) {
        float32x4_t x[VECTORS];
        if (whole)
            load16(x, values, type);
        else
            load_part(x, values, from->head_dim - d0, type);
#pragma GCC unroll 4
        for (int r = 0; r < n_rows; r++) {
            float weight = p[r * KERN_ATTN_KEYS + j];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) acc[r][v] = vfmaq_n_f32(acc[r][v], x[v], weight);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            vst1q_f32(sums + (size_t)r * dim_pad + d0 + 4 * v, acc[r][v]);
        }
    }
}

/* value_tile over all dims. */
BASE_ALWAYS_INLINE void value_rows(float *sums, size_t dim_pad, const float *p, const float *shrink,
                                   int n_rows, const struct kern_values *from,
                                   enum kern_kv_type type) {
    for (int d = 0; d < from->head_dim; d += 16) {
        value_tile(sums, dim_pad, p, shrink, n_rows, from, d, type);
    }
}

/* The values of a step: those that every row sees together, then each row its own. */
BASE_ALWAYS_INLINE void add_values(float *sums, size_t dim_pad, const float *p, const float *shrink,
                                   int n_rows, const int *n_keys, const struct kern_kv_page *page,
                                   int head_dim, int key0, enum kern_kv_type type) {
    static const float one = 1.0f;
    int n_seen[ROWS_PER_TILE], common = kern_attn_seen(n_seen, n_keys, n_rows, key0);
    struct kern_values all = kern_values_of(page, 0, common, head_dim, type);
    value_rows(sums, dim_pad, p, shrink, n_rows, &all, type);
    for (int r = 0; r < n_rows; r++) {
        if (n_seen[r] == common) continue;
        struct kern_values own = kern_values_of(page, common, n_seen[r] - common, head_dim, type);
        value_rows(sums + (size_t)r * dim_pad, dim_pad, p + r * KERN_ATTN_KEYS + common, &one, 1,
                   &own, type);
    }
}

/* out[0..n) = sums / total; sums has room for a multiple of 16. */
static void store_row(float *out, float *sums, int n, float total) {
    float inverse = 1.0f / total;
    for (int d = 0; d < n; d += 4) {
        vst1q_f32(sums + d, vmulq_n_f32(vld1q_f32(sums + d), inverse));
    }
    memcpy(out, sums, (size_t)n * sizeof *out);
}

/* All of up to 4 rows. sums [n_rows][dim_pad] and s [n_rows][64] are scratch. */
BASE_ALWAYS_INLINE void attend_tile(const struct kern_attn_args *a, int row0, int n_rows,
                                    float *sums, size_t dim_pad, float *s, enum kern_kv_type type) {
    const struct kern_kv *kv = a->kv;
    const float *q = a->q + (size_t)row0 * a->q_stride;
    struct row_state state[ROWS_PER_TILE];
    float shrink[ROWS_PER_TILE];
    int n_keys = 0;
    for (int r = 0; r < n_rows; r++) {
        state[r] = (struct row_state){.max = -INFINITY};
        if (a->n_keys[row0 + r] > n_keys) n_keys = a->n_keys[row0 + r];
    }
    memset(sums, 0, (size_t)n_rows * dim_pad * sizeof *sums);
    for (int key0 = 0; key0 < n_keys; key0 += KERN_ATTN_KEYS) {
        struct kern_kv_page page = kern_kv_page(kv, key0 / KERN_ATTN_KEYS);
        for (int b = 0; b < KERN_ATTN_KEYS / KERN_KEY_BLOCK; b++) {
            score_tile(s + b * KERN_KEY_BLOCK, q, a->q_stride, n_rows, &page, b, kv->head_dim,
                       type);
        }
        for (int r = 0; r < n_rows; r++) {
            float *p = s + r * KERN_ATTN_KEYS;
            shrink[r] = softmax_step(p, a->n_keys[row0 + r] - key0, a->scale, &state[r]);
            for (int j = 0; type == KERN_KV_I8 && j < KERN_ATTN_KEYS; j += 4) {
                vst1q_f32(p + j, vmulq_f32(vld1q_f32(p + j), vld1q_f32(page.v_scale + j)));
            }
        }
        add_values(sums, dim_pad, s, shrink, n_rows, a->n_keys + row0, &page, kv->head_dim, key0,
                   type);
    }
    for (int r = 0; r < n_rows; r++) {
        float *out = a->out + (size_t)(row0 + r) * a->out_stride;
        store_row(out, sums + (size_t)r * dim_pad, kv->head_dim, state[r].sum);
    }
}

BASE_ALWAYS_INLINE void attend(const struct kern_attn_args *a, enum kern_kv_type type) {
    size_t dim_pad = ((size_t)a->kv->head_dim + 15) & ~(size_t)15;
    float *sums = a->scratch;
    float *s = sums + ROWS_PER_TILE * dim_pad;
    int row = 0;
    for (; row + 4 <= a->n_q; row += 4) attend_tile(a, row, 4, sums, dim_pad, s, type);
    switch (a->n_q - row) {
    case 3:
        attend_tile(a, row, 3, sums, dim_pad, s, type);
        break;
    case 2:
        attend_tile(a, row, 2, sums, dim_pad, s, type);
        break;
    case 1:
        attend_tile(a, row, 1, sums, dim_pad, s, type);
        break;
    default:
        break;
    }
}

static KERN_DECL_ATTN(attn_f16) {
    attend(a, KERN_KV_F16);
}

static KERN_DECL_ATTN(attn_bf16) {
    attend(a, KERN_KV_BF16);
}

static KERN_DECL_ATTN(attn_i8) {
    attend(a, KERN_KV_I8);
}

void kern_attn_neon(struct kern_ops *ops) {
    ops->attn[KERN_KV_F16] = attn_f16;
    ops->attn[KERN_KV_BF16] = attn_bf16;
    ops->attn[KERN_KV_I8] = attn_i8;
}
