#include "worker/client/worker.h"

#include <assert.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "worker/client/spawn.h"
#include "worker/client/worker_internal.h"

#define MAX_ARENA ((size_t)1 << 30)

/* ---- one thing after another ---- */

/* What was asked by somebody who waits. */
struct waiting {
    bool is_over;
    ingle_status status;
    ingle_error error;
};

static void stop_waiting(ingle_status status, const ingle_error *err, void *user) {
    struct waiting *waiting = user;
    waiting->is_over = true;
    waiting->status = status;
    if (err) waiting->error = *err;
}

static ingle_status wait_for(struct worker *w, const struct waiting *waiting, ingle_error *err) {
    while (!waiting->is_over) {
        struct pollfd p = {.fd = w->socket, .events = POLLIN};
        (void)poll(&p, 1, LIFE_LOOK_MS); /* or a signal */
        worker_turn(w);
    }
    if (w->is_dead) worker_kill_and_wait(w);
    if (waiting->status != INGLE_OK && err) *err = waiting->error;
    return waiting->status;
}

ingle_status worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    struct waiting waiting = {.is_over = false};
    uint32_t id;
    assert(!w->is_in_turn);
    if (!w->is_dead) arena_clear(&w->arena);
    INGLE_TRY(worker_open(w, ask, stop_waiting, &waiting, &w->arena, &id, err));
    atomic_store(&w->asked, id);
    if (atomic_exchange(&w->cancel_next, false)) worker_tell_to_end(w, id);
    if (w->sent == INGLE_OK) w->sent = worker_send(w, WORKER_FRAMES, NULL);
    ingle_status status = wait_for(w, &waiting, err);
    atomic_store(&w->asked, 0);
    return status;
}

/* The wish stands before it is looked for a request, and the request before it is looked for a
 * wish: one of the two sees the other, and only one of them takes it. */
void worker_cancel(struct worker *w) {
    atomic_store(&w->cancel_next, true);
    uint32_t id = atomic_load(&w->asked);
    if (id != 0 && atomic_exchange(&w->cancel_next, false)) worker_tell_to_end(w, id);
}

void worker_forget_cancel(struct worker *w) {
    atomic_store(&w->cancel_next, false);
}

/* ---- life ---- */

/* What was said of the start, before anybody is told. */
static void end_start(ingle_status status, const ingle_error *err, void *user) {
    struct worker *w = user;
    if (status == INGLE_OK && w->started.version != MESSAGE_VERSION) {
        worker_die_because(w, INGLE_UNSUPPORTED, "The worker is of another version of ingle.");
    } else if (status == INGLE_OK && !w->is_unsealed && !w->started.is_sealed) {
        worker_die_because(w, INGLE_REFUSED, "The worker did not seal itself and was ended.");
    }
    if (status == INGLE_OK && w->is_dead) {
        status = w->why.code;
        err = &w->why;
    }
    w->is_started = status == INGLE_OK;
    w->on_started(status, err, w->started_user);
}

static ingle_status start_process(struct worker *w, const struct worker_files *files,
                                  ingle_error *err) {
    struct spawned s;
    INGLE_TRY(
        quarantine_check(&w->quarantine, files->crashes, files->shards, files->n_shards, err));
    INGLE_TRY(spawn_worker(&s, files, err));
    w->pid = s.pid;
    w->socket = s.socket;
    w->own = s.own;
    w->others = s.others;
    w->has_clock = clock_getcpuclockid(w->pid, &w->clock) == 0;
    w->on_death = files->on_death;
    link_init(&w->link, w->own, w->others, w->socket);
    link_arm(&w->link);
    return INGLE_OK;
}

static ingle_status ask_to_start(struct worker *w, struct msg_start *m,
                                 const struct worker_files *files, ingle_error *err) {
    m->version = MESSAGE_VERSION;
    m->n_shards = files->n_shards;
    m->has_packed = files->packed >= 0;
    m->has_packed_new = files->packed_new >= 0;
    w->has_session = m->has_session;
    w->is_unsealed = m->unsealed;
    const struct worker_ask ask = {.type = MSG_START,
                                   .visit = msg_start,
                                   .request = m,
                                   .visit_result = msg_started,
                                   .result = &w->started,
                                   .result_size = sizeof w->started};
    uint32_t id;
    INGLE_TRY(worker_open(w, &ask, end_start, w, &w->started_arena, &id, err));
    w->sent = worker_send(w, WORKER_FRAMES, NULL);
    return INGLE_OK;
}

