/* worker/client/worker_turn: a front with an event loop that asks one worker many things at once.
 * It sleeps on the socket alone wherever the worker is honest: a wake-up that is lost is a test
 * that does not end. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "support/process.h"
#include "support/sanitized.h"
#include "unit/worker/asking.h"
#include "worker/client/life.h"
#include "worker/client/worker_internal.h"

#define N_ROUNDS (SANITIZED ? 6 : 30)

static struct asking all[4 * RING_REQUESTS];

static void fill(struct worker *w, size_t n, struct rng *rng, uint32_t max_padding) {
    memset(all, 0, sizeof all);
    for (uint32_t i = 0; i < n; i++) {
        all[i].worker = w;
        all[i].m = (struct peer_request){.key = 1 + rng_u32(rng) % 1000,
                                         .n_answers = rng_below(rng, 20),
                                         .answer_size = rng_below(rng, 300),
                                         .result_size = rng_below(rng, 2000)};
        all[i].m.padding.len = rng_below(rng, 2) ? rng_below(rng, max_padding) : 10;
    }
}

static void begin(struct asking *a) {
    ingle_error err;
    if (asking_begin(a, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static void end_worker(struct worker *w) {
    worker_free(w);
    assert_true(waitpid(-1, NULL, WNOHANG) == -1);
}

static void sixty_four_at_once_get_what_they_asked_for(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    struct worker *w = asking_start(&(struct peer_script){.seed = 1});
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(w, RING_REQUESTS, &rng, 3000);
        for (size_t i = 0; i < RING_REQUESTS; i++) begin(&all[i]);
        assert_int_equal(worker_n_open(w), RING_REQUESTS);
        asking_turn(w, 0, false);
        asking_check(all, RING_REQUESTS);
        for (size_t i = 0; i < RING_REQUESTS; i++) assert_int_equal(all[i].status, INGLE_OK);
    }
    assert_false(worker_is_busy(w));
    end_worker(w);
}

/* Both rings are full most of the time, and neither side waits for the other in a circle. */
static void more_than_both_rings_hold_goes_through(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 2);
    struct worker *w = asking_start(&(struct peer_script){.seed = 2});
    for (int round = 0; round < N_ROUNDS / 3; round++) {
        fill(w, 20, &rng, 3 << 20);
        for (size_t i = 0; i < 20; i++) {
            all[i].m.answer_size = rng_below(&rng, 200000);
            all[i].m.result_size = rng_below(&rng, 1 << 20);
            begin(&all[i]);
            if (rng_below(&rng, 3) == 0) worker_turn(w);
        }
        asking_turn(w, 0, false);
        asking_check(all, 20);
    }
    end_worker(w);
}

static size_t n_begun, n_to_begin;

/* As many as ended, or all that there is place for. */
static void begin_more(struct asking *a, void *user) {
    (void)user;
    while (n_begun < n_to_begin && worker_n_open(a->worker) < RING_REQUESTS) begin(&all[n_begun++]);
}

static void whoever_ended_may_ask_again_at_once(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    struct worker *w = asking_start(&(struct peer_script){.seed = 3});
    fill(w, BASE_COUNT(all), &rng, 100000);
    for (size_t i = 0; i < BASE_COUNT(all); i++) all[i].then = begin_more;
    n_to_begin = BASE_COUNT(all);
    for (n_begun = 0; n_begun < 3;) begin(&all[n_begun++]);
    asking_turn(w, 0, false);
    assert_int_equal(n_begun, BASE_COUNT(all));
    asking_check(all, BASE_COUNT(all));
    end_worker(w);
}

