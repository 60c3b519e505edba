/* daemon/service: what becomes of what was asked, with workers that answer by a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon/service/service_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "unit/worker/peer.h"

#define MAX_ASKED 100
#define LIMIT_MS 20000

/* ---- a program around the service ---- */

struct hosted {
    struct worker *worker;
};

static struct peer_script script;
static int n_starts, n_troubles;

static ingle_status host_start(struct hosted **out, const char *path, struct msg_start *start,
                               service_started_fn on_started, void *user, ingle_error *err) {
    struct hosted *h = mem_calloc(1, sizeof *h);
    (void)path;
    (void)start;
    if (!h) return status_no_memory(err, "a worker", sizeof *h);
    h->worker = peer_spawn(&script, on_started, user);
    n_starts++;
    *out = h;
    return INGLE_OK;
}

static struct worker *host_worker(struct hosted *h) {
    return h->worker;
}

static void host_stop(struct hosted *h) {
    if (!h) return;
    worker_free(h->worker);
    mem_free(h);
}

static void on_trouble(const char *id, bool was_loaded, const ingle_error *err, void *user) {
    (void)id;
    (void)was_loaded;
    (void)user;
    assert_true(err->msg[0] != '\0');
    n_troubles++;
}

/* ---- asking ---- */

struct asked {
    struct job *job; /* NULL = it has ended */
    int n_ends;
    ingle_status status;
    char msg[240];
    uint32_t key;
    int order; /* of its end */
};

struct scene {
    struct event_base *base;
    struct service *service;
    struct asked all[MAX_ASKED];
    size_t n;
    int n_ended;
};

static struct scene scene;

static const struct service_host host = {host_start, host_worker, host_stop};

static void begin(const char *second, int n_slots, uint64_t max_memory) {
    const struct service_model_option models[] = {{"one", "/proc/self/exe"}, {"two", second}};
    script = (struct peer_script){.seed = 1};
    n_starts = n_troubles = 0;
    scene = (struct scene){.base = event_base_new()};
    struct service_options opt = {.base = scene.base,
                                  .host = &host,
                                  .models = models,
                                  .n_models = second ? 2 : 1,
                                  .n_slots = n_slots,
                                  .max_waiting = 80,
                                  .keep_alive_s = -1,
                                  .max_memory = max_memory,
                                  .on_trouble = on_trouble};
    assert_int_equal(service_new(&scene.service, &opt, NULL), INGLE_OK);
}

static void end(void) {
    service_free(scene.service);
    event_base_free(scene.base);
}

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *user) {
    struct asked *a = user;
    (void)result;
    a->n_ends++;
    a->job = NULL;
    a->status = status;
    a->order = scene.n_ended++;
    if (err) memcpy(a->msg, err->msg, sizeof a->msg);
}

/* n_answers: how long it takes. */
static struct asked *ask(const char *model, enum msg_type type, uint32_t n_answers, bool unloads) {
    struct asked *a = &scene.all[scene.n++];
    *a = (struct asked){.key = 1 + (uint32_t)scene.n};
    struct peer_request m = {.key = a->key, .n_answers = n_answers, .padding = {"", 0}};
    struct service_ask ask = {.model = model,
                              .asker = {.client = a->key},
                              .type = type,
                              .visit = peer_request,
                              .request = &m,
                              .visit_result = peer_result,
                              .result_size = sizeof(struct peer_result),
                              .unloads = unloads,
                              .on_done = on_done,
                              .user = a};
    assert_int_equal(service_ask(&a->job, scene.service, &ask, NULL), INGLE_OK);
    return a;
}

static bool turn(void) {
    struct timeval soon = {.tv_usec = 2000};
    event_base_loopexit(scene.base, &soon);
    return event_base_loop(scene.base, EVLOOP_ONCE) >= 0;
}

#define WAIT_UNTIL(is_true)                                                                        \
    do {                                                                                           \
        double since = clock_ms();                                                                 \
        while (!(is_true) && turn()) assert_true(clock_ms() - since < LIMIT_MS);                   \
    } while (0)

