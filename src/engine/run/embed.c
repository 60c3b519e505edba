/* A text as a vector. */
#include <math.h>

#include "base/alloc.h"
#include "engine/run/session.h"

struct pool_sum {
    enum pooling how;
    int n_embd;
    size_t n, n_all; /* rows that were added; rows that will be */
    double *sum;     /* [n_embd] */
};

static ingle_status choose(enum pooling *how, const struct session *s, ingle_pooling asked,
                           ingle_error *err) {
    static const enum pooling by_asked[] = {[INGLE_POOLING_MEAN] = POOLING_MEAN,
                                            [INGLE_POOLING_FIRST] = POOLING_CLS,
                                            [INGLE_POOLING_LAST] = POOLING_LAST};
    int said = s->model->hp.pooling;
    if ((int)asked < 0 || asked > INGLE_POOLING_LAST) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The pooling %d is unknown.", (int)asked);
    }
    *how = asked == INGLE_POOLING_MODEL ? (enum pooling)said : by_asked[asked];
    if (*how == POOLING_NONE) *how = POOLING_MEAN;
    if ((int)*how <= POOLING_LAST) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "The model pools in a way (%d) that makes no vector of a text.", said);
}

static void add_rows(struct pool_sum *p, const float *rows, int n) {
    for (int t = 0; t < n; t++, p->n++, rows += p->n_embd) {
        if (p->how == POOLING_CLS && p->n > 0) continue;
        if (p->how == POOLING_LAST && p->n + 1 < p->n_all) continue;
        for (int i = 0; i < p->n_embd; i++) p->sum[i] += (double)rows[i];
    }
}

/* The direction alone matters: a mean is as good as a sum. */
static void normalise(const struct pool_sum *p, float *out) {
    double square = 0;
    for (int i = 0; i < p->n_embd; i++) square += p->sum[i] * p->sum[i];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (int i = 0; i < p->n_embd; i++) out[i] = (float)(p->sum[i] * scale);
}

static ingle_status add_pass(struct pool_sum *p, struct session *s, const int32_t *tokens, int n,
                             float *rows, ingle_error *err) {
    struct forward_seq *seq = &s->seqs[0];
    int n_done;
    *seq = session_begin(s, tokens, n);
    seq->hidden = rows;
    if (!session_compute(s, seq, &n_done)) {
        session_append(s, tokens, n_done);
        return session_cancelled(s, err);
    }
    session_commit(s, seq);
    add_rows(p, rows, n);
    return INGLE_OK;
}

static ingle_status add_all(struct pool_sum *p, struct session *s, const int32_t *tokens,
                            ingle_error *err) {
    size_t most = p->n_all < (size_t)s->n_batch ? p->n_all : (size_t)s->n_batch;
    float *rows = mem_calloc(most * (size_t)p->n_embd, sizeof *rows);
    if (!rows) return status_no_memory(err, "the rows", most * (size_t)p->n_embd * sizeof *rows);
    ingle_status status = INGLE_OK;
    for (size_t done = 0; done < p->n_all && status == INGLE_OK;) {
        size_t n = p->n_all - done < most ? p->n_all - done : most;
        status = add_pass(p, s, tokens + done, (int)n, rows, err);
        done += n;
    }
    mem_free(rows);
    return status;
}

ingle_status session_embed(struct session *s, const int32_t *tokens, size_t n,
                           ingle_pooling pooling, float *out, ingle_error *err) {
    struct pool_sum p = {.n_embd = s->model->hp.n_embd, .n_all = n};
    INGLE_TRY(choose(&p.how, s, pooling, err));
    if (n == 0)
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "A text without tokens has no vector.");
    if (n > (size_t)s->n_ctx) {
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The text has %zu tokens; the context holds %d.", n, s->n_ctx);
    }
    INGLE_TRY(session_check_vocab(s, tokens, n, err));
    INGLE_TRY(session_truncate(s, 0, err));
    p.sum = mem_calloc((size_t)p.n_embd, sizeof *p.sum);
    if (!p.sum) return status_no_memory(err, "the vector", (size_t)p.n_embd * sizeof *p.sum);
    ingle_status status = add_all(&p, s, tokens, err);
    if (status == INGLE_OK) normalise(&p, out);
    mem_free(p.sum);
    return status;
}