static void any_of_them_can_be_ended_at_any_time(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    struct worker *w = asking_start(&(struct peer_script){.seed = 4, .pause_us = 50});
    size_t n_cancelled = 0;
    /* Some have ended before they are told to. */
    for (int round = 0; round < N_ROUNDS || n_cancelled <= (size_t)N_ROUNDS; round++) {
        assert_true(round < 100 * N_ROUNDS);
        size_t n = 1 + rng_below(&rng, RING_REQUESTS);
        fill(w, n, &rng, rng_below(&rng, 4) ? 500 : 1 << 20);
        for (size_t i = 0; i < n; i++) {
            if (rng_below(&rng, 4) == 0) all[i].end_after = 1 + (int)rng_below(&rng, 5);
            begin(&all[i]);
            if (rng_below(&rng, 8) == 0) asking_end(&all[rng_below(&rng, (uint32_t)i + 1)]);
        }
        while (worker_n_open(w) > 0) {
            (void)asking_sleep(w, false);
            worker_turn(w);
            if (rng_below(&rng, 2)) asking_end(&all[rng_below(&rng, (uint32_t)n)]);
        }
        worker_end(w, 0);
        worker_end(w, rng_u32(&rng));
        asking_check(all, n);
        for (size_t i = 0; i < n; i++) n_cancelled += all[i].status == INGLE_CANCELLED;
    }
    end_worker(w);
}

/* One who waits, and is interrupted by a signal or a thread, among others who do not. */
static void *cancel_now_and_then(void *arg) {
    for (int i = 0; i < 40; i++) {
        usleep(500);
        worker_cancel(arg);
    }
    return NULL;
}

static bool count_answers(enum msg_type type, const void *body, size_t size, void *user) {
    (void)type;
    (void)body;
    (void)size;
    ++*(unsigned *)user;
    return true;
}

static void one_who_waits_is_served_beside_the_others(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    struct worker *w = asking_start(&(struct peer_script){.seed = 5, .pause_us = 100});
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_now_and_then, w), 0);
    for (int round = 0; round < N_ROUNDS; round++) {
        fill(w, 20, &rng, 1000);
        for (size_t i = 0; i < 20; i++) begin(&all[i]);
        unsigned n = 0;
        struct peer_result told;
        const struct peer_request m = {
            .key = 7, .n_answers = 30, .answer_size = 5, .padding = {"", 0}};
        const struct worker_ask ask = {.asker = {.client = 7},
                                       .type = MSG_GENERATE,
                                       .visit = peer_request,
                                       .request = &m,
                                       .visit_result = peer_result,
                                       .result = &told,
                                       .result_size = sizeof told,
                                       .on_answer = count_answers,
                                       .user = &n};
        ingle_status status = worker_do(w, &ask, NULL);
        assert_true(status == INGLE_OK || status == INGLE_CANCELLED);
        assert_int_equal(told.n_said, n);
        assert_true(status == INGLE_CANCELLED || n == m.n_answers);
        asking_turn(w, 0, false);
        asking_check(all, 20); /* the wish was for the one who waits alone */
        for (size_t i = 0; i < 20; i++) assert_int_equal(all[i].status, INGLE_OK);
    }
    pthread_join(thread, NULL);
    end_worker(w);
}

/* ---- its end ---- */

/* Whoever is told of the death may ask again, and is told it at once. */
static void ask_a_dead_one(struct asking *a, void *user) {
    (void)user;
    if (!worker_is_dead(a->worker)) return;
    struct asking another = {.worker = a->worker, .m = {.key = 1}};
    ingle_error err;
    assert_int_equal(asking_begin(&another, &err), a->status);
    assert_string_equal(err.msg, a->error.msg);
    assert_true(another.id == 0 && another.n_done == 0);
}

static void when_it_dies_all_end_once_and_say_why(void **state) {
    (void)state;
    static const struct {
        int signal;
        ingle_status status;
        const char *saying;
    } deaths[] = {{0, INGLE_FAILED, "ended without an answer"},
                  {SIGKILL, INGLE_FAILED, "was killed"},
                  {SIGSYS, INGLE_REFUSED, "its seal forbids"},
                  {SIGBUS, INGLE_INVALID, "cut short"}};
    struct rng rng;
    rng_init(&rng, 6);
    int n_files = process_n_files(), n_deaths = 0;
    /* Some are ended in time to live. */
    for (int round = 0; n_deaths <= N_ROUNDS; round++) {
        assert_true(round < 100 * N_ROUNDS);
        size_t which = rng_below(&rng, BASE_COUNT(deaths));
        struct peer_script script = {.seed = (uint64_t)round,
                                     .dies_after = 2 + rng_below(&rng, 400),
                                     .signal = deaths[which].signal};
        struct worker *w = asking_start(&script);
        size_t n = 1 + rng_below(&rng, RING_REQUESTS);
        fill(w, n, &rng, rng_below(&rng, 4) ? 500 : 1 << 20);
        for (size_t i = 0; i < n; i++) {
            all[i].then = ask_a_dead_one;
            begin(&all[i]);
        }
        while (worker_n_open(w) > 0) {
            (void)asking_sleep(w, true);
            worker_turn(w);
            if (rng_below(&rng, 4) == 0) asking_end(&all[rng_below(&rng, (uint32_t)n)]);
        }
        asking_check_failed(all, n, deaths[which].status, deaths[which].saying);
        n_deaths += worker_is_dead(w);
        while (worker_is_dead(w) && worker_is_busy(w)) worker_turn(w);
        assert_int_equal(worker_pid(w) == 0, worker_is_dead(w));
        end_worker(w);
        assert_int_equal(process_n_files(), n_files);
    }
}

