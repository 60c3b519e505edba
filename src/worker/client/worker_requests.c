/* What a worker was asked and has not yet answered: a table of RING_REQUESTS places, and a queue of
 * those of them that are not sent. */
#include <assert.h>
#include <string.h>

#include "worker/client/worker_internal.h"

#define MAX_UNSENT ((size_t)256 << 20) /* of all that wait; one that is alone may be larger */

/* ---- places ---- */

static struct worker_request *place_of(struct worker *w, uint32_t id) {
    return &w->requests[id % RING_REQUESTS];
}

struct worker_request *worker_find(struct worker *w, uint32_t id) {
    struct worker_request *r = place_of(w, id);
    return id != 0 && r->id == id ? r : NULL;
}

/* The places take turns, so that an id does not soon come again; 2^32 is a multiple of their
 * number, and so an id that wraps stays at its place. */
static struct worker_request *take_place(struct worker *w) {
    uint32_t place = w->last_place;
    do {
        place = (place + 1) % RING_REQUESTS;
    } while (w->requests[place].id != 0);
    struct worker_request *r = &w->requests[place];
    uint32_t id = r->last_id == 0 ? place : r->last_id + RING_REQUESTS;
    if (id == 0) id = RING_REQUESTS;
    w->last_place = place;
    *r = (struct worker_request){.id = id, .last_id = id};
    atomic_store(&w->own->cancelled[place], 0); /* what stood there is over */
    return r;
}

/* ---- sending ---- */

static void drop_unsent(struct worker *w, struct worker_request *r) {
    w->unsent_size -= r->unsent.size;
    buf_clear(&r->unsent);
}

static void enqueue(struct worker *w, struct worker_request *r, struct buf *body) {
    r->unsent = *body;
    r->way = (struct link_sending){
        .type = (uint16_t)r->ask.type, .id = r->id, .data = r->unsent.data, .size = r->unsent.size};
    w->unsent_size += r->unsent.size;
    w->sending[w->n_sending++] = r->id % RING_REQUESTS;
}

static void dequeue(struct worker *w) {
    drop_unsent(w, &w->requests[w->sending[0]]);
    w->n_sending--;
    memmove(w->sending, w->sending + 1, w->n_sending * sizeof *w->sending);
}

ingle_status worker_send(struct worker *w, size_t n_frames, ingle_error *err) {
    while (w->n_sending > 0 && n_frames > 0) {
        struct link_sending *way = &w->requests[w->sending[0]].way;
        INGLE_TRY(link_send_some(&w->link, way, &n_frames, err));
        if (!way->is_sent) break;
        dequeue(w);
    }
    return INGLE_OK;
}

/* ---- beginning ---- */

static ingle_status write_down(const struct worker *w, const struct worker_ask *ask,
                               struct buf *body, ingle_error *err) {
    if (ask->type != MSG_START) INGLE_TRY(wire_write(body, msg_asker, &ask->asker, err));
    INGLE_TRY(wire_write(body, ask->visit, ask->request, err));
    size_t room = w->unsent_size < MAX_UNSENT ? MAX_UNSENT - w->unsent_size : 0;
    if (w->n_sending == 0 || body->size <= room) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "Too much waits for the worker already.");
}

ingle_status worker_open(struct worker *w, const struct worker_ask *ask, worker_done_fn on_done,
                         void *user, struct arena *arena, uint32_t *id, ingle_error *err) {
    if (ask->result) memset(ask->result, 0, ask->result_size);
    if (w->is_dead) {
        if (err) *err = w->why;
        return w->why.code;
    }
    if (w->n_open == RING_REQUESTS) {
        return status_set(err, INGLE_LIMIT, 0, "The worker has %d requests already.",
                          RING_REQUESTS);
    }
    struct buf body;
    buf_init_secret(&body, MESSAGE_MAX_REQUEST);
    ingle_status status = write_down(w, ask, &body, err);
    if (status != INGLE_OK) {
        buf_clear(&body);
        return status;
    }
    if (w->n_open++ == 0) w->life = (struct life){0}; /* nobody looked meanwhile */
    struct worker_request *r = take_place(w);
    r->ask = *ask;
    r->ask.request = NULL;
    r->on_done = on_done;
    r->done_user = user;
    r->arena = arena;
    enqueue(w, r, &body);
    *id = r->id;
    return INGLE_OK;
}

ingle_status worker_begin(struct worker *w, const struct worker_ask *ask, uint32_t *id,
                          ingle_error *err) {
    *id = 0;
    if (!w->is_started && !w->is_dead) {
        if (ask->result) memset(ask->result, 0, ask->result_size);
        return status_set(err, INGLE_REFUSED, 0, "The worker has not started yet.");
    }
    INGLE_TRY(worker_open(w, ask, ask->on_done, ask->user, &w->done_arena, id, err));
    /* Within a turn that sends at its end. What is wrong with the link is for the next turn. */
    if (!w->is_in_turn && w->sent == INGLE_OK) w->sent = worker_send(w, WORKER_FRAMES, NULL);
    return INGLE_OK;
}

/* ---- ending ---- */

bool worker_is_cancelled(const struct worker *w, uint32_t id) {
    return atomic_load(&w->own->cancelled[id % RING_REQUESTS]) == id;
}

void worker_tell_to_end(struct worker *w, uint32_t id) {
    atomic_store(&w->own->cancelled[id % RING_REQUESTS], id);
    link_ring(&w->link);
}

void worker_end(struct worker *w, uint32_t id) {
    struct worker_request *r = worker_find(w, id);
    if (!r) return;
    r->wants_no_more = true;
    worker_tell_to_end(w, id);
}

void worker_close(struct worker *w, struct worker_request *r, ingle_status status,
                  const ingle_error *err) {
    worker_done_fn on_done = r->on_done;
    void *user = r->done_user;
    drop_unsent(w, r);
    r->id = 0;
    w->n_open--;
    if (status == INGLE_OK && r->ask.type != MSG_START) w->has_worked = w->has_session;
    if (!w->is_dead) link_wipe(&w->link);
    if (on_done) on_done(status, status == INGLE_OK ? NULL : err, user);
}

void worker_close_all(struct worker *w) {
    w->n_sending = 0;
    for (size_t i = 0; i < RING_REQUESTS; i++) {
        struct worker_request *r = &w->requests[i];
        if (r->id != 0) worker_close(w, r, w->why.code, &w->why);
    }
    assert(w->n_open == 0 && w->unsent_size == 0);
}
