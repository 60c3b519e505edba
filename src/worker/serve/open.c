#include "worker/serve/open.h"

#include <string.h>

#include "base/alloc.h"
#include "builtin/builtin.h"
#include "worker/serve/slots.h"

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

ingle_status open_prefix_cache(ingle_prefix_cache **out, const struct server *s, size_t n_clients,
                               ingle_error *err) {
    static const uint64_t usual = (uint64_t)256 << 20;
    ingle_prefix_cache_options opt = ingle_prefix_cache_options_default();
    opt.max_bytes = (s->start.prefix_cache_bytes ? s->start.prefix_cache_bytes : usual) / n_clients;
    opt.kv_type = (ingle_kv_type)s->start.kv_type;
    opt.n_ctx = s->start.n_ctx;
    return ingle_prefix_cache_new(out, s->model, &opt, err);
}

static ingle_session_options session_options(const struct server *s) {
    const struct msg_start *m = &s->start;
    ingle_session_options opt = ingle_session_options_default();
    opt.n_ctx = m->n_ctx;
    opt.kv_type = (ingle_kv_type)m->kv_type;
    opt.group = s->group;
    if (s->group) return opt; /* which has the rest */
    opt.n_batch = m->n_batch;
    opt.n_threads = m->session_threads;
    return opt;
}

/* Sessions that may work at the same time are computed together. */
static ingle_status open_group(struct server *s, ingle_error *err) {
    ingle_group_options opt = ingle_group_options_default();
    if (s->start.n_slots < 2) return INGLE_OK;
    opt.n_batch = s->start.n_batch;
    opt.n_threads = s->start.session_threads;
    return ingle_group_new(&s->group, s->model, &opt, err);
}

ingle_status open_session(struct slot *slot, ingle_error *err) {
    ingle_session_options opt = session_options(slot->server);
    opt.prefix_cache = slot->cache;
    return ingle_session_new(&slot->session, slot->server->model, &opt, err);
}

ingle_status open_first_session(struct server *s, ingle_error *err) {
    struct slot *first = &s->slots[0];
    INGLE_TRY(open_group(s, err));
    if (s->start.n_slots > 0) {
        INGLE_TRY(clients_check(s, err));
    } else if (s->start.has_prefix_cache) {
        INGLE_TRY(open_prefix_cache(&s->prefix_cache, s, 1, err));
        first->cache = s->prefix_cache;
    }
    return open_session(first, err);
}

/* ---- packs ---- */

static ingle_status open_builtin(ingle_pack **out, bool wanted, enum builtin_pack which,
                                 ingle_error *err) {
    struct builtin_bytes bytes = builtin_bytes(which);
    if (!wanted || *out || bytes.size == 0) return INGLE_OK;
    return ingle_pack_open_memory(out, bytes.data, bytes.size, bytes.name, err);
}

/* Takes the place of its kind. */
static ingle_status open_user_pack(struct server *s, ingle_error *err) {
    const struct wire_text *bytes = &s->start.user_pack;
    const char *name = s->start.user_pack_name;
    if (!name) return INGLE_OK;
    s->user_pack = mem_aligned(64, bytes->len ? bytes->len : 1);
    if (!s->user_pack) return status_no_memory(err, "a pack", bytes->len);
    memcpy(s->user_pack, bytes->data, bytes->len);
    ingle_pack *pack;
    INGLE_TRY(ingle_pack_open_memory(&pack, s->user_pack, bytes->len, name, err));
    switch (ingle_pack_get_info(pack).kind) {
    case INGLE_PACK_CLASSIFIER:
        s->intents = pack;
        break;
    case INGLE_PACK_TAGGER:
        s->tagger = pack;
        break;
    case INGLE_PACK_ENCODER:
        s->encoder = pack;
        break;
    }
    return INGLE_OK;
}

static ingle_status open_packs(struct server *s, ingle_error *err) {
    uint32_t wanted = s->start.packs;
    INGLE_TRY(open_user_pack(s, err));
    INGLE_TRY(open_builtin(&s->intents, wanted & WORKER_INTENTS, BUILTIN_INTENTS, err));
    INGLE_TRY(open_builtin(&s->encoder, wanted & WORKER_ENCODER, BUILTIN_ENCODER, err));
    return open_builtin(&s->tagger, wanted & WORKER_TAGGER, BUILTIN_TAGGER, err);
}

ingle_status open_tasks(struct slot *slot, ingle_error *err) {
    const struct server *s = slot->server;
    const struct msg_start *m = &s->start;
    ingle_session_options session = session_options(s);
    ingle_tasks_options opt = ingle_tasks_options_default();
    opt.model = m->vocab_only || slot->is_lane ? NULL : s->model;
    opt.session = &session;
    opt.encoder = s->encoder;
    opt.intents = s->intents;
    opt.tagger = s->tagger;
    opt.temperature = m->temperature;
    opt.seed = m->seed;
    return ingle_tasks_new(&slot->tasks, &opt, err);
}

ingle_status open_all(struct server *s, ingle_error *err) {
    INGLE_TRY(slots_new(s, err));
    INGLE_TRY(open_packs(s, err));
    if (s->start.n_shards > 0) INGLE_TRY(open_model(s, err));
    if (s->model && s->start.has_session) INGLE_TRY(open_first_session(s, err));
    return open_tasks(&s->slots[0], err);
}