static size_t n_running(void) {
    return service_load_now(scene.service).n_running;
}

/* ---- tests ---- */

static void the_time_to_come_back_is_that_of_jobs_lately(void **state) {
    (void)state;
    begin(NULL, 1, 0);
    for (int i = 0; i < 40; i++) ask("one", MSG_GENERATE, 0, false);
    double guessed = service_load_now(scene.service).retry_after_s;
    WAIT_UNTIL(service_is_idle(scene.service));
    for (int i = 0; i < 40; i++) ask("one", MSG_GENERATE, 0, false);
    double learnt = service_load_now(scene.service).retry_after_s;
    assert_true(guessed > 60.0 - 0.5 && guessed <= 60.0);
    assert_true(learnt >= 1.0 && learnt < 10.0);
    end();
}

static void who_asks_after_a_failed_start_that_nobody_waited_for_gets_a_new_one(void **state) {
    (void)state;
    begin(NULL, 1, 0);
    script.start = INGLE_FAILED;
    assert_int_equal(service_load(scene.service, "one", NULL), INGLE_OK);
    WAIT_UNTIL(service_find_model(scene.service, "one")->state == MODEL_UNLOADED);
    assert_int_equal(n_troubles, 1);
    script.start = INGLE_OK;
    struct asked *a = ask("one", MSG_GENERATE, 1, false);
    WAIT_UNTIL(!a->job);
    assert_int_equal(a->status, INGLE_OK);
    end();
}

static void who_waits_for_a_failed_start_is_told(void **state) {
    (void)state;
    begin(NULL, 1, 0);
    script.start = INGLE_NO_MEMORY;
    struct asked *a = ask("one", MSG_GENERATE, 1, false), *b = ask("", MSG_TOKENIZE, 1, false);
    WAIT_UNTIL(!a->job && !b->job);
    assert_int_equal(a->status, INGLE_NO_MEMORY);
    assert_int_equal(b->status, INGLE_NO_MEMORY);
    assert_int_equal(n_starts, 1);
    assert_int_equal(n_troubles, 1);
    end();
}

static void a_model_is_not_unloaded_before_those_that_wait_were_served(void **state) {
    (void)state;
    begin(NULL, 1, 0);
    for (int i = 0; i < 6; i++) ask("one", MSG_GENERATE, 5, i == 0);
    WAIT_UNTIL(service_is_idle(scene.service));
    assert_int_equal(n_starts, 1);
    WAIT_UNTIL(service_find_model(scene.service, "one")->state == MODEL_UNLOADED);
    for (size_t i = 0; i < scene.n; i++) assert_int_equal(scene.all[i].status, INGLE_OK);
    end();
}

static void many_small_questions_leave_room_for_answers(void **state) {
    (void)state;
    begin(NULL, 1, 0);
    for (int i = 0; i < 64; i++) ask("one", MSG_DOCUMENT, 1 << 30, false);
    struct asked *a = ask("one", MSG_GENERATE, 1, false);
    WAIT_UNTIL(!a->job);
    assert_int_equal(a->status, INGLE_OK);
    for (size_t i = 0; i < scene.n; i++) {
        if (scene.all[i].job) job_abandon(scene.all[i].job);
    }
    WAIT_UNTIL(service_is_idle(scene.service));
    end();
}

static void a_model_that_waits_for_room_gets_it_before_later_wishes(void **state) {
    (void)state;
    begin("/proc/self/exe", 1, 1);
    scene.service->opt.max_memory =
        scene.service->models[0].view.file_size * 2; /* one, and a quarter more for its work */
    struct asked *first = ask("one", MSG_GENERATE, 50, false);
    WAIT_UNTIL(n_running() == 1);
    struct asked *other = ask("two", MSG_GENERATE, 1, false);
    turn();
    struct asked *later[20];
    for (size_t i = 0; i < 20; i++)
        later[i] = ask("one", i % 2 ? MSG_GENERATE : MSG_TOKENIZE, 5, 0);
    WAIT_UNTIL(service_is_idle(scene.service));
    assert_int_equal(first->order, 0);
    assert_int_equal(other->order, 1);
    for (size_t i = 0; i < 20; i++) assert_int_equal(later[i]->status, INGLE_OK);
    assert_int_equal(n_starts, 3);
    end();
}

