/* Every arithmetic operation of the engine, declared once with its contract, and the table that
 * a tier fills. ref/ is the definition of each op; a tier's version must agree with it: integers
 * exactly, floats within the bound stated in docs/add-a-kernel.md. The result for one token or
 * row never depends on which others are computed in the same call. Pointers need 64-byte
 * alignment only where said. No op allocates. */
#ifndef INGLE_ENGINE_KERN_OPS_H
#define INGLE_ENGINE_KERN_OPS_H

#include "engine/cpu/tier.h"
#include "engine/kern/act.h"
#include "engine/kern/pack.h"

/* Matrix times activations for whole row groups:
 *   out[t * ld + (g - g0) * R + r] = sum_k w[g*R + r][k] * x[t][k]    g0 <= g < g1, t0 <= t < t1,
 * where t counts from t0 in out (row t0 is written at out). Rows of a partial last group are
 * written as zeros. One entry per weight type; the act kind is that of the type. */
#define KERN_DECL_GEMM(name)                                                                       \
    void name(float *out, size_t ld, const struct kern_weight *w, int g0, int g1,                  \
              const struct kern_acts *x, int t0, int t1)
typedef KERN_DECL_GEMM((*kern_gemm_fn));

/* Row t of *a from x[0..n_cols) (act.h says what is written). */
#define KERN_DECL_ACT(name) void name(struct kern_acts *a, int t, const float *x)
typedef KERN_DECL_ACT((*kern_act_fn));

/* y[i] = x[i] * w[i] / sqrt(mean(x^2) + eps). y may be x. Squares are summed in double. */
#define KERN_DECL_RMS_NORM(name)                                                                   \
    void name(float *y, const float *x, const float *w, int n, float eps)
typedef KERN_DECL_RMS_NORM((*kern_rms_norm_fn));

/* y[i] = silu(gate[i]) * up[i], silu(v) = v / (1 + exp(-v)). y may be gate or up. */
#define KERN_DECL_SILU_MUL(name) void name(float *y, const float *gate, const float *up, int n)
typedef KERN_DECL_SILU_MUL((*kern_silu_mul_fn));

/* y[i] += x[i] */
#define KERN_DECL_ADD(name) void name(float *y, const float *x, int n)
typedef KERN_DECL_ADD((*kern_add_fn));

/* y[i] = exp(scale * x[i] + shift); returns their sum. y may be x; n >= 0. */
#define KERN_DECL_EXP_SUM(name)                                                                    \
    float name(float *y, const float *x, int n, float scale, float shift)
typedef KERN_DECL_EXP_SUM((*kern_exp_sum_fn));

/* peaks[i] = the greatest of x[i * group .. (i + 1) * group), the last part of n shorter; NaN is
 * passed over, -infinity where there is nothing else. */
#define KERN_DECL_PEAKS(name) void name(float *peaks, const float *x, int n, int group)
typedef KERN_DECL_PEAKS((*kern_peaks_fn));

/* Rotates the first n_rot dims of n_heads heads at x (head_dim apart) by the angles whose
 * cos and sin (already times the magnitude factor) are cs[2*i], cs[2*i + 1], i < n_rot / 2.
 * neox false: pairs (2i, 2i+1); true: pairs (i, i + n_rot/2). */
#define KERN_DECL_ROPE(name)                                                                       \
    void name(float *x, const float *cs, int n_heads, int head_dim, int n_rot, bool neox)
typedef KERN_DECL_ROPE((*kern_rope_fn));

enum kern_kv_type { KERN_KV_F16, KERN_KV_BF16, KERN_KV_I8, KERN_N_KV_TYPES };

/* Bytes of one element. */
static inline size_t kern_kv_size(enum kern_kv_type type) {
    return type == KERN_KV_I8 ? 1 : 2;
}

/* Keys and values of KERN_ATTN_KEYS consecutive positions of one layer and KV head. Keys lie in
 * blocks of KERN_KEY_BLOCK, dims outermost, so that scores need no horizontal sums; values lie row
 * by row.
 *   k [64 / 16][head_dim][16], v [64][head_dim]   elements of the type
 *   k_scale, v_scale [64]                         I8 only: element = scale * int8
 * One follows the other in memory, 64-byte aligned. */
#define KERN_ATTN_KEYS 64 /* also the keys of a step of the online softmax */
#define KERN_KEY_BLOCK 16
struct kern_kv_page {
    void *k, *v;
    float *k_scale, *v_scale;
};

