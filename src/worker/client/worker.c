#include "worker/client/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "worker/client/spawn.h"
#include "worker/wire/link.h"

#define LOOK_MS 250   /* how often it is looked whether a silent worker lives */
#define HANGS_MS 1500 /* without a beat */
#define MAX_ARENA ((size_t)1 << 30)

struct worker {
    struct link link;
    int socket;
    struct ring_page *own;
    const struct ring_page *others;
    pid_t pid;
    bool is_dead;
    ingle_error why;        /* is_dead */
    _Atomic uint32_t asked; /* the request in progress, 0 = none */
    uint32_t last_id;
    atomic_bool cancel_next;
    struct link_message answer;
    struct arena started_arena, arena;
    struct msg_started started;
    uint64_t peak_memory;
    unsigned beats; /* when it was last looked, and when they had changed last */
    double beat_ms;
};

/* ---- how it ended ---- */

static ingle_status signal_error(int number, ingle_error *err) {
    switch (number) {
    case SIGBUS:
        return status_set(err, INGLE_INVALID, 0,
                          "A file in use was cut short, or can no longer be read.");
    case SIGSYS:
        return status_set(err, INGLE_REFUSED, 0,
                          "The worker tried what its seal forbids, and the kernel ended it.");
    case SIGKILL:
        return status_set(err, INGLE_FAILED, 0,
                          "The worker was killed; if memory ran out, a smaller context (-c) "
                          "or model may fit.");
    default:
        return status_set(err, INGLE_FAILED, 0, "The worker crashed (%s).", strsignal(number));
    }
}

/* It is gone, or about to be: waits for it, and says how it ended. */
static ingle_status bury(struct worker *w, ingle_error *err) {
    int how = 0;
    if (w->pid > 0) {
        while (waitpid(w->pid, &how, 0) < 0 && errno == EINTR) continue;
    }
    w->pid = 0;
    w->is_dead = true;
    if (WIFSIGNALED(how)) return signal_error(WTERMSIG(how), err);
    return status_set(err, INGLE_FAILED, 0, "The worker ended without an answer.");
}

static ingle_status kill_because(struct worker *w, const char *sentence, ingle_error *err) {
    if (w->pid > 0) kill(w->pid, SIGKILL);
    ingle_status ignored = bury(w, NULL);
    (void)ignored; /* of the kill */
    return status_set(err, INGLE_FAILED, 0, "%s", sentence);
}

static ingle_status die(struct worker *w, ingle_status status, ingle_error *err) {
    ingle_error why = {0};
    if (status == INGLE_CANCELLED) {
        status = bury(w, &why);
    } else if (status == INGLE_INVALID) {
        status = kill_because(w, "The worker broke the protocol and was ended.", &why);
    } else {
        status = kill_because(w, "There is no memory for the worker's answer.", &why);
    }
    w->why = why;
    if (err) *err = why;
    return status;
}

static bool hangs(struct worker *w) {
    unsigned beats = atomic_load(&w->others->beats);
    double now = clock_ms();
    if (beats != w->beats || w->beat_ms == 0) {
        w->beats = beats;
        w->beat_ms = now;
    }
    return now - w->beat_ms > HANGS_MS;
}

/* ---- asking ---- */

static ingle_status send(struct worker *w, const struct worker_ask *ask, uint32_t id,
                         ingle_error *err) {
    struct buf out;
    buf_init(&out, MESSAGE_MAX_REQUEST);
    ingle_status status = wire_write(&out, ask->visit, ask->request, err);
    if (status == INGLE_OK) {
        status = link_send(&w->link, (uint16_t)ask->type, id, out.data, out.size, err);
        if (status != INGLE_OK) status = die(w, status, err);
    }
    buf_clear(&out);
    return status;
}

/* The next message about the request. */
static ingle_status receive(struct worker *w, uint32_t id, ingle_error *err) {
    for (;;) {
        bool has;
        ingle_status status = link_receive(&w->link, &w->answer, LOOK_MS, &has, err);
        if (status != INGLE_OK) return die(w, status, err);
        if (has && w->answer.id == id) return INGLE_OK;
        if (has) return die(w, INGLE_INVALID, err);
        if (!hangs(w)) continue;
        status = kill_because(w, "The worker did not answer any more and was ended.", &w->why);
        if (err) *err = w->why;
        return status;
    }
}

