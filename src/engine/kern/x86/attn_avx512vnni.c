/* Attention over one KV head. Keys are taken 64 at a time: scores of up to 6 query rows as an outer
 * product (keys in lanes), online softmax, then the weighted values (dims in lanes). A row's result
 * is a function of its own keys alone, and is the same whichever rows it shares a tile with. */
#include <math.h>
#include <string.h>

#include "engine/kern/attn.h"
#include "engine/kern/x86/exp_avx512.h"
#include "engine/kern/x86/kern_x86.h"

#define ROWS_PER_TILE 6
#define KEY_VECTORS (KERN_ATTN_KEYS / 16)
#define DIM_VECTORS 4 /* value dims of a tile: 64 */

/* Lanes that exist of the 16 at i. */
static inline __mmask16 lanes(int n, int i) {
    return n - i >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << (n - i)) - 1);
}

/* 16 elements as floats, without their scale; lanes off in m read as 0 and touch no memory. */
BASE_ALWAYS_INLINE __m512 load16(const uint8_t *src, __mmask16 m, enum kern_kv_type type) {
    if (type == KERN_KV_I8) {
        __m128i bytes = _mm_maskz_loadu_epi8(m, src);
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
    }
    __m256i words = _mm256_maskz_loadu_epi16(m, src);
    if (type == KERN_KV_F16) return _mm512_cvtph_ps(words);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}

/* What the softmax of a row has seen so far. */
struct row_state {
    float max, sum;
};

/* s[r][16 * block ...] = q_r . k_j for n_blocks blocks of a page's keys, rows of q q_stride floats
 * apart. */
BASE_ALWAYS_INLINE void score_tile(float *s, const float *q, size_t q_stride, int n_rows, int block,
                                   int n_blocks, const struct kern_kv_page *page, int head_dim,
                                   struct kern_ahead ahead, enum kern_kv_type type) {
    const size_t dim_size = KERN_KEY_BLOCK * kern_kv_size(type);
    const size_t block_size = (size_t)head_dim * dim_size;
    const uint8_t *keys = (const uint8_t *)page->k + (size_t)block * block_size;
    __m512 acc[ROWS_PER_TILE][KEY_VECTORS];
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_blocks; v++) acc[r][v] = _mm512_setzero_ps();
    }
    for (int d = 0; d < head_dim; d++, keys += dim_size) {
        __m512 k[KEY_VECTORS];
        kern_fetch(&ahead, KERN_ATTN_KEYS * kern_kv_size(type));
#pragma GCC unroll 4
        for (int v = 0; v < n_blocks; v++) {
            k[v] = load16(keys + (size_t)v * block_size, 0xffff, type);
        }
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            __m512 x = _mm512_set1_ps(q[(size_t)r * q_stride + (size_t)d]);
#pragma GCC unroll 4
            for (int v = 0; v < n_blocks; v++) acc[r][v] = _mm512_fmadd_ps(x, k[v], acc[r][v]);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_blocks; v++) {
            if (type == KERN_KV_I8) {
                __m512 scale = _mm512_load_ps(page->k_scale + 16 * (block + v));
                acc[r][v] = _mm512_mul_ps(acc[r][v], scale);
            }
            _mm512_store_ps(s + r * KERN_ATTN_KEYS + 16 * (block + v), acc[r][v]);
        }
    }
}

/* Turns 64 scores into weights exp(scale * s - max), brings the row's state up to date and returns
 * the factor that what was summed before must be multiplied with. */
static inline float softmax_step(float *s, int n_visible, float scale, struct row_state *row) {
    const __m512 minus_inf = _mm512_set1_ps(-INFINITY);
    __m512 v[KEY_VECTORS], top = minus_inf;
#pragma GCC unroll 4
    for (int i = 0; i < KEY_VECTORS; i++) {
        int left = n_visible - 16 * i;
        __mmask16 m = left > 0 ? lanes(left, 0) : 0;
        v[i] = _mm512_mul_ps(_mm512_load_ps(s + 16 * i), _mm512_set1_ps(scale));
        v[i] = _mm512_mask_blend_ps(m, minus_inf, v[i]);
        top = _mm512_max_ps(top, v[i]);
    }
    float max = _mm512_reduce_max_ps(top);
    if (!(max > row->max)) max = row->max;
    __m512 total = _mm512_setzero_ps();
#pragma GCC unroll 4
    for (int i = 0; i < KEY_VECTORS; i++) {
        __mmask16 seen = _mm512_cmpneq_ps_mask(v[i], minus_inf);
        __m512 p = exp_avx512(_mm512_sub_ps(v[i], _mm512_set1_ps(max)));
        p = _mm512_maskz_mov_ps(seen, p);
        total = _mm512_add_ps(total, p);
        _mm512_store_ps(s + 16 * i, p);
    }
    float shrink = row->max == -INFINITY ? 0.0f : expf(row->max - max);
    if (row->max == max) shrink = 1.0f;
    row->sum = row->sum * shrink + _mm512_reduce_add_ps(total);
    row->max = max;
    return shrink;
}

