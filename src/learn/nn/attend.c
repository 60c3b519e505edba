#include "learn/nn/attend.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "learn/nn/rows.h"
#include "learn/nn/softmax.h"

#define BLOCK 64                  /* queries at a time */
#define SMALL_WORK (64 * 64 * 64) /* multiplications not worth waking a thread for */

/* One query head of one sequence; pointers to its first element, rows `ld` (of its key-value head
 * ld_kv) apart. */
struct head {
    const struct kern_ops *ops;
    const float *q, *k, *v, *dout;
    float *out, *dq, *dk, *dv, *log_sum;
    size_t ld, ld_kv, ld_log;
    int n_tokens, head_dim;
    bool is_causal, is_first; /* of its key-value head: dk and dv are begun */
    float scale;
    float *p, *dp; /* [BLOCK][n_tokens] */
};

struct attend_pass {
    struct learn *l;
    const struct nn_attend *f;
    void (*one)(const struct head *h);
    size_t slice; /* floats of scratch of a thread */
};

size_t nn_attend_scratch(const struct learn *l, int longest) {
    return (size_t)pool_n_threads(l->pool) * 2 * BLOCK * (size_t)longest;
}

/* How many keys the queries i0.. of a block see at most, and query i. */
static int block_keys(const struct head *h, int end) {
    return h->is_causal ? end : h->n_tokens;
}

/* p [n][n_keys] = q . k for queries i0 .. i0 + n. */
static void score_block(const struct head *h, int i0, int n, int n_keys) {
    h->ops->sgemm(&(struct kern_sgemm_args){.c = h->p,
                                            .a = h->q + (size_t)i0 * h->ld,
                                            .b = h->k,
                                            .ldc = (size_t)n_keys,
                                            .lda = h->ld,
                                            .ldb = h->ld_kv,
                                            .m = n,
                                            .n = n_keys,
                                            .k = h->head_dim,
                                            .b_transposed = true});
}

static void forward_block(const struct head *h, int i0, int n) {
    int n_keys = block_keys(h, i0 + n);
    score_block(h, i0, n, n_keys);
    for (int i = 0; i < n; i++) {
        float *p = h->p + (size_t)i * (size_t)n_keys;
        int seen = h->is_causal ? i0 + i + 1 : n_keys;
        h->log_sum[(size_t)(i0 + i) * h->ld_log] = nn_softmax(h->ops, p, seen, h->scale);
        memset(p + seen, 0, (size_t)(n_keys - seen) * sizeof *p);
    }
    h->ops->sgemm(&(struct kern_sgemm_args){.c = h->out + (size_t)i0 * h->ld,
                                            .a = h->p,
                                            .b = h->v,
                                            .ldc = h->ld,
                                            .lda = (size_t)n_keys,
                                            .ldb = h->ld_kv,
                                            .m = n,
                                            .n = h->head_dim,
                                            .k = n_keys});
}

static void forward_head(const struct head *h) {
    for (int i = 0; i < h->n_tokens; i += BLOCK) {
        forward_block(h, i, h->n_tokens - i < BLOCK ? h->n_tokens - i : BLOCK);
    }
}

/* p becomes the weights again, dp the gradient of the scores: p * (dp - dout . out) * scale. */
static void gradient_rows(const struct head *h, int i0, int n, int n_keys) {
    for (int i = 0; i < n; i++) {
        float *p = h->p + (size_t)i * (size_t)n_keys, *dp = h->dp + (size_t)i * (size_t)n_keys;
        size_t row = (size_t)(i0 + i);
        int seen = h->is_causal ? i0 + i + 1 : n_keys;
        (void)h->ops->exp_sum(p, p, seen, h->scale, -h->log_sum[row * h->ld_log]);
        float mean = nn_dot(h->dout + row * h->ld, h->out + row * h->ld, h->head_dim);
        for (int j = 0; j < seen; j++) dp[j] = p[j] * (dp[j] - mean) * h->scale;
        memset(p + seen, 0, (size_t)(n_keys - seen) * sizeof *p);
        memset(dp + seen, 0, (size_t)(n_keys - seen) * sizeof *dp);
    }
}

/* Adds m^T x to the first n_keys rows of d: m [n][n_keys], x [n] rows of the head. */
static void add_transposed(const struct head *h, float *d, const float *m, const float *x, int n,
                           int n_keys) {
    h->ops->sgemm(&(struct kern_sgemm_args){.c = d,
                                            .a = m,
                                            .b = x,
                                            .ldc = h->ld_kv,
                                            .lda = (size_t)n_keys,
                                            .ldb = h->ld,
                                            .m = n_keys,
                                            .n = h->head_dim,
                                            .k = n,
                                            .a_transposed = true,
                                            .add = true});
}

