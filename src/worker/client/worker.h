/* The front's side of a worker: starts one (this program, sealed, in a process of its own), asks it
 * things, and notices when it dies or hangs. The front parses no model; a worker gets descriptors
 * and words, and gives back words.
 *
 * One thread uses a worker, but worker_cancel(). */
#ifndef INGLE_WORKER_CLIENT_WORKER_H
#define INGLE_WORKER_CLIENT_WORKER_H

#include <sys/types.h>

#include "worker/wire/msg_start.h"

struct worker;

/* A worker's own main(), which never returns but to end the process. */
typedef int (*worker_main_fn)(void);

/* The descriptors that it is given, in the order of worker_fd; all stay the caller's. */
struct worker_files {
    const int *shards;      /* [n_shards] of the model */
    int n_shards;           /* 0 = no model */
    int packed, packed_new; /* -1 = none */
    const char *crashes;    /* the folder of quarantine.h; NULL = none */
    /* Called when the worker dies, or is killed for what it did: how many times in a row that now
     * is for its model; 0 = not counted. NULL = nobody is told. */
    void (*on_death)(int n_crashes);
    /* NULL: it is this program executed anew. Else a fork of this process that goes on there, and
     * so works under emulators and debuggers, but holds this one's memory: only for a worker that
     * is not sealed. */
    worker_main_fn in_child;
};

/* Starts a worker and waits until it is sealed and has opened what `start` names; *started borrows
 * from the worker. start->version, n_shards and has_packed* are filled in here. The errors are
 * those of opening the model; REFUSED if it cannot be sealed, or is in quarantine. */
BASE_NODISCARD ingle_status worker_new(struct worker **out, struct msg_start *start,
                                       const struct worker_files *files, ingle_error *err);

/* Ends the process and waits for its end; NULL is fine. What is open ends before this returns:
 * on_done, and on_started, are called with CANCELLED. Not to be called by them. */
void worker_free(struct worker *w);

const struct msg_started *worker_started(const struct worker *w);
/* The front knows better what became of the prepared weights: from now on worker_started() says
 * what *info says of them (copied). */
BASE_NODISCARD ingle_status worker_tell_cache(struct worker *w, const ingle_model_info *info,
                                              ingle_error *err);
/* Bytes that the worker held at most, by its last answer. */
uint64_t worker_peak_memory(const struct worker *w);

/* A message about a request that is not its end; body [size] is borrowed during the call. Returns
 * false if the request is to end: it is cancelled, and its end still waited for. */
typedef bool (*worker_answer_fn)(enum msg_type type, const void *body, size_t size, void *user);

/* Asks and waits for the end. request: a message of `type`, written by `visit`. result, which may
 * be NULL: zeroed, and filled by visit_result if the worker sent one, also when it failed; it
 * borrows from the worker until it is next asked. on_answer may be NULL.
 *
 * Errors are the worker's own. If the worker dies the error says how: INVALID for a file that was
 * cut short under it, REFUSED if the seal ended it, else FAILED; the worker is then of no more use
 * but for worker_free(). The same if it breaks the protocol or shows no life (life.h): it is
 * killed. */
struct worker_ask {
    struct msg_asker asker;
    enum msg_type type;
    wire_fn visit;
    const void *request;
    wire_fn visit_result;
    void *result;
    size_t result_size;
    worker_answer_fn on_answer;
    void *user;
    /* worker_begin() only: the end, called once, whatever happens; then the result is there, and
     * what it borrows until this returns. err NULL if OK. */
    void (*on_done)(ingle_status status, const ingle_error *err, void *user);
};
BASE_NODISCARD ingle_status worker_do(struct worker *w, const struct worker_ask *ask,
                                      ingle_error *err);

/* ---- for a front with an event loop, which never waits ----
 *
 * It calls worker_turn() when worker_socket() can be read, and every LIFE_LOOK_MS (life.h) while
 * worker_is_busy(); until worker_is_dead(), from when on the socket is not to be watched. All that
 * is called back is called from worker_turn() (and worker_free(), worker_stop()). From there
 * worker_begin(), worker_end() and questions about the worker may be called, and nothing else. */

/* As worker_new(), but returns when the process exists. on_started is called once, when it can be
 * asked, or has failed. start and files are needed during the call only. */
BASE_NODISCARD ingle_status worker_spawn(struct worker **out, struct msg_start *start,
                                         const struct worker_files *files,
                                         void (*on_started)(ingle_status status,
                                                            const ingle_error *err, void *user),
                                         void *user, ingle_error *err);

/* Asks, as worker_do(); *id names the request for worker_end(). ask->request is needed during the
 * call only, ask->result until on_done. LIMIT if RING_REQUESTS are open, or if too much waits to be
 * sent; REFUSED before the worker has started. After a failure on_done is not called. */
BASE_NODISCARD ingle_status worker_begin(struct worker *w, const struct worker_ask *ask,
                                         uint32_t *id, ingle_error *err);

/* Cancels that one: on_answer is called no more, and on_done when it has ended. An id that is not
 * open is nothing. */
void worker_end(struct worker *w, uint32_t id);

int worker_socket(const struct worker *w);

/* Sends what there is room for, tells what has come, and looks whether the worker lives; of either
 * no more at once than lets others have their turn. */
void worker_turn(struct worker *w);

bool worker_is_busy(const struct worker *w);
size_t worker_n_open(const struct worker *w); /* requests; the start is one */

/* As worker_free(), but does not wait: the worker is dead, and worker_free() does not wait, either,
 * when it is no more busy. */
void worker_stop(struct worker *w);

/* ---- */

/* The request of worker_do() (or its next one) is to end soon, as its own CANCELLED or as a text
 * that stopped. From any thread and from a signal handler. */
void worker_cancel(struct worker *w);

/* A wish to end that came while nothing was asked is no wish about the next request. */
void worker_forget_cancel(struct worker *w);

pid_t worker_pid(const struct worker *w); /* 0 = it has ended */

/* True once the worker died or was killed because it hung. */
bool worker_is_dead(const struct worker *w);

#endif