/* out[r][d0 .. d0 + 16 * n_vectors) = shrink[r] * itself + sum_j p[r][j] * v_j. */
BASE_ALWAYS_INLINE void value_tile(float *out, size_t out_stride, const float *p,
                                   const float *shrink, int n_rows, const struct kern_values *from,
                                   int d0, int n_vectors, struct kern_ahead ahead,
                                   enum kern_kv_type type) {
    const size_t size = kern_kv_size(type);
    const size_t row_size = (size_t)from->head_dim * size;
    const uint8_t *values = from->first + (size_t)d0 * size;
    __mmask16 m[DIM_VECTORS];
    __m512 acc[ROWS_PER_TILE][DIM_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++) m[v] = lanes(from->head_dim, d0 + 16 * v);
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            float *at = out + (size_t)r * out_stride + d0 + 16 * v;
            acc[r][v] = _mm512_mul_ps(_mm512_load_ps(at), _mm512_set1_ps(shrink[r]));
        }
    }
    for (int j = 0; j < from->n; j++, values += row_size) {
        __m512 x[DIM_VECTORS];
        kern_fetch(&ahead, (size_t)(16 * n_vectors) * size);
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            x[v] = load16(values + (size_t)(16 * v) * size, m[v], type);
        }
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            __m512 weight = _mm512_set1_ps(p[r * KERN_ATTN_KEYS + j]);
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++) {
                acc[r][v] = _mm512_fmadd_ps(weight, x[v], acc[r][v]);
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            _mm512_store_ps(out + (size_t)r * out_stride + d0 + 16 * v, acc[r][v]);
        }
    }
}

/* value_tile over all dims. */
BASE_ALWAYS_INLINE void value_rows(float *sums, size_t dim_pad, const float *p, const float *shrink,
                                   int n_rows, const struct kern_values *from,
                                   struct kern_ahead ahead, enum kern_kv_type type) {
    for (int d = 0; d < from->head_dim; d += 16 * DIM_VECTORS) {
        switch ((from->head_dim - d + 15) / 16) {
        case 1:
            value_tile(sums, dim_pad, p, shrink, n_rows, from, d, 1, ahead, type);
            break;
        case 2:
            value_tile(sums, dim_pad, p, shrink, n_rows, from, d, 2, ahead, type);
            break;
        case 3:
            value_tile(sums, dim_pad, p, shrink, n_rows, from, d, 3, ahead, type);
            break;
        default:
            value_tile(sums, dim_pad, p, shrink, n_rows, from, d, 4, ahead, type);
            break;
        }
        if (ahead.step > 0) ahead.next += (size_t)(16 * DIM_VECTORS) * kern_kv_size(type);
    }
}

/* The values of a step: those that every row sees together, then each row its own. */
BASE_ALWAYS_INLINE void add_values(float *sums, size_t dim_pad, const float *p, const float *shrink,
                                   int n_rows, const int *n_keys, const struct kern_kv_page *page,
                                   int head_dim, int key0, struct kern_ahead ahead,
                                   enum kern_kv_type type) {
    static const float one = 1.0f;
    int n_seen[ROWS_PER_TILE], common = kern_attn_seen(n_seen, n_keys, n_rows, key0);
    struct kern_values all = kern_values_of(page, 0, common, head_dim, type);
    value_rows(sums, dim_pad, p, shrink, n_rows, &all, ahead, type);
    for (int r = 0; r < n_rows; r++) {
        if (n_seen[r] == common) continue;
        struct kern_values own = kern_values_of(page, common, n_seen[r] - common, head_dim, type);
        value_rows(sums + (size_t)r * dim_pad, dim_pad, p + r * KERN_ATTN_KEYS + common, &one, 1,
                   &own, (struct kern_ahead){page->k, 0}, type);
    }
}

