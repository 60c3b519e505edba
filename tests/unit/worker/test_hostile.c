/* worker/client against a worker that was taken over: whatever it does, the front ends the request
 * soon, holds no more than it must, opens nothing, and can start another worker.
 *
 *     test_hostile          a few hundred ways
 *     test_hostile N SEED   N of them, from SEED on */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "support/no_files.h"
#include "support/process.h"
#include "support/rounds.h"
#include "support/sanitized.h"
#include "unit/worker/hostile.h"
#include "worker/client/life.h"
#include "worker/client/worker.h"
#include "worker/wire/msg_generate.h"

#define N_AT_ONCE 6
#define CANCEL_MS 150 /* after which the front's user has had enough */
#define PATIENCE_MS 2000.0
#define N_TRIES 20                   /* of one that is late */
#define N_SLOW 2000                  /* so many ways are a long test */
#define MAX_GROWTH ((long)400 << 10) /* KiB of memory */

static struct rounds rounds = {.n = SANITIZED ? 100 : 250, .first_seed = 1};

/* ---- a front, in a process of its own ---- */

enum { FINE, NOT_STARTED, TOO_LATE, TOO_LARGE, LEFT_SOMETHING, NOT_SEALED, WRONG_STATUS };
static const char *const problems[] = {
    [FINE] = "fine",
    [NOT_STARTED] = "the front could not start a worker",
    [TOO_LATE] = "the request ended too late",
    [TOO_LARGE] = "the front held too much memory",
    [LEFT_SOMETHING] = "a file or a process was left behind",
    [NOT_SEALED] = "the front could not be forbidden to open files",
    [WRONG_STATUS] = "an end that cannot be",
};

static struct worker *cancelled_worker;

static void on_alarm(int number) {
    (void)number;
    int saved = errno;
    if (cancelled_worker) worker_cancel(cancelled_worker);
    errno = saved;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    size_t *n_bytes = user;
    if (type == MSG_TEXT) {
        const uint8_t *bytes = body;
        for (size_t i = 0; i < size; i++) *n_bytes += bytes[i] & 1;
        return true;
    }
    struct arena a;
    struct msg_token m;
    arena_init(&a, MESSAGE_MAX_ANSWER);
    ingle_status status = wire_read(&m, sizeof m, msg_token, body, size, &a, NULL);
    arena_clear(&a);
    return status == INGLE_OK;
}

static long memory_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static bool is_an_end(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return true;
    return (unsigned)status <= INGLE_UNSUPPORTED && err->code == status &&
           memchr(err->msg, 0, sizeof err->msg);
}

static char prompt[3 << 20]; /* three times what the ring holds */

static int ask(struct worker *w) {
    size_t n_bytes = 0;
    struct msg_generated told;
    struct msg_generate m = {.prompt = {prompt, sizeof prompt}, .max_tokens = 3};
    struct worker_ask a = {.type = MSG_GENERATE,
                           .visit = msg_generate,
                           .request = &m,
                           .visit_result = msg_generated,
                           .result = &told,
                           .result_size = sizeof told,
                           .on_answer = on_answer,
                           .user = &n_bytes};
    ingle_error err;
    cancelled_worker = w;
    const struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = CANCEL_MS * 1000}, NULL);
    ingle_status status = worker_do(w, &a, &err);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    cancelled_worker = NULL;
    return is_an_end(status, &err) ? FINE : WRONG_STATUS;
}

/* ---- the same, with several questions at once ---- */

#define N_MANY 5

struct question {
    uint32_t id;
    size_t n_bytes;
    struct msg_generated told;
    int n_done;
    bool is_an_end;
};

static bool on_answer_of_many(enum msg_type type, const void *body, size_t size, void *user) {
    struct question *q = user;
    return on_answer(type, body, size, &q->n_bytes);
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    struct question *q = user;
    q->n_done++;
    q->is_an_end = is_an_end(status, err);
}

static bool begin_all(struct worker *w, struct question *all) {
    struct msg_generate m = {.prompt = {prompt, sizeof prompt}, .max_tokens = 3};
    for (size_t i = 0; i < N_MANY; i++) {
        struct worker_ask a = {.type = MSG_GENERATE,
                               .visit = msg_generate,
                               .request = &m,
                               .visit_result = msg_generated,
                               .result = &all[i].told,
                               .result_size = sizeof all[i].told,
                               .on_answer = on_answer_of_many,
                               .user = &all[i],
                               .on_done = on_done};
        if (worker_begin(w, &a, &all[i].id, NULL) != INGLE_OK) return false;
    }
    return true;
}

static int ask_many(struct worker *w) {
    static struct question all[N_MANY];
    double begin = clock_ms();
    bool has_ended = false;
    if (!begin_all(w, all)) return WRONG_STATUS;
    while (worker_n_open(w) > 0) {
        struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
        (void)poll(&p, 1, has_ended ? LIFE_LOOK_MS : CANCEL_MS);
        worker_turn(w);
        if (has_ended || clock_ms() - begin < CANCEL_MS) continue;
        has_ended = true;
        for (size_t i = 0; i < N_MANY; i++) worker_end(w, all[i].id);
    }
    for (size_t i = 0; i < N_MANY; i++) {
        if (all[i].n_done != 1 || !all[i].is_an_end) return WRONG_STATUS;
    }
    return FINE;
}

