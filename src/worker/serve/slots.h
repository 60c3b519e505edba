/* The threads that serve, and what is made for each when it first needs it. */
#ifndef INGLE_WORKER_SERVE_SLOTS_H
#define INGLE_WORKER_SERVE_SLOTS_H

#include "worker/serve/serve.h"

/* Places for all threads, the first of which has a session where the server has one. */
BASE_NODISCARD ingle_status slots_new(struct server *s, ingle_error *err);

/* All threads but the first, once everything is open. */
BASE_NODISCARD ingle_status slots_start(struct server *s, ingle_error *err);

/* Serves requests in this thread for ever. */
void slot_serve(struct slot *slot);

/* What follows is of this client: where there are slots, nothing of another one's is left in this
 * one. */
BASE_NODISCARD ingle_status slot_turn_to(struct slot *slot, uint64_t client, ingle_error *err);

/* Empties it, so that it can turn to anybody: clients.c alone may, since that takes its cache. */
void slot_forget(struct slot *slot);

/* Of what the slot's objects do next. */
void slot_set_urgency(struct slot *slot, enum urgency urgency);

BASE_NODISCARD ingle_status slot_need_session(struct slot *slot, ingle_error *err);
BASE_NODISCARD ingle_status slot_need_tasks(struct slot *slot, ingle_error *err);

/* After the session did what was asked of it, which ended so: what it holds now can be gone on with
 * by any slot of this client. Returns the status, or why that failed. */
BASE_NODISCARD ingle_status slot_remember_after(struct slot *slot, ingle_status status,
                                                ingle_error *err);

/* For MSG_STATUS. */
struct slot_work {
    size_t n_prompt, n_reused, n_generated;
    double prompt_ms, generate_ms;
};
void slot_count(struct slot *slot, const struct slot_work *work);

#endif
