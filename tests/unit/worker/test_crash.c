/* A real worker, sealed and with a model, that is killed, crashes or stops at a random moment: the
 * request ends soon with an error that says why, the next worker answers as ever, and nothing stays
 * behind.
 *
 *     test_crash           a few dozen moments
 *     test_crash N SEED    N of them, from SEED on */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/rounds.h"
#include "support/sanitized.h"
#include "worker/client/worker.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_generate.h"

#define N_AT_ONCE 4
#define PATIENCE_MS 2000.0
#define N_TRIES 12 /* until a signal comes in time, and is noticed in time */

static struct rounds rounds = {.n = SANITIZED ? 16 : 40, .first_seed = 1};
static char model_path[512];

/* ---- a front, in a process of its own ---- */

enum phase { START, IDLE, PREFILL, DECODE, TASK, N_PHASES };
static const char *const phase_names[] = {"start", "idle", "prefill", "decode", "a task"};

static const struct {
    int number;
    ingle_status code;
    const char *saying;
} signals[] = {
    {SIGSEGV, INGLE_FAILED, "crashed (Segmentation fault)"}, /* the first two are sanitizers' */
    {SIGBUS, INGLE_INVALID, "cut short"},
    {SIGKILL, INGLE_FAILED, "was killed"},
    {SIGABRT, INGLE_FAILED, "crashed (Aborted)"},
    {SIGSYS, INGLE_REFUSED, "its seal forbids"},
    {SIGSTOP, INGLE_FAILED, "did not answer any more"},
};

/* What is wrong, on standard error; the parent tells it on. */
#define REQUIRE(rule, ...)                                                                         \
    do {                                                                                           \
        if (!(rule)) {                                                                             \
            fprintf(stderr, "broken: %s: ", #rule);                                                \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

struct killer {
    pid_t pid; /* 0 = the only child, as soon as there is one */
    int number;
    double wait_ms, done_ms; /* when the signal was sent; 0 = too late */
    bool is_noticed_late;
};

static pid_t only_child(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int i = 0; i < 2000; i++) {
        char line[64] = "";
        FILE *file = fopen(path, "r");
        if (file && !fgets(line, sizeof line, file)) line[0] = '\0';
        if (file) fclose(file);
        if (line[0]) return (pid_t)strtol(line, NULL, 10);
        usleep(500);
    }
    return 0;
}

static void *do_kill(void *arg) {
    struct killer *k = arg;
    pid_t pid = k->pid ? k->pid : only_child();
    usleep((useconds_t)(1e3 * k->wait_ms));
    if (pid > 0 && kill(pid, k->number) == 0) k->done_ms = clock_ms();
    return NULL;
}

static bool add_text(enum msg_type type, const void *body, size_t size, void *user) {
    return type == MSG_TEXT && buf_add(user, body, size);
}

static ingle_status generate(struct worker *w, size_t n_prompt, int n_tokens, struct buf *text,
                             ingle_error *err) {
    static char prompt[3000];
    memset(prompt, 'a', sizeof prompt);
    struct msg_generated told;
    struct msg_generate m = {.prompt = {prompt, n_prompt},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = n_tokens,
                             .ignore_end = true,
                             .n_logprobs = -1};
    m.sampling.temperature = 0.0F;
    struct worker_ask a = {.type = MSG_GENERATE,
                           .visit = msg_generate,
                           .request = &m,
                           .visit_result = msg_generated,
                           .result = &told,
                           .result_size = sizeof told,
                           .on_answer = add_text,
                           .user = text};
    buf_reset(text);
    return worker_do(w, &a, err);
}

static ingle_status draft(struct worker *w, ingle_error *err) {
    ingle_draft told;
    const struct msg_draft m = {.about = "the meeting is moved", .max_tokens = 1000};
    const struct worker_ask a = {.type = MSG_DRAFT,
                                 .visit = msg_draft,
                                 .request = &m,
                                 .visit_result = msg_drafted,
                                 .result = &told,
                                 .result_size = sizeof told};
    return worker_do(w, &a, err);
}

static ingle_status new_worker(struct worker **w, ingle_error *err) {
    int fd = open(model_path, O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0, "%s", strerror(errno));
    struct worker_files files = {.shards = &fd, .n_shards = 1, .packed = -1, .packed_new = -1};
    struct msg_start start = {.model_name = "the model",
                              .has_session = true,
                              .n_threads = 2,
                              .n_ctx = 4096,
                              .session_threads = 2};
    ingle_session_options opt = ingle_session_options_default();
    start.n_batch = opt.n_batch;
    start.kv_type = (int)opt.kv_type;
    ingle_status status = worker_new(w, &start, &files, err);
    close(fd);
    return status;
}

/* Bounds are for a machine that has no more to do than it can. */
static double slowness(void) {
    double load = 1.0, n_processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&load, 1) != 1 || load < n_processors) load = n_processors;
    double times = load < 4.0 * n_processors ? load / n_processors : 4.0;
    return times * (SANITIZED ? 4.0 : 1.0);
}

