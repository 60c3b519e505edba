/* MSG_STATUS: what the worker does and has done. */
#include "worker/serve/serve.h"
#include "worker/serve/slots.h"
#include "worker/wire/msg_status.h"

static void tell_work(struct msg_status *told, const struct server *s) {
    const struct counters *c = &s->counters;
    told->n_requests = atomic_load(&c->n_requests);
    told->n_prompt = atomic_load(&c->n_prompt);
    told->n_reused = atomic_load(&c->n_reused);
    told->n_generated = atomic_load(&c->n_generated);
    told->prompt_ms = 1e-3 * (double)atomic_load(&c->prompt_us);
    told->generate_ms = 1e-3 * (double)atomic_load(&c->generate_us);
    ingle_group_info group = ingle_group_get_info(s->group);
    told->n_passes = group.n_passes;
    told->n_parts = group.n_parts;
    for (size_t i = 0; i < s->n_threads; i++) told->n_held += atomic_load(&s->slots[i].n_held);
}

static void tell_cache(struct msg_status *told, struct server *s) {
    ingle_prefix_cache_info info = s->prefix_cache
                                       ? ingle_prefix_cache_get_info(s->prefix_cache)
                                       : clients_get_info(&s->clients, &told->n_clients);
    told->cache_bytes = info.bytes;
    told->cache_max_bytes = info.max_bytes;
    told->cache_tokens = info.n_tokens;
    told->n_cache_prompts = info.n_prompts;
    told->n_cache_hits = info.n_hits;
    told->n_cache_reused = info.n_reused;
}

ingle_status serve_status(struct request *r, ingle_error *err) {
    struct server *s = r->server;
    struct msg_status told = {.n_slots = s->start.n_slots ? (size_t)s->start.n_slots : 1};
    char nothing;
    struct inbox_load load = inbox_get_load(s->inbox);
    INGLE_TRY(serve_read(r, &nothing, sizeof nothing, msg_empty, err));
    told.n_busy = load.n_busy;
    told.n_waiting = load.n_waiting;
    told.peak_memory = serve_peak_memory();
    tell_work(&told, s);
    tell_cache(&told, s);
    return serve_result(r, msg_status, &told, err);
}
