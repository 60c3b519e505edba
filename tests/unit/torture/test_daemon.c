/* The service's own parts while memory runs out: what was not understood whole is refused, and
 * nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/api/access.h"
#include "daemon/api/field.h"
#include "daemon/api/response_store.h"
#include "daemon/api/talk.h"
#include "daemon/http/http_head.h"
#include "daemon/service/service_internal.h"
#include "support/torture.h"

static ingle_status read_head(ingle_error *err) {
    static const char text[] = "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: localhost:8080\r\n"
                               "Content-Type: application/json\r\nContent-Length: 5\r\n\r\n";
    struct http_scan scan = {0};
    struct http_refusal why = {0};
    struct http_head head = {0};
    struct arena arena;
    arena_init_secret(&arena, 1 << 20);
    assert_int_equal(http_head_scan(&scan, text, sizeof text - 1, &why), HTTP_SCAN_DONE);
    bool ok = http_head_parse(&head, &arena, text, scan.pos, &why);
    if (ok) {
        assert_int_equal(head.length, 5);
    } else {
        assert_int_equal(why.status, 503);
    }
    arena_clear(&arena);
    return ok ? INGLE_OK : status_no_memory(err, "a head", 0);
}

static ingle_status make_talk(ingle_error *err) {
    struct talk t;
    struct arena arena;
    struct wire_text all;
    arena_init_secret(&arena, 1 << 20);
    talk_init(&t);
    talk_text(&t, TALK_USER, "Is it raining?", 14);
    talk_thinking(&t, "hm", 2);
    talk_call(&t, "call_1", "weather", "{\"a\":1}", 7);
    talk_result(&t, "call_1", "yes", 3);
    talk_text(&t, TALK_USER, "a\n\"b\"", 5);
    bool ok = talk_end(&t, &arena, &all);
    if (ok) assert_int_equal(all.data[all.len - 1], ']');
    talk_clear(&t);
    arena_clear(&arena);
    return ok ? INGLE_OK : status_no_memory(err, "a conversation", 0);
}

static ingle_status read_fields(ingle_error *err) {
    static const char text[] = "{\"stop\":[\"a\",\"b\"],\"n\":3}";
    struct fields f = {.bad = NULL};
    struct arena arena;
    const char *const *stops = NULL;
    size_t n = 0;
    arena_init_secret(&arena, 1 << 20);
    ingle_status status =
        json_tree_parse(&f.object, &arena, text, sizeof text - 1, "the request", err);
    if (status == INGLE_OK && !field_strings(&f, "stop", 4, &arena, &stops, &n)) {
        assert_string_equal(f.bad, "stop");
        status = status_no_memory(err, "the stops", 0);
    }
    if (status == INGLE_OK) assert_string_equal(stops[1], "b");
    arena_clear(&arena);
    return status;
}

static ingle_status open_access(ingle_error *err) {
    struct access *a;
    INGLE_TRY(access_new(&a, NULL, err));
    access_free(a);
    return INGLE_OK;
}

static ingle_status store_response(ingle_error *err) {
    struct response_store store = {NULL};
    struct stored_response *r = response_store_add(&store, 1, "resp_1");
    if (r) assert_ptr_equal(response_store_find(&store, 1, "resp_1"), r);
    if (!r) assert_null(store.newest);
    response_store_clear(&store);
    return r ? INGLE_OK : status_no_memory(err, "a response", 0);
}

static struct event_base *base;

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *user) {
    (void)status;
    (void)err;
    (void)result;
    (void)user;
    fail();
}

/* A model whose worker cannot be had, for want of memory. */
static ingle_status never_starts(struct hosted **out, const char *path, struct msg_start *start,
                                 service_started_fn on_started, void *user, ingle_error *err) {
    (void)path;
    (void)start;
    (void)on_started;
    (void)user;
    *out = NULL;
    return status_no_memory(err, "a worker", 0);
}

static void stop(struct hosted *hosted) {
    assert_null(hosted);
}

static ingle_status ask_service(ingle_error *err) {
    static const struct service_host host = {.start = never_starts, .stop = stop};
    static const struct service_model_option models[] = {{"one", "/a/one"}, {"two", "/a/two"}};
    const struct service_options opt = {.base = base,
                                        .host = &host,
                                        .models = models,
                                        .n_models = 2,
                                        .n_slots = 1,
                                        .max_waiting = 9};
    const struct service_ask ask = {
        .model = "two", .visit = msg_empty, .request = "", .result_size = 8, .on_done = on_done};
    struct service *s;
    struct job *job;
    INGLE_TRY(service_new(&s, &opt, err));
    ingle_status status = service_ask(&job, s, &ask, err);
    if (status != INGLE_OK) assert_null(job);
    assert_int_equal(service_load_now(s).n_waiting, status == INGLE_OK);
    assert_int_equal(service_is_idle(s), status != INGLE_OK);
    service_free(s);
    return status;
}

static void each_part_works_whole_or_says_that_memory_is_short(void **state) {
    (void)state;
    base = event_base_new();
    assert_true(torture(read_head) > 0);
    assert_true(torture(make_talk) > 3);
    assert_true(torture(read_fields) > 0);
    assert_true(torture(open_access) == 1);
    assert_true(torture(store_response) > 1);
    assert_true(torture(ask_service) > 6);
    event_base_free(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_works_whole_or_says_that_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
