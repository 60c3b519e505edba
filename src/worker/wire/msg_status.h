/* What a worker does now, and has done since it started. No words are in it. */
#ifndef INGLE_WORKER_WIRE_MSG_STATUS_H
#define INGLE_WORKER_WIRE_MSG_STATUS_H

#include "worker/wire/message.h"

/* MSG_STATUS says nothing (msg_empty) and is answered at once; this is its result. Totals are of
 * texts and conversations (MSG_GENERATE, MSG_CHAT, MSG_FILL), not of tasks. */
struct msg_status {
    size_t n_slots, n_busy; /* slots; those that serve a request */
    size_t n_waiting;       /* requests that wait for one */
    size_t n_clients;       /* that something is remembered of */

    uint64_t n_requests;  /* of every type, that ended */
    uint64_t n_prompt;    /* tokens of prompts that were computed, */
    uint64_t n_reused;    /* and those that were not, since they were remembered */
    uint64_t n_generated; /* tokens */
    double prompt_ms;     /* spent on each, added up over all slots */
    double generate_ms;
    uint64_t n_passes; /* over the model's weights, and the sessions that had a part in one, */
    uint64_t n_parts;  /* added up; both 0 = not known: there is one slot, or none */
    uint64_t n_held;   /* tokens in the sessions, as of the last request of each */

    /* of all clients' prefix caches (ingle_prefix_cache_info) */
    uint64_t cache_bytes, cache_max_bytes, cache_tokens;
    uint64_t n_cache_prompts, n_cache_hits, n_cache_reused;

    uint64_t peak_memory; /* bytes that the worker ever held; /proc says what it holds now */
};
void msg_status(struct wire *w, void *message);

#endif