static bool maps_a_ring(void) {
    char line[512];
    bool has = false;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && fgets(line, sizeof line, file)) has |= strstr(line, "ingle ring") != NULL;
    if (file) fclose(file);
    return has;
}

/* As long as a worker may be late for its own good reasons, the signal finds it doing the thing;
 * sooner, if it came too late the last time. */
static double wait_of(enum phase phase, struct rng *rng, unsigned n_tries) {
    static const double ms[] = {
        [START] = 30, [IDLE] = 0, [PREFILL] = 60, [DECODE] = 120, [TASK] = 120};
    return ms[phase] * rng_unit(rng) / (double)(1U << n_tries);
}

static ingle_status be_killed(struct worker **w, enum phase phase, struct killer *k,
                              struct buf *text, double *worst_ms, ingle_error *err) {
    pthread_t thread;
    struct worker *old = *w;
    if (phase == START) {
        worker_free(old);
        *w = old = NULL;
        k->pid = 0;
    } else {
        k->pid = worker_pid(old);
    }
    REQUIRE(pthread_create(&thread, NULL, do_kill, k) == 0, "a thread");
    if (phase == IDLE) pthread_join(thread, NULL);
    ingle_status status = phase == START ? new_worker(w, err) : INGLE_OK;
    if (status == INGLE_OK) {
        /* Long enough for the signal to come before its end. */
        status = phase == TASK ? draft(*w, err)
                               : generate(*w, phase == PREFILL ? 3000 : 3, 1000, text, err);
    }
    double end_ms = clock_ms();
    if (k->done_ms > 0 && end_ms - k->done_ms > *worst_ms) *worst_ms = end_ms - k->done_ms;
    if (phase != IDLE) pthread_join(thread, NULL);
    k->is_noticed_late = k->done_ms > 0 && end_ms - k->done_ms >= PATIENCE_MS * slowness();
    return status;
}

/* The worker is one that answers, before and after. Returns whether the signal came in time, and
 * was noticed in time: a machine that is busy with something else may hold up either. */
