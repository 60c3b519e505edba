#include "worker/client/worker.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "worker/client/life.h"
#include "worker/client/quarantine.h"
#include "worker/client/spawn.h"
#include "worker/wire/link.h"

#define ENDS_MS 1000 /* how long a worker that has hung up may take to end */
#define MAX_ARENA ((size_t)1 << 30)

struct worker {
    struct link link;
    int socket;
    struct ring_page *own;
    const struct ring_page *others;
    pid_t pid; /* 0 = it has been waited for, and */
    int how;   /* ended so */
    clockid_t clock;
    bool has_clock; /* of its processor time */
    bool is_dead;   /* of no more use, and */
    ingle_error why;
    _Atomic uint32_t asked; /* the request in progress, 0 = none */
    uint32_t last_id;
    atomic_bool cancel_next;
    struct link_message answer;
    struct arena started_arena, arena;
    struct msg_started started;
    uint64_t peak_memory;
    struct life life;
    enum life_verdict verdict;
    struct quarantine quarantine;
    void (*on_death)(int n_crashes);
    bool has_session, has_worked; /* and with it */
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

/* What only a model, or what it made of the worker, does; a kill comes from outside. */
static bool is_crash(int number) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
        if (number == numbers[i]) return true;
    }
    return false;
}

/* Waits for its end, at most so long. */
static bool has_ended(struct worker *w, double wait_ms) {
    double begin = clock_ms();
    while (w->pid > 0) {
        pid_t pid = waitpid(w->pid, &w->how, WNOHANG);
        if (pid == w->pid || (pid < 0 && errno == ECHILD)) w->pid = 0;
        if (w->pid == 0 || clock_ms() - begin >= wait_ms) break;
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    return w->pid == 0;
}

/* Whoever hung up and yet lives on is ended. One that even then does not end, since the kernel
 * holds it in a read from a broken disk, is not waited for. */
static void kill_and_wait(struct worker *w) {
    if (w->pid > 0) kill(w->pid, SIGKILL);
    bool is_over = has_ended(w, 5 * ENDS_MS);
    (void)is_over;
}

/* It is gone, or about to be: says how it ended. */
static ingle_status bury(struct worker *w, ingle_error *err) {
    if (!has_ended(w, ENDS_MS)) {
        kill_and_wait(w);
        quarantine_crashed(&w->quarantine, "hung up");
        return status_set(err, INGLE_FAILED, 0, "The worker hung up and was ended.");
    }
    if (WIFSIGNALED(w->how)) {
        int number = WTERMSIG(w->how);
        if (is_crash(number)) quarantine_crashed(&w->quarantine, strsignal(number));
        return signal_error(number, err);
    }
    if (WIFEXITED(w->how) && WEXITSTATUS(w->how) == SPAWN_FAILED) {
        return status_set(err, INGLE_FAILED, 0,
                          "The worker could not be started: this program cannot be run again "
                          "through /proc.");
    }
    quarantine_crashed(&w->quarantine, "ended without an answer");
    return status_set(err, INGLE_FAILED, 0, "The worker ended without an answer.");
}

static ingle_status end_because(struct worker *w, ingle_status code, const char *sentence,
                                ingle_error *err) {
    kill_and_wait(w);
    return status_set(err, code, 0, "%s", sentence);
}

/* After a failure of the link, or of reading a message: the worker is of no more use. */
static ingle_status die(struct worker *w, ingle_status status, ingle_error *err) {
    ingle_error *why = &w->why;
    int n_before = w->quarantine.n_crashes;
    if (w->verdict != LIFE_GOES_ON) {
        if (w->verdict == LIFE_SILENT && !w->life.last.is_stopped) {
            quarantine_crashed(&w->quarantine, "hung");
        }
        if (w->verdict == LIFE_STUCK) quarantine_crashed(&w->quarantine, "hung");
        status = end_because(w, INGLE_FAILED, life_sentence(w->verdict), why);
    } else if (status == INGLE_CANCELLED) {
        status = bury(w, why);
    } else if (status == INGLE_NO_MEMORY) {
        status =
            end_because(w, INGLE_NO_MEMORY, "There is no memory for the worker's answer.", why);
    } else {
        quarantine_crashed(&w->quarantine, "broke the protocol");
        status = end_because(w, INGLE_FAILED, "The worker broke the protocol and was ended.", why);
    }
    w->is_dead = true;
    int n_crashes = w->quarantine.n_crashes;
    if (w->on_death) w->on_death(n_crashes > n_before ? n_crashes : 0);
    if (err) *err = w->why;
    return status;
}

/* ---- whether it lives ---- */

static double cpu_ms(const struct worker *w) {
    struct timespec t;
    if (!w->has_clock || clock_gettime(w->clock, &t) != 0) return -1.0;
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Its end, too, is seen here: it is usually heard of through the socket, but a process that the
 * worker made may hold that as well. */
static bool is_stopped(struct worker *w) {
    siginfo_t info = {0};
    const int what = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
    if (w->pid <= 0 || waitid(P_PID, (id_t)w->pid, &info, what) != 0 || info.si_pid == 0) {
        return false;
    }
    if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) return true;
    atomic_store(&w->link.is_gone, true);
    return false;
}

static bool is_cancelled(const struct worker *w, uint32_t id) {
    return atomic_load(&w->own->cancelled[id % RING_REQUESTS]) == id;
}

/* False once it is to be ended. */
static bool look(void *user) {
    struct worker *w = user;
    double now = clock_ms();
    if (!life_is_due(&w->life, now)) return true;
    struct life_signs signs = {.now_ms = now,
                               .cpu_ms = cpu_ms(w),
                               .beats = atomic_load(&w->others->beats),
                               .received = atomic_load(&w->own->read),
                               .taken = atomic_load(&w->others->read),
                               .is_stopped = is_stopped(w),
                               .is_cancelled = is_cancelled(w, atomic_load(&w->asked))};
    w->verdict = life_look(&w->life, &signs);
    return w->verdict == LIFE_GOES_ON;
}

/* ---- asking ---- */

static ingle_status ask_worker(struct worker *w, const struct worker_ask *ask, uint32_t id,
                               ingle_error *err) {
    struct buf out;
    buf_init_secret(&out, MESSAGE_MAX_REQUEST);
    ingle_status status = INGLE_OK;
    if (ask->type != MSG_START) status = wire_write(&out, msg_asker, &ask->asker, err);
    if (status == INGLE_OK) status = wire_write(&out, ask->visit, ask->request, err);
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
        ingle_status status = link_receive(&w->link, &w->answer, LIFE_LOOK_MS, &has, err);
        bool is_answer = w->answer.type >= MSG_STARTED && w->answer.type <= MSG_DONE;
        if (has && (w->answer.id != id || !is_answer)) status = INGLE_INVALID;
        if (status == INGLE_OK && !look(w)) status = INGLE_FAILED;
        if (status != INGLE_OK) return die(w, status, err);
        if (has) return INGLE_OK;
    }
}

