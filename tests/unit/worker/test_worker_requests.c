/* worker/client/worker_requests: ids, and how much may be open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/worker/asking.h"
#include "worker/client/worker_internal.h"

static struct asking all[RING_REQUESTS + 1];

static void fill(struct worker *w) {
    memset(all, 0, sizeof all);
    for (uint32_t i = 0; i < BASE_COUNT(all); i++) {
        all[i] = (struct asking){.worker = w, .m = {.key = i + 1, .n_answers = 2}};
    }
}

static void begin(struct asking *a) {
    ingle_error err;
    if (asking_begin(a, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static void ids_count_up_and_keep_to_places_of_their_own(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 1});
    uint32_t last = 1; /* the start */
    for (int round = 0; round < 300; round++) {
        struct asking a = {.worker = w, .m = {.key = 1}};
        begin(&a);
        assert_int_equal(a.id, ++last);
        asking_turn(w, 0, false);
    }
    /* With one place taken for good, the others go on around it. */
    fill(w);
    all[0].m = (struct peer_request){.key = 1, .n_answers = UINT32_MAX, .answer_size = 1};
    begin(&all[0]);
    for (int round = 0; round < 200; round++) {
        struct asking a = {.worker = w, .m = {.key = 1}};
        begin(&a);
        assert_int_not_equal(a.id % RING_REQUESTS, all[0].id % RING_REQUESTS);
        asking_turn(w, 1, false);
        assert_int_equal(a.n_done, 1);
    }
    asking_end(&all[0]);
    asking_turn(w, 0, false);
    asking_check(all, 1);
    worker_free(w);
}

/* 2^26 requests later, some of whose ids were cancelled. */
static void ids_that_wrap_are_never_zero_and_not_cancelled(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 2});
    for (uint32_t i = 0; i < RING_REQUESTS; i++) {
        w->requests[i].last_id = UINT32_MAX - RING_REQUESTS + 1 + i;
        atomic_store(&w->own->cancelled[i], i == 0 ? RING_REQUESTS : i);
    }
    for (int round = 0; round < 2; round++) {
        fill(w);
        for (size_t i = 0; i < RING_REQUESTS; i++) begin(&all[i]);
        for (size_t i = 0; i < RING_REQUESTS; i++) {
            uint32_t place = all[i].id % RING_REQUESTS;
            uint32_t wanted = place == 0 ? RING_REQUESTS : place;
            assert_int_equal(all[i].id, wanted + (uint32_t)round * RING_REQUESTS);
        }
        asking_turn(w, 0, false);
        asking_check(all, RING_REQUESTS);
        for (size_t i = 0; i < RING_REQUESTS; i++) assert_int_equal(all[i].status, INGLE_OK);
    }
    worker_free(w);
}

static void there_is_no_65th(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 3});
    ingle_error err;
    fill(w);
    for (size_t i = 0; i < RING_REQUESTS; i++) begin(&all[i]);
    assert_int_equal(asking_begin(&all[RING_REQUESTS], &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "64 requests already"));
    assert_int_equal(all[RING_REQUESTS].id, 0);
    asking_turn(w, RING_REQUESTS - 1, false);
    begin(&all[RING_REQUESTS]);
    asking_turn(w, 0, false);
    asking_check(all, BASE_COUNT(all));
    worker_free(w);
}

static void what_waits_to_be_sent_has_a_bound(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 4, .is_sullen = true});
    ingle_error err;
    fill(w);
    for (size_t i = 0; i < 4; i++) all[i].m.padding.len = (size_t)80 << 20;
    for (size_t i = 0; i < 3; i++) begin(&all[i]);
    assert_int_equal(asking_begin(&all[3], &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "waits for the worker already"));
    begin(&all[4]); /* a small one has room */
    assert_int_equal(worker_n_open(w), 4);
    worker_free(w);
    assert_int_equal(all[3].n_done, 0);
    all[3] = all[4];
    asking_check_failed(all, 4, INGLE_CANCELLED, "stopped");
}

/* Visitors refuse what is too long: nothing was begun then. */
static void visit_too_much(struct wire *w, void *message) {
    struct wire_text *text = message;
    wire_text(w, text, text->len - 1);
}

static void a_request_that_cannot_be_written_is_not_begun(void **state) {
    (void)state;
    struct worker *w = asking_start(&(struct peer_script){.seed = 5});
    struct peer_result result;
    uint32_t id = 7;
    memset(&result, 0x55, sizeof result);
    struct worker_ask ask = {.type = MSG_GENERATE,
                             .visit = visit_too_much,
                             .request = &(struct wire_text){"words", 5},
                             .visit_result = peer_result,
                             .result = &result,
                             .result_size = sizeof result};
    assert_int_equal(worker_begin(w, &ask, &id, NULL), INGLE_LIMIT);
    assert_true(id == 0 && result.key == 0 && worker_n_open(w) == 0);
    struct asking a = {.worker = w, .m = {.key = 1}};
    begin(&a);
    asking_turn(w, 0, false);
    asking_check(&a, 1);
    worker_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_count_up_and_keep_to_places_of_their_own),
        cmocka_unit_test(ids_that_wrap_are_never_zero_and_not_cancelled),
        cmocka_unit_test(there_is_no_65th),
        cmocka_unit_test(what_waits_to_be_sent_has_a_bound),
        cmocka_unit_test(a_request_that_cannot_be_written_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