/* The scores of a page's first n_keys keys, and perhaps of some behind them. */
BASE_ALWAYS_INLINE void add_scores(float *s, const struct kern_attn_args *a, int row0, int n_rows,
                                   int n_keys, const struct kern_kv_page *page,
                                   struct kern_ahead ahead, enum kern_kv_type type) {
    const float *q = a->q + (size_t)row0 * a->q_stride;
    const int head_dim = a->kv->head_dim;
    if (n_keys > KERN_ATTN_KEYS - KERN_KEY_BLOCK) {
        score_tile(s, q, a->q_stride, n_rows, 0, KEY_VECTORS, page, head_dim, ahead, type);
        return;
    }
    for (int block = 0; block * KERN_KEY_BLOCK < n_keys; block++) {
        score_tile(s, q, a->q_stride, n_rows, block, 1, page, head_dim, ahead, type);
        ahead.step = 0;
    }
}

/* All of up to 6 rows. sums [n_rows][dim_pad] and s [n_rows][64] are scratch. */
BASE_ALWAYS_INLINE void attend_tile(const struct kern_attn_args *a, int row0, int n_rows,
                                    float *sums, size_t dim_pad, float *s, enum kern_kv_type type) {
    const struct kern_kv *kv = a->kv;
    const size_t size = kern_kv_size(type);
    const bool far = row0 == 0;
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
        struct kern_ahead values = {page.v, far ? KERN_ATTN_KEYS * size : 0}, keys = {page.v, 0};
        if (far && key0 + KERN_ATTN_KEYS < n_keys) {
            keys.next = kern_kv_page(kv, key0 / KERN_ATTN_KEYS + 1).k;
            keys.step = (size_t)kv->head_dim * size;
        }
        add_scores(s, a, row0, n_rows, n_keys - key0, &page, values, type);
        for (int r = 0; r < n_rows; r++) {
            float *p = s + r * KERN_ATTN_KEYS;
            shrink[r] = softmax_step(p, a->n_keys[row0 + r] - key0, a->scale, &state[r]);
            for (int j = 0; type == KERN_KV_I8 && j < KERN_ATTN_KEYS; j += 16) {
                __m512 scale = _mm512_load_ps(page.v_scale + j);
                _mm512_store_ps(p + j, _mm512_mul_ps(_mm512_load_ps(p + j), scale));
            }
        }
        add_values(sums, dim_pad, s, shrink, n_rows, a->n_keys + row0, &page, kv->head_dim, key0,
                   keys, type);
    }
    for (int r = 0; r < n_rows; r++) {
        float *out = a->out + (size_t)(row0 + r) * a->out_stride;
        __m512 inverse = _mm512_set1_ps(1.0f / state[r].sum);
        for (int d = 0; d < kv->head_dim; d += 16) {
            __m512 v = _mm512_mul_ps(_mm512_load_ps(sums + (size_t)r * dim_pad + d), inverse);
            _mm512_mask_storeu_ps(out + d, lanes(kv->head_dim, d), v);
        }
    }
}

BASE_ALWAYS_INLINE void attend(const struct kern_attn_args *a, enum kern_kv_type type) {
    size_t dim_pad = ((size_t)a->kv->head_dim + 15) & ~(size_t)15;
    float *sums = a->scratch;
    float *s = sums + ROWS_PER_TILE * dim_pad;
    int row = 0;
    for (; row + 6 <= a->n_q; row += 6) attend_tile(a, row, 6, sums, dim_pad, s, type);
    switch (a->n_q - row) {
    case 5:
        attend_tile(a, row, 5, sums, dim_pad, s, type);
        break;
    case 4:
        attend_tile(a, row, 4, sums, dim_pad, s, type);
        break;
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

void kern_attn_avx512vnni(struct kern_ops *ops) {
    ops->attn[KERN_KV_F16] = attn_f16;
    ops->attn[KERN_KV_BF16] = attn_bf16;
    ops->attn[KERN_KV_I8] = attn_i8;
}