static void one_that_dies_with_nothing_to_do_is_noticed(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 7});
    kill(worker_pid(w), SIGKILL);
    while (!worker_is_dead(w)) {
        assert_true(asking_sleep(w, false));
        worker_turn(w);
    }
    assert_false(worker_is_busy(w));
    end_worker(w);
}

/* How often this thread has waited for something. */
static long n_waits(void) {
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

static void one_that_reads_nothing_makes_nobody_wait_and_is_given_up(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 8, .is_sullen = true});
    struct rng rng;
    rng_init(&rng, 8);
    fill(w, 10, &rng, 10);
    double begin_ms = clock_ms(), longest = 0.0;
    for (size_t i = 0; i < 10; i++) {
        all[i].m.padding.len = 8 << 20;
        begin(&all[i]);
    }
    asking_end(&all[3]); /* 1.5 s from here */
    while (worker_n_open(w) > 0) {
        (void)asking_sleep(w, true);
        double turn_ms = clock_ms();
        long n = n_waits();
        worker_turn(w);
        turn_ms = n_waits() > n ? clock_ms() - turn_ms : 0.0; /* it may be slow, but not wait */
        if (worker_n_open(w) > 0 && turn_ms > longest) longest = turn_ms; /* the last one wipes */
    }
    assert_true(clock_ms() - begin_ms > LIFE_OBEYS_MS);
    assert_true(longest < LIFE_LOOK_MS);
    assert_true(worker_is_dead(w));
    asking_check_failed(all, 10, INGLE_FAILED, "did not stop when it was told to");
    end_worker(w);
}

static void what_is_open_when_the_front_ends_is_over_before_that(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    for (int round = 0; round < N_ROUNDS; round++) {
        struct worker *w = asking_start(&(struct peer_script){.seed = (uint64_t)round});
        size_t n = 1 + rng_below(&rng, RING_REQUESTS);
        fill(w, n, &rng, 1 << 18);
        for (size_t i = 0; i < n; i++) begin(&all[i]);
        for (unsigned i = rng_below(&rng, 20); i > 0; i--) worker_turn(w);
        if (round % 2) {
            worker_stop(w);
            assert_true(worker_is_dead(w) && worker_n_open(w) == 0);
            asking_check_failed(all, n, INGLE_CANCELLED, "stopped");
            while (worker_is_busy(w)) worker_turn(w);
        }
        end_worker(w);
        asking_check_failed(all, n, INGLE_CANCELLED, "stopped");
    }
}

/* ---- its start ---- */

struct start {
    int n_told;
    ingle_status status;
    ingle_error error;
};

static void on_started(ingle_status status, const ingle_error *err, void *user) {
    struct start *s = user;
    s->n_told++;
    s->status = status;
    assert_true((status == INGLE_OK) == (err == NULL));
    if (err) s->error = *err;
}

static void nothing_is_asked_before_it_has_started(void **state) {
    (void)state;
    struct start s = {.n_told = 0};
    struct worker *w = peer_spawn(&(struct peer_script){.start_ms = 100}, on_started, &s);
    struct asking a = {.worker = w, .m = {.key = 1}};
    ingle_error err;
    assert_int_equal(asking_begin(&a, &err), INGLE_REFUSED);
    assert_non_null(strstr(err.msg, "not started yet"));
    assert_int_equal(a.id, 0);
    asking_turn(w, 0, false);
    assert_true(s.n_told == 1 && s.status == INGLE_OK);
    assert_int_equal(asking_begin(&a, &err), INGLE_OK);
    asking_turn(w, 0, false);
    asking_check(&a, 1);
    end_worker(w);
}

