/* A prefix cache: what was computed for the beginnings of prompts, so that it is not computed
 * again. Sessions that are made with one take from it what a prompt has in common with earlier
 * ones and enter what they compute (ingle_session_prompt()); answers are the same to the last bit
 * with and without it.
 *
 * One cache serves one client. How long a prompt takes tells whether its beginning was seen before:
 * clients that share a cache could learn each other's words by trying. Make one for each, and free
 * it when the client is gone; what is dropped is wiped.
 *
 * Any number of sessions and threads may use one cache at the same time. */
#ifndef INGLE_PREFIX_CACHE_H
#define INGLE_PREFIX_CACHE_H

#include "ingle/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_prefix_cache_options {
    size_t size;
    size_t max_bytes;      /* memory it may take, all in all; 0 = 256 MiB */
    ingle_kv_type kv_type; /* that of its sessions; default F16 */
    int n_ctx; /* of its sessions; 0 = as in theirs. Matters only for a model that rotates
                  keys differently when n_ctx is large */
} ingle_prefix_cache_options;

INGLE_API ingle_prefix_cache_options ingle_prefix_cache_options_default(void);

/* Reserves the memory; it is taken as it is used. opt may be NULL. BAD_ARGUMENT if max_bytes is
 * less than one page (64 tokens) of the model takes. The model must outlive the cache. */
INGLE_API INGLE_NODISCARD ingle_status ingle_prefix_cache_new(ingle_prefix_cache **out,
                                                              const ingle_model *model,
                                                              const ingle_prefix_cache_options *opt,
                                                              ingle_error *err);

/* Its sessions must be gone, or use another. NULL is fine. */
INGLE_API void ingle_prefix_cache_free(ingle_prefix_cache *cache);

/* Empties the session, as ingle_session_truncate() to 0 does, and lets it use another cache, or
 * none (NULL), from now on: for a session that serves one client after another. BAD_ARGUMENT,
 * changing nothing, if the cache is of another model or kv_type. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_use_cache(ingle_session *session,
                                                               ingle_prefix_cache *cache,
                                                               ingle_error *err);

typedef struct ingle_prefix_cache_info {
    uint64_t bytes, max_bytes;  /* taken now; as many as it will ever take */
    uint64_t n_pages, n_tokens; /* held now */
    uint64_t n_evicted;         /* pages dropped to make room */
    uint64_t n_prompts, n_hits; /* prompts that asked; those that took something */
    uint64_t n_asked, n_reused; /* tokens of those prompts; tokens taken from here */
} ingle_prefix_cache_info;

INGLE_API ingle_prefix_cache_info ingle_prefix_cache_get_info(ingle_prefix_cache *cache);

/* Receives the next bytes of a snapshot / fills data with exactly the next `size` bytes of one.
 * False: it could not; the call ends. They may use the cache but must not free it. */
typedef bool (*ingle_write_fn)(const void *data, size_t size, void *user);
typedef bool (*ingle_read_fn)(void *data, size_t size, void *user);

/* Writes all that the cache holds / only what it holds of the beginning of tokens[0..n). A snapshot
 * holds the words in another form, and nothing protects it: whoever stores it encrypts it. FAILED
 * if write returns false. */
INGLE_API INGLE_NODISCARD ingle_status ingle_prefix_cache_save(ingle_prefix_cache *cache,
                                                               ingle_write_fn write, void *user,
                                                               ingle_error *err);
INGLE_API INGLE_NODISCARD ingle_status ingle_prefix_cache_save_prompt(ingle_prefix_cache *cache,
                                                                      const ingle_token *tokens,
                                                                      size_t n,
                                                                      ingle_write_fn write,
                                                                      void *user, ingle_error *err);

/* Adds a snapshot to what the cache holds, whole or not at all: whatever is returned but OK, the
 * cache is as it was. REFUSED if it was made with another model, kernel tier, kind of KV cache or
 * version of ingle (then the bits would not be those of computing anew), INVALID (err->where is a
 * byte offset) if it is damaged, ends early or is no snapshot, LIMIT if it needs more room than
 * there is: nothing is dropped for it. */
INGLE_API INGLE_NODISCARD ingle_status ingle_prefix_cache_load(ingle_prefix_cache *cache,
                                                               ingle_read_fn read, void *user,
                                                               ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
