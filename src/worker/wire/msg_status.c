#include "worker/wire/msg_status.h"

void msg_status(struct wire *w, void *message) {
    struct msg_status *m = message;
    size_t *const sizes[] = {&m->n_slots, &m->n_busy, &m->n_waiting, &m->n_clients};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) wire_size(w, sizes[i]);
    uint64_t *const counts[] = {&m->n_requests,     &m->n_prompt,        &m->n_reused,
                                &m->n_generated,    &m->n_passes,        &m->n_parts,
                                &m->n_held,         &m->cache_bytes,     &m->cache_max_bytes,
                                &m->cache_tokens,   &m->n_cache_prompts, &m->n_cache_hits,
                                &m->n_cache_reused, &m->peak_memory};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) wire_u64(w, counts[i]);
    wire_double(w, &m->prompt_ms);
    wire_double(w, &m->generate_ms);
}