/* The cache of one layer and KV head: position p lies in page p / KERN_ATTN_KEYS, `offset` bytes
 * into its memory. A kernel may read all of a page that it needs a key of. */
struct kern_kv {
    enum kern_kv_type type;
    int head_dim; /* multiple of 2; tiers vectorise multiples of 16 */
    uint8_t *const *pages;
    size_t offset;
};

/* Bytes of what a page holds of one head. */
static inline size_t kern_kv_page_size(enum kern_kv_type type, int head_dim) {
    size_t elements = (size_t)KERN_ATTN_KEYS * (size_t)head_dim * kern_kv_size(type);
    size_t scales = type == KERN_KV_I8 ? KERN_ATTN_KEYS * sizeof(float) : 0;
    return 2 * (elements + scales);
}

static inline struct kern_kv_page kern_kv_page(const struct kern_kv *kv, int page) {
    size_t size = (size_t)KERN_ATTN_KEYS * (size_t)kv->head_dim * kern_kv_size(kv->type);
    uint8_t *keys = kv->pages[page] + kv->offset;
    float *scales = (float *)(void *)(keys + 2 * size);
    return (struct kern_kv_page){keys, keys + size, scales, scales + KERN_ATTN_KEYS};
}

/* Writes key and value (float[head_dim]) at position pos. f16 and bf16 round to nearest even;
 * i8: scale and q of each row as a block of int8 activations (act.h). */
#define KERN_DECL_KV_STORE(name)                                                                   \
    void name(const struct kern_kv *kv, int pos, const float *key, const float *value)
typedef KERN_DECL_KV_STORE((*kern_kv_store_fn));

/* Attention of n_q query rows over one KV head: for each row i, over keys j < n_keys[i],
 *   s_j = scale * q_i . k_j,  out_i = sum_j softmax(s)_j v_j
 * (I8: the scale of a key or value is applied to the whole product). Where that is NaN or infinite,
 * out_i is one of the two.
 * q and out are float [n_q] rows, q_stride and out_stride floats apart; n_keys[i] >= 1.
 * scratch: KERN_ATTN_SCRATCH(head_dim) floats, 64-byte aligned. n_q <= KERN_ATTN_MAX_Q. */
#define KERN_ATTN_MAX_Q 64
#define KERN_ATTN_SCRATCH(head_dim)                                                                \
    ((size_t)KERN_ATTN_MAX_Q * (2 * (size_t)(head_dim) + KERN_ATTN_KEYS + 16))
struct kern_attn_args {
    float *out;
    size_t out_stride;
    const float *q;
    size_t q_stride;
    int n_q;
    const int *n_keys;
    float scale;
    const struct kern_kv *kv;
    float *scratch;
};
#define KERN_DECL_ATTN(name) void name(const struct kern_attn_args *a)
typedef KERN_DECL_ATTN((*kern_attn_fn));

/* Product of plain matrices of floats, for training:
 *   c[i][j] = (add ? c[i][j] : 0) + sum_p a(i, p) * b(p, j)     i < m, j < n, p < k
 * a(i, p) is a[i * lda + p], with a_transposed a[p * lda + i]; b(p, j) is b[p * ldb + j], with
 * b_transposed b[j * ldb + p]. An element of c depends on its row of a and its column of b only:
 * any split of rows or columns gives the same bits. c overlaps neither a nor b. */
struct kern_sgemm_args {
    float *c;
    const float *a, *b;
    size_t ldc, lda, ldb;
    int m, n, k;
    bool a_transposed, b_transposed, add;
};
#define KERN_DECL_SGEMM(name) void name(const struct kern_sgemm_args *g)
typedef KERN_DECL_SGEMM((*kern_sgemm_fn));

struct kern_ops {
    enum cpu_tier tier;
    struct kern_layout layout;
    kern_gemm_fn gemm[KERN_TYPE_MAX]; /* NULL for ids that are no type */
    kern_act_fn act[KERN_N_ACT];
    kern_rms_norm_fn rms_norm;
    kern_silu_mul_fn silu_mul;
    kern_add_fn add;
    kern_exp_sum_fn exp_sum;
    kern_peaks_fn peaks;
    kern_rope_fn rope;
    kern_kv_store_fn kv_store;
    kern_attn_fn attn[KERN_N_KV_TYPES];
    kern_sgemm_fn sgemm;
};

/* Fills the table for a tier that this machine has (cpu_tier_detect()). */
void kern_ops_init(struct kern_ops *ops, enum cpu_tier tier);

#endif
