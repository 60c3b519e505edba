#include "worker/wire/msg_start.h"

#include <limits.h>

void msg_start(struct wire *w, void *message) {
    struct msg_start *m = message;
    wire_u32(w, &m->version);
    wire_bool(w, &m->unsealed);
    wire_int(w, &m->n_shards, 0, WORKER_MAX_FILES);
    wire_bool(w, &m->has_packed);
    wire_bool(w, &m->has_packed_new);
    wire_string(w, &m->model_name, WIRE_MAX_NAME);
    wire_bool(w, &m->vocab_only);
    wire_bool(w, &m->has_session);
    wire_string(w, &m->tier, WIRE_MAX_NAME);
    wire_int(w, &m->n_threads, INT_MIN, INT_MAX); /* the API refuses what is out of range */
    wire_int(w, &m->n_ctx, INT_MIN, INT_MAX);
    wire_int(w, &m->n_batch, INT_MIN, INT_MAX);
    wire_int(w, &m->session_threads, INT_MIN, INT_MAX);
    wire_int(w, &m->kv_type, INT_MIN, INT_MAX);
    wire_int(w, &m->n_slots, 0, RING_REQUESTS);
    wire_bool(w, &m->has_prefix_cache);
    wire_u64(w, &m->prefix_cache_bytes);
    wire_u32(w, &m->packs);
    wire_text(w, &m->user_pack, MESSAGE_MAX_REQUEST);
    wire_string(w, &m->user_pack_name, WIRE_MAX_NAME);
    wire_float(w, &m->temperature);
    wire_u64(w, &m->seed);
}

static void visit_info(struct wire *w, ingle_model_info *m) {
    wire_some_string(w, &m->architecture, WIRE_MAX_NAME);
    wire_some_string(w, &m->name, WIRE_MAX_NAME);
    wire_some_string(w, &m->tier, WIRE_MAX_NAME);
    int *const numbers[] = {&m->n_vocab,   &m->n_embd,   &m->n_layer, &m->n_head,
                            &m->n_head_kv, &m->head_dim, &m->n_ff,    &m->n_ctx_train};
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) wire_int(w, numbers[i], 0, INT_MAX);
    wire_u64(w, &m->n_params);
    wire_u64(w, &m->file_size);
    wire_u64(w, &m->packed_size);
    wire_double(w, &m->open_ms);
    wire_double(w, &m->pack_ms);
    WIRE_ENUM(w, m->weights_from, INGLE_WEIGHTS_CACHED);
    wire_some_string(w, &m->cache_file, WIRE_MAX_NAME);
    wire_some_string(w, &m->cache_note, WIRE_MAX_NAME);
}

void msg_started(struct wire *w, void *message) {
    struct msg_started *m = message;
    wire_u32(w, &m->version);
    wire_bool(w, &m->is_sealed);
    wire_u32(w, &m->namespaces);
    wire_int(w, &m->namespace_errno, 0, INT_MAX);
    wire_int(w, &m->landlock_abi, 0, INT_MAX);
    wire_int(w, &m->n_calls, 0, INT_MAX);
    wire_double(w, &m->seal_ms);
    visit_info(w, &m->model);
    wire_int(w, &m->n_ctx, 0, INT_MAX);
    wire_int(w, &m->n_threads, 0, INT_MAX);
    wire_bool(w, &m->fills_middle);
    wire_u32(w, &m->packs);
}