/* Bounds are for a machine that has no more to do than it can. */
static double patience_ms(enum hostile_way way) {
    double load = 1.0, n_processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&load, 1) != 1 || load < n_processors) load = n_processors;
    if (load > 4.0 * n_processors) load = 4.0 * n_processors;
    double ms = way == HOSTILE_BELLS ? LIFE_ENDS_MS + PATIENCE_MS : PATIENCE_MS;
    return ms * load / n_processors * (SANITIZED ? 3 : 1);
}

struct attempt {
    pid_t pid;
    enum hostile_way way;
    bool at_start, many;
    unsigned random, n_tries;
};

static int front(const struct attempt *a) {
    struct msg_start start = {.seed = hostile_seed(a->way, a->at_start, a->random)};
    struct worker_files none = {.packed = -1, .packed_new = -1};
    struct worker *w = NULL;
    ingle_error err;
    int n_files = process_n_files();
    double begin = clock_ms(), patience = patience_ms(a->way);
    ingle_status status = worker_new(&w, &start, &none, &err);
    memset(prompt, 'a', sizeof prompt);
    if (a->at_start) {
        if (!is_an_end(status, &err) || (status == INGLE_OK) != (w != NULL)) return WRONG_STATUS;
        worker_free(w);
        if (process_n_files() != n_files || waitpid(-1, NULL, WNOHANG) != -1) return LEFT_SOMETHING;
        return clock_ms() - begin > patience ? TOO_LATE : FINE;
    }
    if (status != INGLE_OK) return NOT_STARTED;
    if (!SANITIZED && !no_files()) return NOT_SEALED;
    long before = memory_kib();
    begin = clock_ms();
    int problem = a->many ? ask_many(w) : ask(w);
    double ms = clock_ms() - begin;
    worker_free(w);
    if (problem != FINE) return problem;
    if (!SANITIZED && memory_kib() - before > MAX_GROWTH) return TOO_LARGE;
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) return LEFT_SOMETHING;
    return ms > CANCEL_MS + patience ? TOO_LATE : FINE;
}

/* ---- many of them ---- */

static void start(struct attempt *a) {
    a->n_tries++;
    a->pid = fork();
    assert_true(a->pid >= 0);
    if (a->pid == 0) _exit(front(a));
}

/* On a machine that is busy with something else, late is no answer: it is tried again. */
static bool goes_on(struct attempt *a, int how) {
    bool is_late = WIFEXITED(how) && WEXITSTATUS(how) == TOO_LATE;
    if (is_late && a->n_tries < N_TRIES) {
        start(a);
        return true;
    }
    if (WIFEXITED(how) && WEXITSTATUS(how) == FINE) return false;
    const char *problem = WIFEXITED(how) && WEXITSTATUS(how) < (int)BASE_COUNT(problems)
                              ? problems[WEXITSTATUS(how)]
                              : "the front crashed, or opened something (exit code 97)";
    fail_msg("way %d %s, random %u: %s (%#x)", a->way,
             a->at_start ? "at the start"
             : a->many   ? "when asked much"
                         : "when asked",
             a->random, problem, (unsigned)how);
    return false;
}

static void run_all(struct attempt *all, size_t n) {
    struct attempt *running[N_AT_ONCE] = {0};
    size_t next = 0, n_running = 0;
    while (next < n || n_running > 0) {
        for (size_t i = 0; i < N_AT_ONCE && next < n; i++) {
            if (running[i]) continue;
            running[i] = &all[next++];
            start(running[i]);
            n_running++;
        }
        int how;
        pid_t pid = waitpid(-1, &how, 0);
        for (size_t i = 0; i < N_AT_ONCE; i++) {
            if (!running[i] || running[i]->pid != pid || goes_on(running[i], how)) continue;
            running[i] = NULL;
            n_running--;
        }
    }
}

static void what_is_wrong_at_once_ends_at_once(void **state) {
    (void)state;
    struct attempt *all = mem_calloc(rounds.n, sizeof *all);
    for (unsigned i = 0; i < rounds.n; i++) {
        all[i].way = (enum hostile_way)(i % HOSTILE_QUICK);
        all[i].at_start = i / HOSTILE_QUICK % 3 == 0;
        all[i].many = i / HOSTILE_QUICK % 3 == 1;
        all[i].random = rounds.first_seed + i;
    }
    run_all(all, rounds.n);
    mem_free(all);
}

static void what_never_ends_is_ended_by_who_asked(void **state) {
    (void)state;
    struct attempt all[2 * (HOSTILE_WAYS - HOSTILE_QUICK)] = {0};
    size_t n = 0;
    for (int way = HOSTILE_QUICK; way < HOSTILE_WAYS; way++) {
        /* As busy as one that computes a layer, which is given ten seconds. */
        if (way == HOSTILE_BELLS && rounds.n < N_SLOW) continue;
        all[n++].way = (enum hostile_way)way;
        all[n++] = (struct attempt){.way = (enum hostile_way)way, .many = true};
    }
    run_all(all, n);
}

/* Nobody can cancel a start, but by ending the front. */
static void a_worker_that_dies_or_stops_when_it_starts_is_noticed(void **state) {
    (void)state;
    struct attempt all[] = {{.way = HOSTILE_STOPS, .at_start = true},
                            {.way = HOSTILE_HANGS_UP, .at_start = true},
                            {.way = HOSTILE_SHARES, .at_start = true}};
    run_all(all, BASE_COUNT(all));
}

int main(int argc, char **argv) {
    if (hostile_is_role(argc, argv)) return hostile_main();
    rounds_read(&rounds, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_at_once_ends_at_once),
        cmocka_unit_test(what_never_ends_is_ended_by_who_asked),
        cmocka_unit_test(a_worker_that_dies_or_stops_when_it_starts_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
