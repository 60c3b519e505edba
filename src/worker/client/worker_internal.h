/* What the parts of a worker's front share: worker.c starts and ends it, worker_requests.c holds
 * what was asked of it, worker_turn.c moves messages, worker_death.c says how it ended. */
#ifndef INGLE_WORKER_CLIENT_WORKER_INTERNAL_H
#define INGLE_WORKER_CLIENT_WORKER_INTERNAL_H

#include <time.h>

#include "worker/client/life.h"
#include "worker/client/quarantine.h"
#include "worker/client/worker.h"
#include "worker/wire/link.h"

#define WORKER_FRAMES 64    /* so many are sent, and received, before somebody else has his turn */
#define WORKER_ENDS_MS 1000 /* how long one that has hung up may take to end */

typedef void (*worker_done_fn)(ingle_status status, const ingle_error *err, void *user);

/* A place for a request: those of place i have ids that are i modulo RING_REQUESTS. */
struct worker_request {
    uint32_t id;      /* 0 = the place is free */
    uint32_t last_id; /* that it ever had; 0 = none */
    struct worker_ask ask;
    worker_done_fn on_done;
    void *done_user;
    struct arena *arena;     /* what its result borrows from */
    bool wants_no_more;      /* on_answer is called no more */
    uint64_t told_late;      /* bytes that came about it though it was cancelled */
    uint64_t cancelled_as;   /* its rank among the cancelled, as they were seen; 0 = it is none */
    struct buf unsent;       /* its body, and */
    struct link_sending way; /* how far that has come */
};

struct worker {
    struct link link;
    int socket;
    struct ring_page *own;
    const struct ring_page *others;

    /* Its process. */
    pid_t pid; /* 0 = it has been waited for, and */
    int how;   /* ended so */
    clockid_t clock;
    bool has_clock; /* of its processor time */
    struct life life;
    enum life_verdict verdict;
    double hung_up_ms; /* when the socket ended; 0 = not yet */
    bool is_dead;      /* of no more use, and */
    ingle_error why;
    struct quarantine quarantine;
    void (*on_death)(int n_crashes);

    /* What was asked. */
    struct worker_request requests[RING_REQUESTS];
    size_t n_open;
    uint32_t last_place;
    uint32_t sending[RING_REQUESTS]; /* [n_sending] places, in this order; the first has begun */
    size_t n_sending;
    size_t unsent_size; /* bytes of all of them */
    ingle_status sent;  /* what is wrong with the link, found while a request was begun */
    uint64_t n_cancelled;
    _Atomic uint32_t asked; /* worker_do()'s, 0 = none */
    atomic_bool cancel_next;

    /* What it said. */
    bool is_in_turn;
    struct link_message answer;
    struct arena started_arena, done_arena,
        arena; /* of the start, of worker_begin(), worker_do() */
    struct msg_started started;
    bool is_started, is_unsealed;
    void (*on_started)(ingle_status, const ingle_error *, void *);
    void *started_user;
    uint64_t peak_memory;
    bool has_session, has_worked; /* and with it */
};

/* ---- worker_requests.c ---- */

/* worker_begin(), also for the start, and with an end of one's own. */
BASE_NODISCARD ingle_status worker_open(struct worker *w, const struct worker_ask *ask,
                                        worker_done_fn on_done, void *user, struct arena *arena,
                                        uint32_t *id, ingle_error *err);
struct worker_request *worker_find(struct worker *w, uint32_t id); /* NULL = it is not open */
bool worker_is_cancelled(const struct worker *w, uint32_t id);
void worker_tell_to_end(struct worker *w, uint32_t id); /* from anywhere; it may have ended */

/* Sends what there is room for, at most so many frames. */
BASE_NODISCARD ingle_status worker_send(struct worker *w, size_t n_frames, ingle_error *err);

/* It is over: its place is free before whoever asked is told. */
void worker_close(struct worker *w, struct worker_request *r, ingle_status status,
                  const ingle_error *err);
void worker_close_all(struct worker *w); /* for w->why */

/* ---- worker_death.c ---- */

/* After a failure of the link, or of reading a message: the worker is of no more use. False if it
 * hung up and may yet end by itself: try again soon. */
bool worker_die(struct worker *w, ingle_status status);
void worker_die_because(struct worker *w, ingle_status code, const char *sentence);

/* Waits for the process's end, at most so long. */
bool worker_has_ended(struct worker *w, double wait_ms);
void worker_kill_and_wait(struct worker *w);

#endif
