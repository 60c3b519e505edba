/* daemon/api/turn and embed: what comes of a worker, with a service in the test's place. */
#include "daemon/api/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "daemon/api/embed.h"

/* ---- in place of the service and of HTTP (--wrap) ---- */

static struct service_ask asked;
static const struct service_model the_model = {.id = "m"};
static struct arena arena;

const struct service_model *__wrap_service_find_model(struct service *s, const char *name);
ingle_status __wrap_service_ask(struct job **out, struct service *s, const struct service_ask *ask,
                                ingle_error *err);
void __wrap_http_exchange_watch(struct http_exchange *x,
                                void (*on_gone)(struct http_exchange *x, void *user), void *user);

const struct service_model *__wrap_service_find_model(struct service *s, const char *name) {
    (void)s;
    (void)name;
    return &the_model;
}

ingle_status __wrap_service_ask(struct job **out, struct service *s, const struct service_ask *ask,
                                ingle_error *err) {
    static char job;
    (void)s;
    (void)err;
    asked = *ask;
    *out = (struct job *)&job;
    return INGLE_OK;
}

void __wrap_http_exchange_watch(struct http_exchange *x,
                                void (*on_gone)(struct http_exchange *x, void *user), void *user) {
    (void)x;
    (void)on_gone;
    (void)user;
}

static struct api api;
static const struct http_request request = {.client = 1};

static struct api_call call(void) {
    arena_init(&arena, 1 << 20);
    return (struct api_call){.api = &api, .arena = &arena, .request = &request};
}

/* A message as a worker sends it. */
static bool say(enum msg_type type, wire_fn visit, const void *message) {
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(wire_write(&b, visit, message, NULL), INGLE_OK);
    bool goes_on = asked.on_answer(type, b.data, b.size, asked.user);
    buf_clear(&b);
    return goes_on;
}

/* ---- turns ---- */

static struct {
    int n;
    ingle_status status;
    char msg[240], text[100];
    size_t n_calls;
} ended;

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    ended.n++;
    ended.status = status;
    ended.n_calls = t->n_calls;
    snprintf(ended.msg, sizeof ended.msg, "%s", err ? err->msg : "");
    snprintf(ended.text, sizeof ended.text, "%.*s", (int)t->text.size,
             t->text.data ? t->text.data : "");
}

static void begin_turn(void) {
    static const struct turn_view view = {.end = on_end};
    static const struct msg_chat m;
    struct api_call c = call();
    struct turn *t = turn_new(&c, "m", &view);
    memset(&ended, 0, sizeof ended);
    assert_non_null(t);
    assert_true(turn_start(t, MSG_CHAT, &m, URGENCY_INTERACTIVE, true));
}

static void end_turn(ingle_status status) {
    static const struct msg_chatted nothing;
    static const ingle_error interrupted = {.code = INGLE_CANCELLED, .msg = "Interrupted."};
    asked.on_done(status, status == INGLE_OK ? NULL : &interrupted, &nothing, asked.user);
    assert_int_equal(ended.n, 1);
    arena_clear(&arena);
}

static bool say_call(size_t i) {
    char id[16];
    snprintf(id, sizeof id, "call_%zu", i);
    const ingle_chat_event e = {
        .kind = INGLE_CHAT_CALL, .id = id, .name = "f", .text = "", .len = 0};
    return say(MSG_EVENT, msg_event, &e);
}

static void pieces_are_one_answer(void **state) {
    (void)state;
    begin_turn();
    assert_true(asked.on_answer(MSG_TEXT, "one ", 4, asked.user));
    assert_true(asked.on_answer(MSG_TEXT, "two", 3, asked.user));
    end_turn(INGLE_OK);
    assert_int_equal(ended.status, INGLE_OK);
    assert_string_equal(ended.text, "one two");
}

