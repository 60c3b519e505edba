#include "data.h"

#include <string.h>

#include "engine/kern/half.h"

const char *const data_pattern_names[DATA_N_PATTERNS] = {"random", "ends",  "exact",
                                                         "small",  "large", "fault"};

/* Where a block type keeps its scale and its minimum (-1: none). */
struct scales_at {
    int d, dmin;
};

static struct scales_at scales_at(enum kern_type type) {
    switch (type) {
    case KERN_Q4_1:
    case KERN_Q5_1:
    case KERN_Q4_K:
    case KERN_Q5_K:
        return (struct scales_at){0, 2};
    case KERN_Q2_K:
        return (struct scales_at){80, 82};
    case KERN_Q3_K:
        return (struct scales_at){108, -1};
    case KERN_Q6_K:
        return (struct scales_at){208, -1};
    default:
        return (struct scales_at){0, -1};
    }
}

static bool one_in(struct check *c, int n) {
    return check_below(c, n) == 0;
}

static float sign(struct check *c) {
    return one_in(c, 2) ? -1.0f : 1.0f;
}

/* f16 bits of a block's scale or minimum. */
static uint16_t scale_f16(struct check *c, enum data_pattern p) {
    switch (p) {
    case DATA_EXACT:
        return f32_to_f16(sign(c) * 0.25f);
    case DATA_SMALL:
        return (uint16_t)(check_below(c, 4) * check_below(c, 400) | (one_in(c, 2) ? 0x8000 : 0));
    case DATA_LARGE:
        return (uint16_t)(0x7bff | (one_in(c, 2) ? 0x8000 : 0));
    case DATA_FAULT:
        if (one_in(c, 30)) return 0x7c00;
        if (one_in(c, 30)) return 0xfc00;
        if (one_in(c, 30)) return 0x7e01;
        break;
    default:
        break;
    }
    return f32_to_f16(check_unit(c));
}

/* The exponent of an MXFP4 block. */
static uint8_t scale_e8m0(struct check *c, enum data_pattern p) {
    static const uint8_t ends[] = {0, 1, 2, 254, 255};
    switch (p) {
    case DATA_EXACT:
        return 127;
    case DATA_SMALL:
        return (uint8_t)check_below(c, 4);
    case DATA_LARGE: /* its activations are small */
    case DATA_FAULT:
        return ends[check_below(c, 5)];
    default:
        return (uint8_t)(112 + check_below(c, 20));
    }
}

static void fill_block(struct check *c, enum kern_type type, uint8_t *block, enum data_pattern p) {
    static const uint8_t ends[] = {0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0};
    int size = kern_type_info(type)->block_bytes;
    struct scales_at at = scales_at(type);
    bool alike = one_in(c, 2);
    uint8_t end = ends[check_below(c, 6)];
    for (int i = 0; i < size; i++) {
        if (p != DATA_ENDS)
            block[i] = (uint8_t)check_random(c);
        else
            block[i] = alike ? end : ends[check_below(c, 6)];
    }
    if (type == KERN_MXFP4) {
        block[0] = scale_e8m0(c, p);
        return;
    }
    uint16_t d = scale_f16(c, p), dmin = scale_f16(c, p);
    memcpy(block + at.d, &d, 2);
    if (at.dmin >= 0) memcpy(block + at.dmin, &dmin, 2);
}

/* A weight or an activation of the float types. Where the products of a pattern could be infinite
 * by size alone, weights are large and activations are not. */
static float float_value(struct check *c, enum data_pattern p, bool is_weight) {
    float u = check_unit(c);
    switch (p) {
    case DATA_ENDS: /* sums that cancel */
        return sign(c) * (is_weight ? 1.5f : 1.0f + 0x1p-7f);
    case DATA_EXACT:
        return (float)(check_below(c, 17) - 8);
    case DATA_SMALL:
        return is_weight ? u * ldexpf(1.0f, -14 - check_below(c, 12)) : one_in(c, 5) ? 0.0f : u;
    case DATA_LARGE:
        return u * (is_weight ? 65000.0f : 1e30f);
    case DATA_FAULT:
        if (one_in(c, 200)) return sign(c) * INFINITY;
        if (one_in(c, 400)) return NAN;
        return one_in(c, 9) ? 0.0f : u;
    default:
        return u;
    }
}

static void fill_floats(struct check *c, struct data_matrix *m, enum data_pattern p) {
    size_t n = (size_t)m->n_rows * (size_t)m->n_cols, size = m->type == KERN_F32 ? 4 : 2;
    for (size_t i = 0; i < n; i++) {
        float f = float_value(c, p, true);
        /* Subnormal weights of the wider types, too. */
        if (p == DATA_SMALL && m->type != KERN_F16 && one_in(c, 3)) f *= 0x1p-117f;
        uint16_t h = m->type == KERN_F16 ? f32_to_f16(f) : f32_to_bf16(f);
        if (m->type == KERN_F32)
            memcpy(m->src + i * size, &f, size);
        else
            memcpy(m->src + i * size, &h, size);
    }
}

void data_new_matrix(struct check *c, struct data_matrix *m, enum kern_type type, int n_rows,
                     int n_cols, enum data_pattern p) {
    const struct kern_type_info *info = kern_type_info(type);
    size_t row_size = kern_row_size(type, n_cols), size = (size_t)n_rows * row_size;
    *m = (struct data_matrix){.type = type, .n_rows = n_rows, .n_cols = n_cols};
    m->src = CHECK_NEW(c, uint8_t, size, 0);
    if (info->block_elems == 1) {
        fill_floats(c, m, p);
    } else {
        for (size_t i = 0; i < size; i += (size_t)info->block_bytes) {
            fill_block(c, type, m->src + i, p);
        }
    }
}