static void a_start_that_fails_is_told_once(void **state) {
    (void)state;
    static const struct {
        struct peer_script script;
        ingle_status status;
        const char *saying;
    } starts[] = {
        {{.start = INGLE_NO_MEMORY}, INGLE_NO_MEMORY, "It is over."},
        {{.version = MESSAGE_VERSION + 1}, INGLE_UNSUPPORTED, "another version"},
        {{.start_ms = 60000}, INGLE_FAILED, "was killed"},
    };
    for (size_t i = 0; i < BASE_COUNT(starts); i++) {
        struct start s = {.n_told = 0};
        struct worker *w = peer_spawn(&starts[i].script, on_started, &s);
        if (starts[i].script.start_ms) kill(worker_pid(w), SIGKILL);
        asking_turn(w, 0, true);
        assert_int_equal(s.n_told, 1);
        assert_int_equal(s.status, starts[i].status);
        if (!strstr(s.error.msg, starts[i].saying)) fail_msg("%s", s.error.msg);
        bool is_ended = worker_is_dead(w); /* a real one ends after that */
        struct asking a = {.worker = w, .m = {.key = 1}};
        assert_int_equal(asking_begin(&a, NULL), is_ended ? starts[i].status : INGLE_REFUSED);
        end_worker(w);
        assert_int_equal(s.n_told, 1);
        assert_int_equal(a.n_done, 0);
    }
}

static void a_start_ends_with_its_front(void **state) {
    (void)state;
    struct start s = {.n_told = 0};
    double begin_ms = clock_ms();
    struct worker *w = peer_spawn(&(struct peer_script){.start_ms = 60000}, on_started, &s);
    worker_turn(w);
    end_worker(w);
    assert_true(s.n_told == 1 && s.status == INGLE_CANCELLED);
    assert_true(clock_ms() - begin_ms < 10000);
}

/* ---- others have their turn ---- */

static void a_turn_takes_only_so_much_and_the_socket_tells_of_the_rest(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 10});
    struct asking a = {.worker = w, .m = {.key = 1, .n_answers = 2000, .answer_size = 3}};
    begin(&a);
    struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
    assert_int_equal(poll(&p, 1, -1), 1);
    /* All 2,000, each padded to 4 bytes, and the end are in the ring: nothing more rings. */
    bool is_broken = false;
    while (ring_filled(&w->link.ring, &is_broken) <= 2000 * (LINK_HEAD + 4)) {
        assert_false(is_broken);
        usleep(1000);
    }
    for (uint32_t n_turns = 1; a.n_done == 0; n_turns++) {
        assert_int_equal(poll(&p, 1, 0), 1);
        worker_turn(w);
        if (a.n_done == 0) assert_int_equal(a.n_got, n_turns * WORKER_FRAMES);
    }
    asking_check(&a, 1);
    assert_int_equal(poll(&p, 1, 0), 0);
    end_worker(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_at_once_get_what_they_asked_for),
        cmocka_unit_test(more_than_both_rings_hold_goes_through),
        cmocka_unit_test(whoever_ended_may_ask_again_at_once),
        cmocka_unit_test(any_of_them_can_be_ended_at_any_time),
        cmocka_unit_test(one_who_waits_is_served_beside_the_others),
        cmocka_unit_test(when_it_dies_all_end_once_and_say_why),
        cmocka_unit_test(one_that_dies_with_nothing_to_do_is_noticed),
        cmocka_unit_test(one_that_reads_nothing_makes_nobody_wait_and_is_given_up),
        cmocka_unit_test(what_is_open_when_the_front_ends_is_over_before_that),
        cmocka_unit_test(nothing_is_asked_before_it_has_started),
        cmocka_unit_test(a_start_that_fails_is_told_once),
        cmocka_unit_test(a_start_ends_with_its_front),
        cmocka_unit_test(a_turn_takes_only_so_much_and_the_socket_tells_of_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