static void whoever_runs_or_waits_is_told_of_the_end(void **state) {
    static const ingle_error why = {.code = INGLE_FAILED, .msg = "The service ends."};
    (void)state;
    begin(NULL, 2, 0);
    for (int i = 0; i < 10; i++) ask("one", MSG_GENERATE, 1 << 30, false);
    WAIT_UNTIL(n_running() == 2);
    service_end_jobs(scene.service, &why);
    for (size_t i = 0; i < scene.n; i++) {
        assert_int_equal(scene.all[i].n_ends, 1);
        assert_int_equal(scene.all[i].status, INGLE_FAILED);
        assert_string_equal(scene.all[i].msg, why.msg);
    }
    WAIT_UNTIL(service_is_idle(scene.service));
    struct service_ask late = {.visit = msg_empty, .request = "", .on_done = on_done};
    struct job *job;
    assert_int_equal(service_ask(&job, scene.service, &late, NULL), INGLE_FAILED);
    end();
}

static void the_end_of_a_service_is_no_trouble(void **state) {
    (void)state;
    for (unsigned start_ms = 0; start_ms <= 1000; start_ms += 1000) {
        begin("/proc/self/exe", 2, 0);
        script.start_ms = start_ms;
        for (int i = 0; i < 5; i++) ask("one", MSG_GENERATE, 1 << 30, false);
        ask("two", MSG_TOKENIZE, 1 << 30, false);
        WAIT_UNTIL(start_ms > 0 ? n_starts == 2 : n_running() == 3);
        end();
        assert_int_equal(n_troubles, 0);
        assert_int_equal(scene.n_ended, 0);
    }
}

static void a_worker_that_dies_ends_what_it_was_asked_and_comes_again(void **state) {
    (void)state;
    begin(NULL, 2, 0);
    script.dies_after = 50;
    for (int i = 0; i < 6; i++) ask("one", MSG_GENERATE, 1 << 30, false);
    WAIT_UNTIL(n_troubles == 1);
    script.dies_after = 0;
    struct asked *a = ask("one", MSG_GENERATE, 1, false);
    for (size_t i = 0; i + 1 < scene.n; i++) {
        if (scene.all[i].job) job_abandon(scene.all[i].job);
    }
    WAIT_UNTIL(!a->job);
    assert_int_equal(a->status, INGLE_OK);
    WAIT_UNTIL(service_is_idle(scene.service));
    assert_int_equal(n_running(), 0);
    assert_int_equal(service_load_now(scene.service).n_waiting, 0);
    end();
}

static void all_parts_of_a_model_count(void **state) {
    static const char *const names[] = {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf",
                                        "m-00003-of-00003.gguf"};
    (void)state;
    for (size_t i = 0; i < 3; i++) file_write(folder_file(names[i]), "12345678", 8);
    begin(folder_file(names[0]), 1, 0);
    assert_int_equal(service_model_at(scene.service, 1)->file_size, 24);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_to_come_back_is_that_of_jobs_lately),
        cmocka_unit_test(who_asks_after_a_failed_start_that_nobody_waited_for_gets_a_new_one),
        cmocka_unit_test(who_waits_for_a_failed_start_is_told),
        cmocka_unit_test(a_model_is_not_unloaded_before_those_that_wait_were_served),
        cmocka_unit_test(many_small_questions_leave_room_for_answers),
        cmocka_unit_test(a_model_that_waits_for_room_gets_it_before_later_wishes),
        cmocka_unit_test(whoever_runs_or_waits_is_told_of_the_end),
        cmocka_unit_test(the_end_of_a_service_is_no_trouble),
        cmocka_unit_test(a_worker_that_dies_ends_what_it_was_asked_and_comes_again),
        cmocka_unit_test(all_parts_of_a_model_count),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