/* The worker was told to end, which is no wish of the client's. */
static void more_calls_than_are_kept_fail_with_a_reason(void **state) {
    (void)state;
    begin_turn();
    for (size_t i = 0; i < TURN_MAX_CALLS; i++) assert_true(say_call(i));
    assert_false(say_call(TURN_MAX_CALLS));
    end_turn(INGLE_CANCELLED);
    assert_int_equal(ended.status, INGLE_FAILED);
    assert_non_null(strstr(ended.msg, "64"));
    assert_int_equal(ended.n_calls, TURN_MAX_CALLS);
}

static void a_lack_of_memory_is_one(void **state) {
    (void)state;
    begin_turn();
    mem_fail_at(1, 1);
    bool goes_on = asked.on_answer(MSG_TEXT, "one", 3, asked.user);
    mem_fail_at(0, 0);
    assert_false(goes_on);
    end_turn(INGLE_CANCELLED);
    assert_int_equal(ended.status, INGLE_NO_MEMORY);
}

static void an_answer_that_makes_no_sense_is_the_workers_fault(void **state) {
    (void)state;
    begin_turn();
    assert_false(asked.on_answer(MSG_EVENT, "x", 1, asked.user));
    end_turn(INGLE_CANCELLED);
    assert_int_equal(ended.status, INGLE_FAILED);
}

/* ---- vectors ---- */

static size_t n_embd;

static void on_embedded(struct embed *e, ingle_status status, const ingle_error *err) {
    (void)err;
    ended.n++;
    ended.status = status;
    n_embd = e->n_embd;
}

static void begin_embed(size_t n) {
    struct api_call c = call();
    static const struct msg_embed_input inputs[2] = {{.text = {"a", 1}}, {.text = {"b", 1}}};
    const struct embed_ask ask = {.request = {.inputs = inputs, .n = n}, .on_end = on_embedded};
    memset(&ended, 0, sizeof ended);
    embed_start(&c, &ask);
}

static bool say_vector(size_t n) {
    static const float numbers[100];
    const struct msg_vector m = {.values = {(const char *)numbers, n * sizeof *numbers}};
    return say(MSG_VECTOR, msg_vector, &m);
}

static void end_embed(ingle_status status) {
    static const struct msg_embedded nothing;
    asked.on_done(status, NULL, &nothing, asked.user);
    assert_int_equal(ended.n, 1);
    arena_clear(&arena);
}

static void vectors_are_all_as_long(void **state) {
    (void)state;
    begin_embed(2);
    assert_true(say_vector(4));
    assert_true(say_vector(4));
    end_embed(INGLE_OK);
    assert_int_equal(ended.status, INGLE_OK);
    assert_int_equal(n_embd, 4);
}

static void more_or_fewer_vectors_than_texts_are_refused(void **state) {
    (void)state;
    begin_embed(1);
    assert_true(say_vector(4));
    assert_false(say_vector(4));
    end_embed(INGLE_OK);
    assert_int_equal(ended.status, INGLE_FAILED);
    begin_embed(2);
    assert_true(say_vector(4));
    end_embed(INGLE_OK);
    assert_int_equal(ended.status, INGLE_FAILED);
}

/* Else the front would read beyond the shorter one: what a hostile worker wishes for. */
static void a_longer_vector_behind_a_shorter_one_is_refused(void **state) {
    (void)state;
    begin_embed(2);
    assert_true(say_vector(4));
    assert_false(say_vector(100));
    end_embed(INGLE_OK);
    assert_int_equal(ended.status, INGLE_FAILED);
}

static void vectors_of_no_numbers_are_refused(void **state) {
    (void)state;
    begin_embed(1);
    assert_false(say_vector(0));
    end_embed(INGLE_OK);
    assert_int_equal(ended.status, INGLE_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_one_answer),
        cmocka_unit_test(more_calls_than_are_kept_fail_with_a_reason),
        cmocka_unit_test(a_lack_of_memory_is_one),
        cmocka_unit_test(an_answer_that_makes_no_sense_is_the_workers_fault),
        cmocka_unit_test(vectors_are_all_as_long),
        cmocka_unit_test(more_or_fewer_vectors_than_texts_are_refused),
        cmocka_unit_test(a_longer_vector_behind_a_shorter_one_is_refused),
        cmocka_unit_test(vectors_of_no_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