void data_pack(struct check *c, struct data_matrix *m, struct kern_layout layout) {
    size_t group_size = kern_packed_group_size(m->type, layout, m->n_cols);
    int n_groups = kern_n_groups(layout, m->n_rows);
    uint8_t *data = check_alloc(c, group_size * (size_t)n_groups, 64, 0x55);
    for (int g = 0; g < n_groups; g++) {
        kern_pack_group(m->type, layout, m->src, m->n_rows, m->n_cols, g,
                        data + (size_t)g * group_size);
    }
    m->packed = (struct kern_weight){
        .data = data,
        .group_size = group_size,
        .type = m->type,
        .layout = layout,
        .n_rows = m->n_rows,
        .n_cols = m->n_cols,
    };
}

void data_new_acts(struct check *c, struct kern_acts *a, enum kern_act kind, int n_tokens,
                   int n_cols) {
    kern_acts_init(a, kind, n_tokens, n_cols, NULL);
    size_t n = (size_t)a->stride * (size_t)n_tokens;
    bool wide = kind == KERN_ACT_Q8_256;
    if (kind == KERN_ACT_F32 || kind == KERN_ACT_F16) a->x = CHECK_NEW(c, float, n, 0);
    if (kind == KERN_ACT_BF16) a->h = CHECK_NEW(c, uint16_t, n, 0);
    if (kind != KERN_ACT_Q8_32 && !wide) return;
    a->q = CHECK_NEW(c, int8_t, n, 0);
    a->d = CHECK_NEW(c, float, n / (wide ? 256 : 32), 0);
    a->nsum = CHECK_NEW(c, int32_t, n / (wide ? 16 : 32), 0);
    if (!wide) return;
    a->sum16 = CHECK_NEW(c, int16_t, n / 16, 0);
    a->sum32 = CHECK_NEW(c, int16_t, n / 32, 0);
}

static float act_scale(struct check *c, enum data_pattern p) {
    switch (p) {
    case DATA_EXACT:
        return 0.5f;
    case DATA_SMALL:
        return one_in(c, 3) ? 0.0f : one_in(c, 2) ? 1e-36f / 127.0f : fabsf(check_unit(c));
    case DATA_LARGE: /* 2^127, the largest MXFP4 scale, leaves room for 2^-30 */
        return fabsf(check_unit(c)) * 0x1p-30f;
    case DATA_FAULT:
        return one_in(c, 12) ? NAN : fabsf(check_unit(c)) * 0x1p-30f;
    default:
        return fabsf(check_unit(c)) * 0.1f;
    }
}

/* The q of one block. */
static void fill_q(struct check *c, int8_t *q, int n, float d, enum data_pattern p) {
    int limit = p == DATA_EXACT && n == 256 ? 2 : 127;
    bool alike = one_in(c, 2);
    int8_t end = one_in(c, 2) ? 127 : -127;
    for (int i = 0; i < n; i++) {
        if (d == 0.0f || isnan(d))
            q[i] = 0;
        else if (p == DATA_ENDS)
            q[i] = alike ? end : one_in(c, 2) ? 127 : -127;
        else
            q[i] = (int8_t)(check_below(c, 2 * limit + 1) - limit);
    }
}

static void fill_row(struct check *c, struct kern_acts *a, size_t t, enum data_pattern p) {
    size_t stride = (size_t)a->stride;
    int n = a->kind == KERN_ACT_Q8_32 ? 32 : 256;
    for (int b = 0; b < a->n_cols / n; b++) {
        float d = a->d[t * (stride / (size_t)n) + (size_t)b] = act_scale(c, p);
        int8_t *q = a->q + t * stride + (size_t)(b * n);
        fill_q(c, q, n, d, p);
        for (int i = 0; i < n; i += 16) {
            size_t at = t * (stride / 16) + (size_t)(b * n + i) / 16;
            int sum = 0;
            for (int k = i; k < i + 16; k++) sum += q[k];
            if (n == 32) {
                a->nsum[at / 2] -= sum;
                continue;
            }
            a->nsum[at] = -sum;
            a->sum16[at] = (int16_t)sum;
            a->sum32[at / 2] = (int16_t)(a->sum32[at / 2] + sum);
        }
    }
}

void data_fill_acts(struct check *c, struct kern_acts *a, int n_tokens, enum data_pattern p) {
    for (int t = 0; t < n_tokens; t++) {
        if (a->q) fill_row(c, a, (size_t)t, p);
        for (int i = 0; !a->q && i < a->n_cols; i++) {
            size_t at = (size_t)t * (size_t)a->stride + (size_t)i;
            float f = float_value(c, p, false);
            if (a->x)
                a->x[at] = f;
            else
                a->h[at] = f32_to_bf16(f);
        }
    }
}

struct kern_kv data_new_kv(struct check *c, enum kern_kv_type type, int head_dim, int n_pages,
                           uint8_t fill) {
    uint8_t **pages = CHECK_NEW(c, uint8_t *, n_pages, 0);
    struct kern_kv kv = {.type = type, .head_dim = head_dim, .pages = pages};
    kv.offset = (size_t)check_below(c, 3) * 64;
    for (int i = 0; i < n_pages; i++) {
        pages[i] = check_alloc(c, kv.offset + kern_kv_page_size(type, head_dim), 64, fill);
    }
    return kv;
}
