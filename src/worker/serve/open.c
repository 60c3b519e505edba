#include "worker/serve/open.h"

static ingle_status open_model(struct server *s, ingle_error *err) {
    const struct msg_start *m = &s->start;
    int fds[WORKER_MAX_FILES];
    for (int i = 0; i < m->n_shards; i++) fds[i] = WORKER_FILES + i;
    int next = WORKER_FILES + m->n_shards;
    ingle_model_files files = ingle_model_files_default();
    files.fds = fds;
    files.n_fds = (size_t)m->n_shards;
    files.name = m->model_name ? m->model_name : "the model";
    if (m->has_packed) files.packed = next++;
    if (m->has_packed_new) files.packed_new = next;
    ingle_model_options opt = ingle_model_options_default();
    opt.vocab_only = m->vocab_only;
    opt.n_threads = m->n_threads;
    opt.tier = m->tier;
    return ingle_model_open_files(&s->model, &files, &opt, err);
}

static ingle_status open_prefix_cache(struct server *s, ingle_error *err) {
    ingle_prefix_cache_options opt = ingle_prefix_cache_options_default();
    opt.max_bytes = s->start.prefix_cache_bytes;
    opt.kv_type = (ingle_kv_type)s->start.kv_type;
    opt.n_ctx = s->start.n_ctx;
    return ingle_prefix_cache_new(&s->prefix_cache, s->model, &opt, err);
}

static ingle_status open_session(struct server *s, ingle_error *err) {
    const struct msg_start *m = &s->start;
    if (m->has_prefix_cache) INGLE_TRY(open_prefix_cache(s, err));
    ingle_session_options opt = ingle_session_options_default();
    opt.n_ctx = m->n_ctx;
    opt.n_batch = m->n_batch;
    opt.n_threads = m->session_threads;
    opt.kv_type = (ingle_kv_type)m->kv_type;
    opt.prefix_cache = s->prefix_cache;
    return ingle_session_new(&s->session, s->model, &opt, err);
}

ingle_status open_all(struct server *s, ingle_error *err) {
    if (s->start.n_shards == 0) return INGLE_OK;
    INGLE_TRY(open_model(s, err));
    return s->start.has_session ? open_session(s, err) : INGLE_OK;
}
