/* The forward pass: tokens through all layers on a team of threads.
 *
 * A pass takes rows: a run of tokens of one sequence, or of several sequences at once, so that
 * every weight is read once for all of them. One pool_run() per call; the phases of a layer end in
 * barriers (decoder.c draws them). All memory is in the workspace, taken once. The results of a
 * sequence depend only on its tokens, its cache and the kernel tier: not on threads, nor on how
 * tokens are divided into calls, nor on the company they keep. */
#ifndef INGLE_ENGINE_MODEL_FORWARD_H
#define INGLE_ENGINE_MODEL_FORWARD_H

#include <stdatomic.h>

#include "base/pool.h"
#include "engine/model/kv.h"
#include "engine/model/model.h"

struct workspace;

/* For up to n_batch tokens a call. */
BASE_NODISCARD ingle_status workspace_new(struct workspace **out, const struct model *m,
                                          int n_batch, int n_threads, ingle_error *err);
void workspace_free(struct workspace *ws);

/* Tokens whose logits alone are computed. The head's rows come in groups (struct kern_layout), and
 * a group is computed whole. */
struct token_set {
    int32_t *ids; /* [n] ascending */
    int *starts;  /* [n_groups + 1] where in ids each group begins; the last is n */
    int n, n_groups;
};

struct forward_seq {
    struct kv_cache *kv;   /* owns the pages of pos .. pos + n_tokens - 1 */
    const int32_t *tokens; /* [n_tokens], each in 0..n_vocab-1 */
    int n_tokens;          /* 1 or more */
    int pos;               /* position of tokens[0]; pos + n_tokens <= kv->n_ctx */
    float *logits;         /* [n_vocab] of the last token, [n_tokens][n_vocab] if all, or NULL */
    bool all_logits;
    float *hidden; /* [n_tokens][n_embd] what the head would read, of all tokens, or NULL */
    const struct token_set *only; /* other logits are not written; NULL or n == 0: all are */
    const atomic_bool *cancel;    /* polled once a layer; may be NULL */
};

struct forward_args {
    const struct model *model;
    struct workspace *ws;
    struct pool *pool; /* of the workspace's n_threads */
    /* Long runs are best put first: the last layer computes only the rows from the first one whose
     * logits, or hidden rows, are wanted. */
    const struct forward_seq *seqs;
    int n_seqs; /* with up to n_batch tokens in all */
    /* Called by the calling thread when all but the head is computed, if logits are wanted: the
     * last chance to say which (the sets of `only`). May be NULL. */
    void (*before_head)(void *user);
    void *user;
};

/* Writes keys and values at pos.., the logits and the hidden rows. False if one of the sequences
 * was cancelled: the caches beyond pos are then undefined (positions before it are untouched). */
bool model_forward(const struct forward_args *a);

#endif