static ingle_status read_done(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    struct msg_done m;
    ingle_status status =
        wire_read(&m, sizeof m, msg_done, w->answer.body.data, w->answer.body.size, &w->arena, err);
    if (status == INGLE_OK && ask->result && m.result.len > 0) {
        status = wire_read(ask->result, ask->result_size, ask->visit_result, m.result.data,
                           m.result.len, &w->arena, err);
    }
    if (status != INGLE_OK) return die(w, status, err);
    w->peak_memory = m.peak_memory;
    if (m.error.code != INGLE_OK && err) *err = m.error;
    return m.error.code;
}

static void end_request(struct worker *w, uint32_t id) {
    atomic_store(&w->own->cancelled, id);
    link_ring(&w->link);
}

static ingle_status answers(struct worker *w, const struct worker_ask *ask, uint32_t id,
                            ingle_error *err) {
    bool wants_more = true;
    for (;;) {
        INGLE_TRY(receive(w, id, err));
        enum msg_type type = w->answer.type;
        if (type == MSG_DONE) return read_done(w, ask, err);
        if (!wants_more || !ask->on_answer) continue;
        wants_more = ask->on_answer(type, w->answer.body.data ? w->answer.body.data : "",
                                    w->answer.body.size, ask->user);
        if (!wants_more) end_request(w, id);
    }
}

ingle_status worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    if (ask->result) memset(ask->result, 0, ask->result_size);
    if (w->is_dead) {
        if (err) *err = w->why;
        return INGLE_FAILED;
    }
    arena_clear(&w->arena);
    uint32_t id = ++w->last_id;
    w->beat_ms = 0;
    atomic_store(&w->asked, id);
    if (atomic_exchange(&w->cancel_next, false)) end_request(w, id);
    ingle_status status = send(w, ask, id, err);
    if (status == INGLE_OK) status = answers(w, ask, id, err);
    atomic_store(&w->asked, 0);
    return status;
}

void worker_cancel(struct worker *w) {
    uint32_t id = atomic_load(&w->asked);
    if (id == 0) {
        atomic_store(&w->cancel_next, true);
    } else {
        end_request(w, id);
    }
}

/* ---- life ---- */

static ingle_status start(struct worker *w, struct msg_start *m, const struct worker_files *files,
                          ingle_error *err) {
    struct spawned s;
    INGLE_TRY(spawn_worker(&s, files, err));
    w->pid = s.pid;
    w->socket = s.socket;
    w->own = s.own;
    w->others = s.others;
    link_init(&w->link, w->own, w->others, w->socket);
    m->version = MESSAGE_VERSION;
    m->n_shards = files->n_shards;
    m->has_packed = files->packed >= 0;
    m->has_packed_new = files->packed_new >= 0;
    struct worker_ask ask = {.type = MSG_START,
                             .visit = msg_start,
                             .request = m,
                             .visit_result = msg_started,
                             .result = &w->started,
                             .result_size = sizeof w->started};
    INGLE_TRY(worker_do(w, &ask, err));
    w->started_arena = w->arena; /* its strings outlive the next request */
    arena_init(&w->arena, MAX_ARENA);
    if (m->unsealed || w->started.is_sealed) return INGLE_OK;
    return kill_because(w, "The worker did not seal itself and was ended.", err);
}

ingle_status worker_new(struct worker **out, struct msg_start *m, const struct worker_files *files,
                        ingle_error *err) {
    *out = NULL;
    struct worker *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "a worker", sizeof *w);
    w->socket = -1;
    buf_init(&w->answer.body, MESSAGE_MAX_ANSWER + 4096);
    arena_init(&w->arena, MAX_ARENA);
    ingle_status status = start(w, m, files, err);
    if (status != INGLE_OK) {
        worker_free(w);
        return status;
    }
    *out = w;
    return INGLE_OK;
}

void worker_free(struct worker *w) {
    if (!w) return;
    if (w->socket >= 0) close(w->socket);
    if (w->pid > 0) {
        kill(w->pid, SIGKILL); /* it has nothing that it must finish */
        ingle_status ignored = bury(w, NULL);
        (void)ignored;
    }
    if (w->own) link_clear(&w->link);
    ring_unmap(w->own);
    ring_unmap(w->others);
    buf_clear(&w->answer.body);
    arena_clear(&w->arena);
    arena_clear(&w->started_arena);
    mem_free(w);
}

const struct msg_started *worker_started(const struct worker *w) {
    return &w->started;
}

uint64_t worker_peak_memory(const struct worker *w) {
    return w->peak_memory;
}

bool worker_is_dead(const struct worker *w) {
    return w->is_dead;
}
