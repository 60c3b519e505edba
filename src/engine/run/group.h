/* A group (ingle/group.h): one workspace and one team of threads that compute for the sessions of
 * several threads. There is no thread of its own: a pass is made by one of those that wait for it.
 *
 *     arrive -> the queue -> [ wait ] -> a pass takes turns from the queue -> done, or on with it
 *                  |                        ^
 *                  +-- nobody missing, or --+   the thread that finds this makes the pass; the
 *                      patience at its end      others sleep until it calls them
 *
 * After a pass those that generate choose their next token at about the same time, so the next pass
 * waits a little for them: a pass without a session costs that one a whole pass. */
#ifndef INGLE_ENGINE_RUN_GROUP_H
#define INGLE_ENGINE_RUN_GROUP_H

#include <pthread.h>

#include "base/gate.h"
#include "base/pool.h"
#include "engine/model/forward.h"
#include "engine/model/model.h"
#include "engine/run/group_plan.h"

/* A session's place. Places belong to the group, so that a call that comes late finds one. */
struct group_seat {
    struct gate called;
    struct gate_waiter at_called; /* this and n_heard: of the thread that uses the session */
    unsigned n_heard;             /* calls */
    bool is_taken;
    bool is_generating;
    bool is_expected; /* it had a part in the last pass, generates, and is not back yet */
    struct group_seat *next;
};

struct group {
    const struct model *model;
    struct workspace *ws;
    struct pool *pool;
    int n_batch;
    pthread_mutex_t lock; /* for all that follows */
    struct group_seat *seats;
    struct group_turn *queue;    /* in order of arrival */
    struct group_turn *gatherer; /* of the queue: makes the next pass when patience ends */
    bool is_busy;                /* a pass is made */
    int n_generating, n_expected;
    uint64_t gather_until;      /* clock_ns() */
    uint64_t n_passes, n_parts; /* passes made; turns that had a part in them */
    struct group_pace pace;
    struct group_turn **turns; /* [n_batch] of the pass that is made */
    struct forward_seq *seqs;  /* [n_batch] */
    int n_turns, n_seqs;
};

/* n_batch 1 or more. */
BASE_NODISCARD ingle_status group_init(struct group *g, const struct model *model, int n_batch,
                                       int n_threads, ingle_error *err);
void group_clear(struct group *g);

/* Any thread. */
BASE_NODISCARD ingle_status group_join(struct group *g, struct group_seat **seat, ingle_error *err);
void group_quit(struct group *g, struct group_seat *seat);

/* Around the making of an answer: tokens will follow one another. */
void group_enter(struct group *g, struct group_seat *seat);
void group_leave(struct group *g, struct group_seat *seat);

/* Does any other session generate? */
bool group_has_company(struct group *g, const struct group_seat *seat);

/* Computes a turn, together with what others have. Returns when it is done: all its tokens, or,
 * cancelled, the first n_done. before_head() may run on another thread meanwhile. */
void group_compute(struct group *g, struct group_seat *seat, struct group_turn *turn);

#endif
