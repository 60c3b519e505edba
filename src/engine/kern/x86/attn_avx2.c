/* Attention over one KV head. Keys are taken 64 at a time: scores of up to 6 query rows as an outer
 * product (keys in lanes), online softmax, then the weighted values (dims in lanes). A row's result
 * is a function of its own keys alone, and is the same whichever rows it shares a tile with. */
#include <math.h>
#include <string.h>

#include "engine/kern/attn.h"
#include "engine/kern/x86/exp_avx2.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/lanes_avx2.h"

#define ROWS_PER_TILE 6
#define MAX_VECTORS 4 /* of keys or dims: a tile of rows x vectors has at most 12 accumulators */

/* One call's view of a tile of query rows. */
struct attn_tile {
    struct kern_kv_page page; /* of the keys at hand */
    struct kern_ahead values; /* of that page, fetched while the scores are computed */
    struct kern_ahead keys;   /* of the next, fetched while the values are added */
    int head_dim;
    const float *q; /* [n_rows], q_stride apart */
    size_t q_stride;
    const int *n_keys; /* [n_rows] */
    float *sums;       /* [n_rows][dim_pad]: the weighted values so far */
    size_t dim_pad;
    float *weights; /* [n_rows][64]: of the keys at hand */
    float shrink[ROWS_PER_TILE];
    float max[ROWS_PER_TILE], total[ROWS_PER_TILE]; /* what the softmax has seen so far */
};

/* 8 elements as floats, without their scale. */
BASE_ALWAYS_INLINE __m256 load8(const uint8_t *src, enum kern_kv_type type) {
    if (type == KERN_KV_I8) {
        __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)src);
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
    }
    __m128i halves = _mm_loadu_si128((const __m128i *)(const void *)src);
    if (type == KERN_KV_F16) return _mm256_cvtph_ps(halves);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

/* The same of which n exist: no memory behind them is touched, the other lanes are 0. */
BASE_ALWAYS_INLINE __m256 load_some(const uint8_t *src, int n, enum kern_kv_type type) {
    if (n >= 8) return load8(src, type);
    uint8_t copy[16] = {0};
    memcpy(copy, src, (size_t)n * kern_kv_size(type));
    return load8(copy, type);
}

/* weights[r][key ...] = q_r . k_j for n_vectors * 8 keys of the page, from the block of `key`. */
BASE_ALWAYS_INLINE void score_tile(struct attn_tile *a, int n_rows, int key, int n_vectors,
                                   enum kern_kv_type type) {
    const size_t dim_size = KERN_KEY_BLOCK * kern_kv_size(type);
    const size_t block_size = (size_t)a->head_dim * dim_size;
    const uint8_t *keys = (const uint8_t *)a->page.k + (size_t)key / KERN_KEY_BLOCK * block_size;
    __m256 acc[ROWS_PER_TILE][MAX_VECTORS];
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) acc[r][v] = _mm256_setzero_ps();
    }
    for (int d = 0; d < a->head_dim; d++, keys += dim_size) {
        __m256 k[MAX_VECTORS];
        kern_fetch(&a->values, a->values.step);
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            size_t in_block = (size_t)(v % 2) * dim_size / 2;
            k[v] = load8(keys + (size_t)(v / 2) * block_size + in_block, type);
        }
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            __m256 x = _mm256_set1_ps(a->q[(size_t)r * a->q_stride + (size_t)d]);
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++) acc[r][v] = _mm256_fmadd_ps(x, k[v], acc[r][v]);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            if (type == KERN_KV_I8) {
                __m256 scale = _mm256_load_ps(a->page.k_scale + key + 8 * v);
                acc[r][v] = _mm256_mul_ps(acc[r][v], scale);
            }
            _mm256_store_ps(a->weights + r * KERN_ATTN_KEYS + key + 8 * v, acc[r][v]);
        }
    }
}

/* Turns the scores of row r into weights exp(scale * s - max), 0 for keys that it does not see,
 * and sets the factor that what was summed before must be multiplied with. */