ingle_status worker_spawn(struct worker **out, struct msg_start *m,
                          const struct worker_files *files,
                          void (*on_started)(ingle_status, const ingle_error *, void *), void *user,
                          ingle_error *err) {
    *out = NULL;
    assert(m->unsealed || !files->in_child);
    struct worker *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "a worker", sizeof *w);
    w->socket = -1;
    w->on_started = on_started;
    w->started_user = user;
    buf_init_secret(&w->answer.body, MESSAGE_MAX_ANSWER + 4096);
    arena_init_secret(&w->started_arena, MAX_ARENA);
    arena_init_secret(&w->done_arena, MAX_ARENA);
    arena_init_secret(&w->arena, MAX_ARENA);
    ingle_status status = start_process(w, files, err);
    if (status == INGLE_OK) status = ask_to_start(w, m, files, err);
    if (status != INGLE_OK) {
        worker_free(w);
        return status;
    }
    *out = w;
    return INGLE_OK;
}

ingle_status worker_new(struct worker **out, struct msg_start *m, const struct worker_files *files,
                        ingle_error *err) {
    struct waiting waiting = {.is_over = false};
    struct worker *w;
    *out = NULL;
    INGLE_TRY(worker_spawn(&w, m, files, stop_waiting, &waiting, err));
    assert(w); /* as it says */
    ingle_status status = wait_for(w, &waiting, err);
    if (status != INGLE_OK) {
        worker_free(w);
        return status;
    }
    *out = w;
    return INGLE_OK;
}

/* It has nothing that it must finish. */
void worker_stop(struct worker *w) {
    assert(!w->is_in_turn);
    if (w->is_dead || !w->own) return;
    if (w->has_worked) quarantine_worked(&w->quarantine);
    worker_die_because(w, INGLE_CANCELLED, "The worker was stopped.");
    w->is_in_turn = true;
    worker_close_all(w);
    w->is_in_turn = false;
}

void worker_free(struct worker *w) {
    if (!w) return;
    worker_stop(w);
    if (w->socket >= 0) close(w->socket);
    worker_kill_and_wait(w);
    if (w->own) link_clear(&w->link);
    ring_unmap(w->own);
    ring_unmap(w->others);
    buf_clear(&w->answer.body);
    arena_clear(&w->arena);
    arena_clear(&w->done_arena);
    arena_clear(&w->started_arena);
    mem_free(w);
}

const struct msg_started *worker_started(const struct worker *w) {
    return &w->started;
}

ingle_status worker_tell_cache(struct worker *w, const ingle_model_info *info, ingle_error *err) {
    size_t n_file = strlen(info->cache_file), n_note = strlen(info->cache_note);
    const char *file = arena_copy(&w->started_arena, info->cache_file, n_file);
    const char *note = arena_copy(&w->started_arena, info->cache_note, n_note);
    if (!file || !note) return status_no_memory(err, "a path", n_file + n_note);
    w->started.model.weights_from = info->weights_from;
    w->started.model.cache_file = file;
    w->started.model.cache_note = note;
    return INGLE_OK;
}

uint64_t worker_peak_memory(const struct worker *w) {
    return w->peak_memory;
}

pid_t worker_pid(const struct worker *w) {
    return w->pid;
}

bool worker_is_dead(const struct worker *w) {
    return w->is_dead;
}

int worker_socket(const struct worker *w) {
    return w->socket;
}

/* Also one that has hung up, or was killed, and has not ended. */
bool worker_is_busy(const struct worker *w) {
    return w->n_open > 0 || (w->pid > 0 && (w->is_dead || w->hung_up_ms > 0.0));
}

size_t worker_n_open(const struct worker *w) {
    return w->n_open;
}
