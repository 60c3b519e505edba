/* ingle/session.h: arguments. What sessions do is tested in unit/run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void refuses(const ingle_session_options *options, ingle_status code, const char *saying) {
    ingle_session *session = (ingle_session *)model;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_session_new(&session, model, options, &err), code, &err, saying);
    assert_null(session);
    session = (ingle_session *)model;
    assert_int_equal(ingle_session_new(&session, model, options, NULL), code);
    assert_null(session);
    assert_int_equal(mem_live(), live);
}

static void a_session_needs_a_model_and_a_place(void **state) {
    (void)state;
    ingle_session *session = (ingle_session *)model;
    ingle_error err = {0};
    expect_refusal(ingle_session_new(&session, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "model is NULL");
    assert_null(session);
    expect_refusal(ingle_session_new(NULL, model, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
}

static void the_defaults_open_a_session(void **state) {
    (void)state;
    ingle_session_options options = ingle_session_options_default();
    assert_int_equal(options.n_ctx, 0);
    assert_int_equal(options.n_batch, 0);
    assert_int_equal(options.n_threads, 0);
    assert_int_equal(options.kv_type, INGLE_KV_F16);
    for (int i = 0; i < 2; i++) {
        ingle_session *session;
        ingle_error err;
        mark_error(&err);
        assert_int_equal(ingle_session_new(&session, model, i ? &options : NULL, &err), INGLE_OK);
        expect_marked(&err);
        assert_int_equal(ingle_session_n_ctx(session), 512);
        fixture_eval(session, (const ingle_token[]){1, 2}, 2);
        ingle_session_free(session);
    }
}

static void options_out_of_range_are_named_with_the_range(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t at;
        int high, value;
    } rows[] = {
#define AT(field) #field, offsetof(ingle_session_options, field)
        {AT(n_ctx), 1 << 24, -1},
        {AT(n_ctx), 1 << 24, (1 << 24) + 1},
        {AT(n_ctx), 1 << 24, INT32_MAX},
        {AT(n_batch), 1 << 24, -1},
        {AT(n_batch), 1 << 24, INT32_MIN},
        {AT(n_batch), 1 << 24, INT32_MAX},
        {AT(n_threads), 256, -1},
        {AT(n_threads), 256, 257},
        {AT(n_threads), 256, INT32_MIN},
        {AT(kv_type), 2, -1},
        {AT(kv_type), 2, 3},
        {AT(kv_type), 2, INT32_MAX},
#undef AT
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        ingle_session_options options = ingle_session_options_default();
        memcpy((char *)&options + rows[i].at, &rows[i].value, sizeof rows[i].value);
        char saying[64];
        snprintf(saying, sizeof saying, "%s is %d; it must be from 0 to %d.", rows[i].name,
                 rows[i].value, rows[i].high);
        refuses(&options, INGLE_BAD_ARGUMENT, saying);
    }
}

static void no_session_is_fine_where_nothing_can_go_wrong(void **state) {
    (void)state;
    ingle_session_free(NULL);
    ingle_session_cancel(NULL);
    assert_int_equal(ingle_session_n_ctx(NULL), 0);
    assert_int_equal(ingle_session_n_tokens(NULL), 0);
    assert_null(ingle_session_logits(NULL));
}

static void a_missing_argument_is_named(void **state) {
    (void)state;
    ingle_error err = {0};
    ingle_token token = 1;
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    ingle_generate_result result = {.n_tokens = 77, .last = 77};
    expect_refusal(ingle_session_eval(NULL, &token, 1, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "session is NULL");
    expect_refusal(ingle_session_eval(session, NULL, 1, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "tokens is NULL");
    expect_refusal(ingle_session_truncate(NULL, 0, &err), INGLE_BAD_ARGUMENT, &err,
                   "session is NULL");
    fixture_eval(session, &token, 1);
    expect_refusal(ingle_session_generate(NULL, sampler, NULL, &result, &err), INGLE_BAD_ARGUMENT,
                   &err, "session is NULL");
    assert_int_equal(result.n_tokens, 0);
    assert_int_equal(result.last, INGLE_TOKEN_NONE);
    expect_refusal(ingle_session_generate(session, NULL, NULL, &result, &err), INGLE_BAD_ARGUMENT,
                   &err, "sampler is NULL");
    expect_refusal(ingle_session_generate(session, sampler, NULL, NULL, &err), INGLE_BAD_ARGUMENT,
                   &err, "result is NULL");
    assert_int_equal(ingle_session_generate(NULL, NULL, NULL, NULL, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_eval(NULL, NULL, 1, NULL, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_truncate(NULL, 0, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_n_tokens(session), 1);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

static void success_leaves_err_alone(void **state) {
    (void)state;
    ingle_error err;
    mark_error(&err);
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    ingle_generate_options options = ingle_generate_options_default();
    assert_int_equal(options.max_tokens, -1);
    options.max_tokens = 3;
    ingle_generate_result result;
    assert_int_equal(ingle_session_eval(session, (const ingle_token[]){1}, 1, NULL, &err),
                     INGLE_OK);
    assert_int_equal(ingle_session_generate(session, sampler, &options, &result, &err), INGLE_OK);
    assert_int_equal(ingle_session_truncate(session, 1, &err), INGLE_OK);
    expect_marked(&err);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

static void a_sampler_of_another_vocabulary_is_refused(void **state) {
    (void)state;
    ingle_model *other =
        fixture_model(&(struct make_model_spec){.n_layer = 1, .n_vocab = 300}, "ref");
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    ingle_sampler *sampler = fixture_sampler(other, NULL);
    fixture_eval(session, (const ingle_token[]){1}, 1);
    ingle_generate_result result;
    ingle_error err = {0};
    expect_refusal(ingle_session_generate(session, sampler, NULL, &result, &err),
                   INGLE_BAD_ARGUMENT, &err, "made for 300 tokens, the session's model has 320");
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    ingle_model_close(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_needs_a_model_and_a_place),
        cmocka_unit_test(the_defaults_open_a_session),
        cmocka_unit_test(options_out_of_range_are_named_with_the_range),
        cmocka_unit_test(no_session_is_fine_where_nothing_can_go_wrong),
        cmocka_unit_test(a_missing_argument_is_named),
        cmocka_unit_test(success_leaves_err_alone),
        cmocka_unit_test(a_sampler_of_another_vocabulary_is_refused),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