static void softmax_step(struct attn_tile *a, int r, int key0, float scale) {
    float *s = a->weights + r * KERN_ATTN_KEYS;
    const int n_seen = a->n_keys[r] - key0;
    __m256 top = _mm256_set1_ps(-INFINITY);
    for (int i = 0; i < KERN_ATTN_KEYS; i += 8) {
        __m256 seen = _mm256_castsi256_ps(lanes(n_seen, i));
        __m256 v = _mm256_mul_ps(_mm256_load_ps(s + i), _mm256_set1_ps(scale));
        v = _mm256_blendv_ps(_mm256_set1_ps(-INFINITY), v, seen);
        _mm256_store_ps(s + i, v);
        top = _mm256_max_ps(top, v);
    }
    float max = max_lane(top), before = a->max[r];
    if (!(max > before)) max = before;
    __m256 total = _mm256_setzero_ps();
    for (int i = 0; i < KERN_ATTN_KEYS; i += 8) {
        __m256 seen = _mm256_castsi256_ps(lanes(n_seen, i));
        __m256 p = exp_avx2(_mm256_sub_ps(_mm256_load_ps(s + i), _mm256_set1_ps(max)));
        p = _mm256_and_ps(p, seen);
        _mm256_store_ps(s + i, p);
        total = _mm256_add_ps(total, p);
    }
    float shrink = 1.0f;
    if (before != max) shrink = before == -INFINITY ? 0.0f : expf(before - max);
    a->shrink[r] = shrink;
    a->total[r] = a->total[r] * shrink + add_lanes(total);
    a->max[r] = max;
}

/* sums[r][d0 ...] = shrink[r] * itself + sum_j weights[r][j] * v_j over the page's keys `key` to
 * key + n_keys, for rows r0 to r0 + n_rows and 8 * n_vectors dims; the dims that exist may end
 * within the tile only if that is one vector. */
BASE_ALWAYS_INLINE void value_tile(const struct attn_tile *a, int r0, int n_rows, int key,
                                   int n_keys, int d0, int n_vectors, enum kern_kv_type type) {
    const size_t size = kern_kv_size(type), row_size = (size_t)a->head_dim * size;
    const struct kern_values from = kern_values_of(&a->page, key, n_keys, a->head_dim, type);
    const uint8_t *values = from.first + (size_t)d0 * size;
    const int left = a->head_dim - d0;
    const float *weights = a->weights + r0 * KERN_ATTN_KEYS + key;
    float *sums = a->sums + (size_t)r0 * a->dim_pad + d0;
    struct kern_ahead next = a->keys;
    if (next.step > 0) next.next += (size_t)d0 * size;
    __m256 acc[ROWS_PER_TILE][MAX_VECTORS];
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            __m256 sum = _mm256_load_ps(sums + (size_t)r * a->dim_pad + 8 * v);
            acc[r][v] = _mm256_mul_ps(sum, _mm256_set1_ps(a->shrink[r0 + r]));
        }
    }
    for (int j = 0; j < n_keys; j++, values += row_size) {
        __m256 x[MAX_VECTORS];
        kern_fetch(&next, (size_t)(8 * n_vectors) * size);
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            const uint8_t *src = values + (size_t)(8 * v) * size;
            x[v] = n_vectors == 1 ? load_some(src, left, type) : load8(src, type);
        }
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            __m256 weight = _mm256_set1_ps(weights[r * KERN_ATTN_KEYS + j]);
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++) {
                acc[r][v] = _mm256_fmadd_ps(weight, x[v], acc[r][v]);
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++) {
            _mm256_store_ps(sums + (size_t)r * a->dim_pad + 8 * v, acc[r][v]);
        }
    }
}

/* value_tile over all dims. */
BASE_ALWAYS_INLINE void value_rows(const struct attn_tile *a, int r0, int n_rows, int key,
                                   int n_keys, enum kern_kv_type type) {
    const int n_vectors = n_rows > 3 ? 2 : MAX_VECTORS, dim = a->head_dim;
    int d = 0;
    for (; d + 8 * n_vectors <= dim; d += 8 * n_vectors) {
        value_tile(a, r0, n_rows, key, n_keys, d, n_vectors, type);
    }
    for (; d < dim; d += 8) value_tile(a, r0, n_rows, key, n_keys, d, 1, type);
}

