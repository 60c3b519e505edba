#include "unit/worker/asking.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "worker/client/life.h"

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct asking *a = user;
    assert_int_equal(type, MSG_TEXT);
    assert_int_equal(a->n_done, 0);
    assert_false(a->was_told_to_end);
    assert_true(a->n_got < a->m.n_answers);
    assert_int_equal(size, a->m.answer_size);
    assert_true(peer_is_right(body, size, a->m.key, a->n_got));
    a->n_got++;
    if (a->end_after == 0 || a->n_got < (uint32_t)a->end_after) return true;
    a->was_told_to_end = true;
    return false;
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    struct asking *a = user;
    assert_int_equal(++a->n_done, 1);
    assert_true((status == INGLE_OK) == (err == NULL));
    a->status = status;
    if (err) {
        assert_int_equal(err->code, status);
        a->error = *err;
    }
    /* What it borrows lasts no longer than this. */
    if (a->result.words.data) {
        assert_int_equal(a->result.words.len, a->m.result_size);
        assert_true(peer_is_right(a->result.words.data, a->result.words.len, a->m.key, PEER_WORDS));
        a->result.words.data = NULL;
    }
    if (a->then) a->then(a, a->user);
}

ingle_status asking_begin(struct asking *a, ingle_error *err) {
    size_t size = a->m.padding.len;
    uint8_t *padding = mem_alloc(size + 1);
    assert_non_null(padding);
    peer_bytes(padding, size, a->m.key, PEER_PADDING);
    struct peer_request m = a->m;
    m.padding.data = (const char *)padding;
    struct worker_ask ask = {.asker = {.client = a->m.key},
                             .type = MSG_GENERATE,
                             .visit = peer_request,
                             .request = &m,
                             .visit_result = peer_result,
                             .result = &a->result,
                             .result_size = sizeof a->result,
                             .on_answer = on_answer,
                             .user = a,
                             .on_done = on_done};
    ingle_status status = worker_begin(a->worker, &ask, &a->id, err);
    mem_free(padding);
    memset(&ask, 0x55, sizeof ask); /* it was copied */
    return status;
}

void asking_end(struct asking *a) {
    if (a->n_done == 0) a->was_told_to_end = true;
    worker_end(a->worker, a->id);
}

bool asking_sleep(const struct worker *w, bool is_timed) {
    struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
    return poll(&p, 1, is_timed ? LIFE_LOOK_MS : -1) > 0;
}

void asking_turn(struct worker *w, size_t n, bool is_timed) {
    while (worker_n_open(w) > n) {
        (void)asking_sleep(w, is_timed);
        worker_turn(w);
    }
}

void asking_check(const struct asking *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct asking *a = &all[i];
        assert_int_equal(a->n_done, 1);
        assert_int_equal(a->result.key, a->m.key);
        assert_true(a->n_got <= a->result.n_said);
        if (a->status == INGLE_OK) {
            assert_int_equal(a->result.n_said, a->m.n_answers);
        } else {
            assert_true(a->was_told_to_end);
            assert_int_equal(a->status, INGLE_CANCELLED);
            assert_string_equal(a->error.msg, "It is over.");
        }
        if (!a->was_told_to_end) assert_int_equal(a->n_got, a->m.n_answers);
    }
}

void asking_check_failed(const struct asking *all, size_t n, ingle_status status,
                         const char *saying) {
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(all[i].n_done, 1);
        bool is_over = all[i].status == INGLE_OK || all[i].result.key == all[i].m.key;
        if (is_over) continue;
        assert_int_equal(all[i].status, status);
        if (!strstr(all[i].error.msg, saying)) fail_msg("%s", all[i].error.msg);
    }
}

static void on_started(ingle_status status, const ingle_error *err, void *user) {
    if (status != INGLE_OK) fail_msg("%s", err->msg);
    *(bool *)user = true;
}

struct worker *asking_start(const struct peer_script *script) {
    bool is_started = false;
    struct worker *w = peer_spawn(script, on_started, &is_started);
    assert_false(is_started);
    assert_true(worker_is_busy(w));
    asking_turn(w, 0, false);
    assert_true(is_started && !worker_is_busy(w));
    return w;
}