static ingle_status read_done(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    struct msg_done m;
    ingle_status status =
        wire_read(&m, sizeof m, msg_done, w->answer.body.data, w->answer.body.size, &w->arena, err);
    /* A success without its result would be one of zeros. */
    if (status == INGLE_OK && ask->result && (m.result.len > 0 || m.error.code == INGLE_OK)) {
        status = wire_read(ask->result, ask->result_size, ask->visit_result, m.result.data,
                           m.result.len, &w->arena, err);
    }
    if (status != INGLE_OK) {
        if (ask->result) memset(ask->result, 0, ask->result_size); /* none is better than half */
        return die(w, status, err);
    }
    w->peak_memory = m.peak_memory;
    if (m.error.code != INGLE_OK && err) *err = m.error;
    return m.error.code;
}

static void end_request(struct worker *w, uint32_t id) {
    atomic_store(&w->own->cancelled[id % RING_REQUESTS], id);
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
        return w->why.code;
    }
    arena_clear(&w->arena);
    uint32_t id = ++w->last_id;
    w->life = (struct life){0};
    atomic_store(&w->asked, id);
    if (atomic_exchange(&w->cancel_next, false)) end_request(w, id);
    ingle_status status = ask_worker(w, ask, id, err);
    if (status == INGLE_OK) status = answers(w, ask, id, err);
    atomic_store(&w->asked, 0);
    if (status == INGLE_OK && ask->type != MSG_START) w->has_worked = w->has_session;
    buf_reset(&w->answer.body); /* what it says is copied */
    link_wipe(&w->link);
    return status;
}

/* The wish stands before it is looked for a request, and the request before it is looked for a
 * wish: one of the two sees the other, and only one of them takes it. */
void worker_cancel(struct worker *w) {
    atomic_store(&w->cancel_next, true);
    uint32_t id = atomic_load(&w->asked);
    if (id != 0 && atomic_exchange(&w->cancel_next, false)) end_request(w, id);
}

void worker_forget_cancel(struct worker *w) {
    atomic_store(&w->cancel_next, false);
}

/* ---- life ---- */

static ingle_status start(struct worker *w, struct msg_start *m, const struct worker_files *files,
                          ingle_error *err) {
    struct spawned s;
    assert(m->unsealed || !files->in_child);
    w->on_death = files->on_death;
    INGLE_TRY(
        quarantine_check(&w->quarantine, files->crashes, files->shards, files->n_shards, err));
    INGLE_TRY(spawn_worker(&s, files, err));
    w->pid = s.pid;
    w->socket = s.socket;
    w->own = s.own;
    w->others = s.others;
    w->has_clock = clock_getcpuclockid(w->pid, &w->clock) == 0;
    link_init(&w->link, w->own, w->others, w->socket);
    w->has_session = m->has_session;
    w->link.look = look;
    w->link.look_ms = LIFE_LOOK_MS;
    w->link.user = w;
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
    arena_init_secret(&w->arena, MAX_ARENA);
    if (w->started.version != MESSAGE_VERSION) {
        return end_because(w, INGLE_UNSUPPORTED, "The worker is of another version of ingle.", err);
    }
    if (m->unsealed || w->started.is_sealed) return INGLE_OK;
    return end_because(w, INGLE_REFUSED, "The worker did not seal itself and was ended.", err);
}

ingle_status worker_new(struct worker **out, struct msg_start *m, const struct worker_files *files,
                        ingle_error *err) {
    *out = NULL;
    struct worker *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "a worker", sizeof *w);
    w->socket = -1;
    buf_init_secret(&w->answer.body, MESSAGE_MAX_ANSWER + 4096);
    arena_init_secret(&w->arena, MAX_ARENA);
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
    if (w->has_worked && !w->is_dead) quarantine_worked(&w->quarantine);
    if (w->socket >= 0) close(w->socket);
    kill_and_wait(w); /* it has nothing that it must finish */
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
