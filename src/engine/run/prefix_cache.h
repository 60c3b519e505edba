/* The prefix cache (ingle/prefix_cache.h): pages of keys and values by the tokens before them, and
 * what a session borrows of them. All functions lock the cache while they work on it, so that
 * sessions on several threads may share one; pages never change while they are in it. */
#ifndef INGLE_ENGINE_RUN_PREFIX_CACHE_H
#define INGLE_ENGINE_RUN_PREFIX_CACHE_H

#include <pthread.h>

#include "engine/model/kv.h"
#include "engine/model/model.h"
#include "engine/run/prefix_tree.h"
#include "ingle/prefix_cache.h"

struct prefix_cache {
    const struct model *model;
    struct kv_format format;
    pthread_mutex_t lock; /* for all that follows */
    struct prefix_tree tree;
    uint64_t n_prompts, n_hits, n_asked, n_reused;
    uint64_t fingerprint; /* of the model, once a snapshot needed it */
    bool has_fingerprint;
};

/* n_ctx 1 or more. On failure there is nothing to clear. */
BASE_NODISCARD ingle_status prefix_cache_init(struct prefix_cache *c, const struct model *model,
                                              enum kern_kv_type type, int n_ctx, size_t max_bytes,
                                              ingle_error *err);
void prefix_cache_clear(struct prefix_cache *c);
ingle_prefix_cache_info prefix_cache_info(struct prefix_cache *c);

/* ---- loans ---- */

/* Pages of a session's KV cache that the prefix cache lends, pinned while they are. */
struct prefix_loans {
    struct prefix_cache *cache; /* NULL: none; then nothing else here does anything */
    struct kv_cache *kv;
    struct prefix_page *
        *lent; /* [kv->n_pages] who lends the page; NULL = it is the session's own */
};

BASE_NODISCARD ingle_status prefix_loans_init(struct prefix_loans *l, struct prefix_cache *cache,
                                              struct kv_cache *kv, ingle_error *err);
void prefix_loans_clear(struct prefix_loans *l);

/* Page i is the session's own from now on, with its first n_keep positions. */
void prefix_loans_end(struct prefix_loans *l, int i, int n_keep);

/* Borrows what the cache has of tokens[0..n) beyond the first n_have, which the session holds.
 * Returns how many tokens the session's pages hold now: n_have or more. */
int prefix_loans_find(struct prefix_loans *l, const int32_t *tokens, int n, int n_have);

/* Enters tokens[0..n), which the session's pages hold: every full page, which is borrowed from
 * then on, so that nothing is held twice; with `rest` a copy of the last, unfinished one too (the
 * session is about to write to its own). Where there is no room, less is entered. */
void prefix_loans_enter(struct prefix_loans *l, const int32_t *tokens, int n, bool rest);

/* ---- snapshots (prefix_snapshot.c) ---- */

/* What the cache holds of tokens[0..n), or all if tokens is NULL. */
BASE_NODISCARD ingle_status prefix_cache_save(struct prefix_cache *c, const int32_t *tokens,
                                              size_t n, ingle_write_fn write, void *user,
                                              ingle_error *err);
BASE_NODISCARD ingle_status prefix_cache_load(struct prefix_cache *c, ingle_read_fn read,
                                              void *user, ingle_error *err);

#endif