static void backward_block(const struct head *h, int i0, int n) {
    int n_keys = block_keys(h, i0 + n);
    size_t at = (size_t)i0 * h->ld;
    score_block(h, i0, n, n_keys);
    h->ops->sgemm(&(struct kern_sgemm_args){.c = h->dp,
                                            .a = h->dout + at,
                                            .b = h->v,
                                            .ldc = (size_t)n_keys,
                                            .lda = h->ld,
                                            .ldb = h->ld_kv,
                                            .m = n,
                                            .n = n_keys,
                                            .k = h->head_dim,
                                            .b_transposed = true});
    gradient_rows(h, i0, n, n_keys);
    add_transposed(h, h->dv, h->p, h->dout + at, n, n_keys);
    add_transposed(h, h->dk, h->dp, h->q + at, n, n_keys);
    h->ops->sgemm(&(struct kern_sgemm_args){.c = h->dq + at,
                                            .a = h->dp,
                                            .b = h->k,
                                            .ldc = h->ld,
                                            .lda = (size_t)n_keys,
                                            .ldb = h->ld_kv,
                                            .m = n,
                                            .n = h->head_dim,
                                            .k = n_keys});
}

static void backward_head(const struct head *h) {
    assert(h->dout && h->dq && h->dk && h->dv);
    for (int i = 0; h->is_first && i < h->n_tokens; i++) {
        memset(h->dk + (size_t)i * h->ld_kv, 0, (size_t)h->head_dim * sizeof *h->dk);
        memset(h->dv + (size_t)i * h->ld_kv, 0, (size_t)h->head_dim * sizeof *h->dv);
    }
    for (int i = 0; i < h->n_tokens; i += BLOCK) {
        backward_block(h, i, h->n_tokens - i < BLOCK ? h->n_tokens - i : BLOCK);
    }
}

static float *plus(float *base, size_t offset) {
    return base ? base + offset : NULL;
}

static struct head head_of(const struct attend_pass *pass, int seq, int number, float *scratch) {
    const struct nn_attend *f = pass->f;
    int group = f->n_head / f->n_head_kv, start = f->seqs.starts[seq];
    struct head h = {.ops = &pass->l->ops, .head_dim = f->head_dim, .is_causal = f->is_causal};
    h.n_tokens = f->seqs.starts[seq + 1] - start;
    h.ld = (size_t)f->n_head * (size_t)f->head_dim;
    h.ld_kv = (size_t)f->n_head_kv * (size_t)f->head_dim;
    h.ld_log = (size_t)f->n_head;
    h.is_first = number % group == 0;
    h.scale = 1.0f / sqrtf((float)f->head_dim);
    size_t at = (size_t)start * h.ld + (size_t)number * (size_t)f->head_dim;
    size_t at_kv = (size_t)start * h.ld_kv + (size_t)(number / group) * (size_t)f->head_dim;
    h.q = f->q + at;
    h.k = f->k + at_kv;
    h.v = f->v + at_kv;
    h.out = f->out + at;
    h.log_sum = f->log_sum + (size_t)start * h.ld_log + number;
    if (f->dout) h.dout = f->dout + at;
    h.dq = plus(f->dq, at);
    h.dk = plus(f->dk, at_kv);
    h.dv = plus(f->dv, at_kv);
    h.p = scratch;
    h.dp = scratch + pass->slice / 2;
    return h;
}

/* Key-value head number `item` of all sequences: its query heads one after the other. */
static void do_item(const struct attend_pass *pass, int item, float *scratch) {
    const struct nn_attend *f = pass->f;
    int group = f->n_head / f->n_head_kv;
    for (int g = 0; g < group; g++) {
        int number = item % f->n_head_kv * group + g;
        struct head h = head_of(pass, item / f->n_head_kv, number, scratch);
        pass->one(&h);
    }
}

static void work(const struct pool_worker *w, void *arg) {
    const struct attend_pass *pass = arg;
    int n = pass->f->seqs.n * pass->f->n_head_kv;
    float *scratch = pass->f->scratch + (size_t)w->index * pass->slice;
    for (int i = pool_claim(w); i < n; i = pool_claim(w)) do_item(pass, i, scratch);
}

static void run(struct learn *l, const struct nn_attend *f, void (*one)(const struct head *h)) {
    int longest = nn_longest(f->seqs);
    struct attend_pass pass = {l, f, one, 2 * BLOCK * (size_t)longest};
    double size = (double)nn_n_tokens(f->seqs) * longest * f->n_head * f->head_dim;
    if (size >= SMALL_WORK) {
        pool_run(l->pool, work, &pass);
        return;
    }
    for (int i = 0; i < f->seqs.n * f->n_head_kv; i++) do_item(&pass, i, f->scratch);
}

void nn_attend_forward(struct learn *l, const struct nn_attend *f) {
    run(l, f, forward_head);
}

void nn_attend_backward(struct learn *l, const struct nn_attend *f) {
    run(l, f, backward_head);
}
