/* The forward pass: tokens through all layers on a team of threads.
 *
 * One pool_run() per call; the phases of a layer end in barriers (decoder.c draws them). All
 * memory is in the workspace, taken once. Results depend only on the tokens, the cache and the
 * kernel tier: not on threads, nor on how tokens are divided into calls. */
#ifndef INGLE_ENGINE_MODEL_FORWARD_H
#define INGLE_ENGINE_MODEL_FORWARD_H

#include <stdatomic.h>

#include "base/pool.h"
#include "engine/model/kv.h"
#include "engine/model/model.h"

struct workspace;

/* For up to n_batch tokens a call; n_ctx is the session's (it selects long-rope factors). */
BASE_NODISCARD ingle_status workspace_new(struct workspace **out, const struct model *m,
                                          int n_batch, int n_ctx, int n_threads, ingle_error *err);
void workspace_free(struct workspace *ws);

struct forward_args {
    const struct model *model;
    struct workspace *ws;
    struct kv_cache *kv;
    struct pool *pool;     /* of the workspace's n_threads */
    const int32_t *tokens; /* [n_tokens], each in 0..n_vocab-1 */
    int n_tokens;          /* 1..n_batch */
    int pos;               /* position of tokens[0]; pos + n_tokens <= kv->n_ctx */
    float *logits;         /* [n_vocab] of the last token, [n_tokens][n_vocab] if all, or NULL */
    bool all_logits;
    const atomic_bool *cancel; /* polled once a layer; may be NULL */
};

/* Writes keys and values at pos.. and the logits. False if cancelled: the cache beyond pos is then
 * undefined (positions before it are untouched). */
bool model_forward(const struct forward_args *a);

#endif