static bool one_moment(struct worker **w, const struct buf *wanted, unsigned random,
                       unsigned n_tries, double *worst_ms) {
    struct rng rng;
    ingle_error err;
    struct buf text;
    rng_init(&rng, random);
    buf_init(&text, 1 << 20);
    int n_files = process_n_files();
    enum phase phase = (enum phase)(random % N_PHASES);
    size_t s = random % 9 == 8 ? 5 : rng_below(&rng, 5); /* the last one takes a second */
    struct killer k = {.number = signals[s].number, .wait_ms = wait_of(phase, &rng, n_tries)};
    ingle_status status = be_killed(w, phase, &k, &text, worst_ms, &err);
    bool was_hit = status != INGLE_OK;
    /* A sanitizer reports a crash, and ends the process by itself. */
    bool is_reported = SANITIZED && s < 2;
    if (was_hit && !is_reported) {
        REQUIRE(status == signals[s].code && err.code == status &&
                    strstr(err.msg, signals[s].saying),
                "%s during %s: %s", strsignal(k.number), phase_names[phase], err.msg);
    }
    if (was_hit) {
        REQUIRE(!*w || worker_is_dead(*w), "it is said to live");
        ingle_status again = *w ? generate(*w, 3, 3, &text, &err) : status;
        REQUIRE(again == status, "a dead worker: %s", err.msg);
    }
    worker_free(*w); /* it may have been stopped just after its answer */
    *w = NULL;
    REQUIRE(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child is left");
    REQUIRE(!maps_a_ring(), "shared memory is left");
    REQUIRE(new_worker(w, &err) == INGLE_OK, "the next worker: %s", err.msg);
    REQUIRE(generate(*w, 3, 20, &text, &err) == INGLE_OK, "the next request: %s", err.msg);
    REQUIRE(text.size == wanted->size && memcmp(text.data, wanted->data, text.size) == 0,
            "another answer");
    REQUIRE(process_n_files() == n_files, "%d files instead of %d", process_n_files(), n_files);
    buf_clear(&text);
    return was_hit && !k.is_noticed_late;
}

static void front(unsigned from, unsigned n) {
    struct worker *w;
    struct buf wanted;
    ingle_error err;
    unsigned n_late = 0;
    double worst_ms = 0.0;
    buf_init(&wanted, 1 << 20);
    REQUIRE(new_worker(&w, &err) == INGLE_OK, "%s", err.msg);
    REQUIRE(worker_started(w)->is_sealed, "not sealed");
    REQUIRE(generate(w, 3, 20, &wanted, &err) == INGLE_OK, "%s", err.msg);
    REQUIRE(wanted.size > 0, "no text");
    for (unsigned i = 0; i < n; i++) {
        unsigned n_tries = 0;
        while (!one_moment(&w, &wanted, from + i, n_tries, &worst_ms)) {
            REQUIRE(++n_tries < N_TRIES, "moment %u: no signal comes or is noticed in time",
                    from + i);
            n_late++;
        }
    }
    worker_free(w);
    buf_clear(&wanted);
    fprintf(stderr, "%u signals came in time, %u too late; the longest wait %.0f ms\n", n, n_late,
            worst_ms);
    _exit(0);
}

static void the_request_ends_and_the_next_works(void **state) {
    (void)state;
    pid_t pids[N_AT_ONCE];
    unsigned each = (rounds.n + N_AT_ONCE - 1) / N_AT_ONCE;
    for (unsigned i = 0; i < N_AT_ONCE; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) front(rounds.first_seed + i * each, each);
    }
    for (unsigned i = 0; i < N_AT_ONCE; i++) {
        int how;
        assert_int_equal(waitpid(pids[i], &how, 0), pids[i]);
        assert_int_equal(how, 0);
    }
}

/* A front that ends in whatever way takes its worker with it. */
static void a_worker_does_not_outlive_its_front(void **state) {
    (void)state;
    for (int number = 0; number < 2; number++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct worker *w;
            ingle_error err;
            REQUIRE(new_worker(&w, &err) == INGLE_OK, "%s", err.msg);
            pid_t worker = worker_pid(w);
            REQUIRE(write(told[1], &worker, sizeof worker) == sizeof worker, "write");
            if (number == 0) raise(SIGKILL);
            _exit(0);
        }
        pid_t worker;
        close(told[1]);
        assert_int_equal(read(told[0], &worker, sizeof worker), sizeof worker);
        close(told[0]);
        waitpid(pid, NULL, 0);
        /* Whoever adopts it may be slow to look after it: a dead one is as good as none. */
        char path[64], line[256] = "";
        for (int i = 0; i < 2000; i++) {
            snprintf(path, sizeof path, "/proc/%d/stat", worker);
            FILE *file = fopen(path, "r");
            if (!file) break;
            if (!fgets(line, sizeof line, file)) line[0] = '\0';
            fclose(file);
            if (strstr(line, ") Z ")) break;
            assert_int_not_equal(i, 1999);
            usleep(1000);
        }
    }
}

static int make(void **state) {
    if (folder_make(state) != 0) return -1;
    const struct make_model_spec spec = {
        .arch = "llama",
        .n_layer = 4,
        .n_ctx_train = 4096,
        .chat_template = "{%- for m in messages -%}{{- m.role + ': ' + m.content + '\n' -}}"
                         "{%- endfor -%}{{- 'assistant: ' -}}"};
    snprintf(model_path, sizeof model_path, "%s", folder_file("model.gguf"));
    return make_model_write(model_path, &spec) ? 0 : -1;
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    rounds_read(&rounds, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_ends_and_the_next_works),
        cmocka_unit_test(a_worker_does_not_outlive_its_front),
    };
    return cmocka_run_group_tests(tests, make, folder_remove);
}
