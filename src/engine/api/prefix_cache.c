#include "ingle/prefix_cache.h"

#include "base/alloc.h"
#include "engine/api/api.h"

#define DEFAULT_BYTES ((size_t)256 << 20)

ingle_prefix_cache_options ingle_prefix_cache_options_default(void) {
    return (ingle_prefix_cache_options){.size = sizeof(ingle_prefix_cache_options)};
}

static ingle_status check_options(const ingle_prefix_cache_options *opt, ingle_error *err) {
    if (opt->n_ctx < 0 || opt->n_ctx > SESSION_MAX_CTX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The prefix cache option n_ctx is %d; it must be from 0 to %d.",
                          opt->n_ctx, SESSION_MAX_CTX);
    }
    if ((int)opt->kv_type < INGLE_KV_F16 || (int)opt->kv_type > INGLE_KV_INT8) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The prefix cache option kv_type is %d; it must be from %d to %d.",
                          (int)opt->kv_type, INGLE_KV_F16, INGLE_KV_INT8);
    }
    return INGLE_OK;
}

ingle_status ingle_prefix_cache_new(ingle_prefix_cache **out, const ingle_model *model,
                                    const ingle_prefix_cache_options *opt, ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_prefix_cache_options)};
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need_weights(model, err));
    ingle_prefix_cache_options full = ingle_prefix_cache_options_default();
    INGLE_TRY(
        api_read_options(&full, opt, "ingle_prefix_cache_options", known, BASE_COUNT(known), err));
    INGLE_TRY(check_options(&full, err));
    struct ingle_prefix_cache *c = mem_calloc(1, sizeof *c);
    if (!c) return status_no_memory(err, "the prefix cache", sizeof *c);
    int n_ctx = full.n_ctx ? full.n_ctx : session_default_ctx(model->model);
    size_t max_bytes = full.max_bytes ? full.max_bytes : DEFAULT_BYTES;
    ingle_status status = prefix_cache_init(&c->core, model->model, session_kv_type(full.kv_type),
                                            n_ctx, max_bytes, err);
    if (status != INGLE_OK) {
        mem_free(c);
        return status;
    }
    *out = c;
    return INGLE_OK;
}

void ingle_prefix_cache_free(ingle_prefix_cache *cache) {
    if (!cache) return;
    prefix_cache_clear(&cache->core);
    mem_free(cache);
}

ingle_status ingle_session_use_cache(ingle_session *session, ingle_prefix_cache *cache,
                                     ingle_error *err) {
    INGLE_TRY(api_need(session, "session", err));
    return session_use_cache(&session->core, cache ? &cache->core : NULL, err);
}

ingle_prefix_cache_info ingle_prefix_cache_get_info(ingle_prefix_cache *cache) {
    return cache ? prefix_cache_info(&cache->core) : (ingle_prefix_cache_info){0};
}

/* A function's address is no object's, so that api_need() cannot take it. */
static ingle_status need_function(bool given, const char *name, ingle_error *err) {
    return api_need(given ? name : NULL, name, err);
}

ingle_status ingle_prefix_cache_save(ingle_prefix_cache *cache, ingle_write_fn write, void *user,
                                     ingle_error *err) {
    INGLE_TRY(api_need(cache, "cache", err));
    INGLE_TRY(need_function(write != NULL, "write", err));
    return prefix_cache_save(&cache->core, NULL, 0, write, user, err);
}

ingle_status ingle_prefix_cache_save_prompt(ingle_prefix_cache *cache, const ingle_token *tokens,
                                            size_t n, ingle_write_fn write, void *user,
                                            ingle_error *err) {
    INGLE_TRY(api_need(cache, "cache", err));
    INGLE_TRY(api_need(tokens, "tokens", err));
    INGLE_TRY(need_function(write != NULL, "write", err));
    return prefix_cache_save(&cache->core, tokens, n, write, user, err);
}

ingle_status ingle_prefix_cache_load(ingle_prefix_cache *cache, ingle_read_fn read, void *user,
                                     ingle_error *err) {
    INGLE_TRY(api_need(cache, "cache", err));
    INGLE_TRY(need_function(read != NULL, "read", err));
    return prefix_cache_load(&cache->core, read, user, err);
}