/* One step over the 64 keys from key0, of which some row sees n_keys. */
BASE_ALWAYS_INLINE void attend_keys(struct attn_tile *a, int n_rows, int key0, int n_keys,
                                    float scale, enum kern_kv_type type) {
    const int n_vectors = n_rows > 3 ? 2 : MAX_VECTORS;
    for (int key = 0; key < n_keys; key += 8 * n_vectors) {
        score_tile(a, n_rows, key, n_vectors, type);
    }
    for (int r = 0; r < n_rows; r++) {
        softmax_step(a, r, key0, scale);
        if (type != KERN_KV_I8) continue;
        float *weights = a->weights + r * KERN_ATTN_KEYS;
        for (int j = 0; j < KERN_ATTN_KEYS; j += 8) {
            __m256 scales = _mm256_load_ps(a->page.v_scale + j);
            _mm256_store_ps(weights + j, _mm256_mul_ps(_mm256_load_ps(weights + j), scales));
        }
    }
    int n_seen[ROWS_PER_TILE], common = kern_attn_seen(n_seen, a->n_keys, n_rows, key0);
    value_rows(a, 0, n_rows, 0, common, type);
    for (int r = 0; r < n_rows; r++) {
        if (n_seen[r] == common) continue;
        a->shrink[r] = 1.0f;
        a->keys.step = 0;
        value_rows(a, r, 1, common, n_seen[r] - common, type);
    }
}

/* The values of this page, and the keys of the next if there is one. */
BASE_ALWAYS_INLINE void fetch_ahead(struct attn_tile *a, const struct kern_kv *kv, int key0,
                                    int n_keys, int n_rows, enum kern_kv_type type) {
    a->values.step = (n_rows > 3 ? 16 : 32) * kern_kv_size(type); /* a dim of score_tile's keys */
    if (key0 + KERN_ATTN_KEYS >= n_keys) return;
    a->keys.next = kern_kv_page(kv, key0 / KERN_ATTN_KEYS + 1).k;
    a->keys.step = (size_t)kv->head_dim * kern_kv_size(type);
}

/* All of up to 6 rows. */
BASE_ALWAYS_INLINE void attend_rows(const struct kern_attn_args *args, int row0, int n_rows,
                                    enum kern_kv_type type) {
    const int dim = args->kv->head_dim;
    struct attn_tile a = {.head_dim = dim,
                          .q = args->q + (size_t)row0 * args->q_stride,
                          .q_stride = args->q_stride,
                          .n_keys = args->n_keys + row0,
                          .sums = args->scratch,
                          .dim_pad = ((size_t)dim + 15) & ~(size_t)15};
    a.weights = a.sums + ROWS_PER_TILE * a.dim_pad;
    memset(a.sums, 0, (size_t)n_rows * a.dim_pad * sizeof *a.sums);
    int n_keys = 0;
    for (int r = 0; r < n_rows; r++) {
        a.max[r] = -INFINITY;
        if (a.n_keys[r] > n_keys) n_keys = a.n_keys[r];
    }
    for (int key0 = 0; key0 < n_keys; key0 += KERN_ATTN_KEYS) {
        int n_here = n_keys - key0 < KERN_ATTN_KEYS ? n_keys - key0 : KERN_ATTN_KEYS;
        a.page = kern_kv_page(args->kv, key0 / KERN_ATTN_KEYS);
        a.values = a.keys = (struct kern_ahead){a.page.v, 0};
        if (row0 == 0) fetch_ahead(&a, args->kv, key0, n_keys, n_rows, type);
        attend_keys(&a, n_rows, key0, n_here, args->scale, type);
    }
    for (int r = 0; r < n_rows; r++) {
        float *out = args->out + (size_t)(row0 + r) * args->out_stride;
        __m256 inverse = _mm256_set1_ps(1.0f / a.total[r]);
        for (int d = 0; d < dim; d += 8) {
            __m256 v = _mm256_mul_ps(_mm256_load_ps(a.sums + (size_t)r * a.dim_pad + d), inverse);
            _mm256_maskstore_ps(out + d, lanes(dim, d), v);
        }
    }
}

BASE_ALWAYS_INLINE void attend(const struct kern_attn_args *a, enum kern_kv_type type) {
    int row = 0;
    for (; row + 6 <= a->n_q; row += 6) attend_rows(a, row, 6, type);
    switch (a->n_q - row) {
    case 5:
        attend_rows(a, row, 5, type);
        break;
    case 4:
        attend_rows(a, row, 4, type);
        break;
    case 3:
        attend_rows(a, row, 3, type);
        break;
    case 2:
        attend_rows(a, row, 2, type);
        break;
    case 1:
        attend_rows(a, row, 1, type);
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

void kern_attn_avx2(struct kern_ops *ops) {
    ops->attn[KERN_KV_F16] = attn_f16;
    ops->attn[KERN_KV_BF16] = attn_bf16;
    ops->attn[KERN_KV_I8] = attn_i8;
}
