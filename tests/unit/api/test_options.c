/* Option structs of another size: older ones are read, others refused, in every function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/api/api.h"
#include "support/fixture.h"

/* A struct that has grown twice: 24, 32 and 40 bytes. */
struct grown {
    size_t size;
    int64_t first, second; /* version 1 */
    int64_t third;         /* version 2 */
    int64_t fourth;        /* version 3 */
};

static const size_t known[] = {offsetof(struct grown, third), offsetof(struct grown, fourth),
                               sizeof(struct grown)};

static ingle_status read_grown(struct grown *dst, const void *src, ingle_error *err) {
    *dst =
        (struct grown){.size = sizeof *dst, .first = -1, .second = -2, .third = -3, .fourth = -4};
    return api_read_options(dst, src, "grown", known, BASE_COUNT(known), err);
}

static void missing_fields_of_an_older_struct_keep_their_defaults(void **state) {
    (void)state;
    const struct grown full = {.first = 1, .second = 2, .third = 3, .fourth = 4};
    static const int n_read[] = {2, 3, 4};
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        /* Just as long as that version, so that a read too far is one past its end. */
        unsigned char *old = test_malloc(known[i]);
        memcpy(old, &full, known[i]);
        memcpy(old, &known[i], sizeof known[i]);
        struct grown got;
        ingle_error err;
        mark_error(&err);
        assert_int_equal(read_grown(&got, old, &err), INGLE_OK);
        expect_marked(&err);
        assert_int_equal(got.first, 1);
        assert_int_equal(got.second, 2);
        assert_int_equal(got.third, n_read[i] > 2 ? 3 : -3);
        assert_int_equal(got.fourth, n_read[i] > 3 ? 4 : -4);
        test_free(old);
    }
}

static void no_struct_means_the_defaults(void **state) {
    (void)state;
    struct grown got;
    assert_int_equal(read_grown(&got, NULL, NULL), INGLE_OK);
    assert_int_equal(got.first, -1);
    assert_int_equal(got.fourth, -4);
}

static void a_size_that_no_version_had_is_refused_with_both_numbers(void **state) {
    (void)state;
    static const size_t wrong[] = {0, 8, 23, 25, 31, 39, 41, 48, SIZE_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        const struct grown src = {.size = wrong[i], .first = 1};
        struct grown got;
        ingle_error err = {0};
        ingle_status status = read_grown(&got, &src, &err);
        expect_refusal(status, INGLE_BAD_ARGUMENT, &err, "The size field of grown is");
        assert_non_null(strstr(err.msg, "this library knows 40"));
        assert_int_equal(got.first, -1);
        assert_int_equal(read_grown(&got, &src, NULL), INGLE_BAD_ARGUMENT);
    }
}

/* ---- every public struct ---- */

static const size_t off_by[] = {1, (size_t)-1, 8, (size_t)-4, 100000};

static void model_options_of_a_wrong_size_are_refused(void **state) {
    for (size_t i = 0; i < BASE_COUNT(off_by); i++) {
        ingle_model_options options = ingle_model_options_default();
        assert_int_equal(options.size, sizeof options);
        options.size += off_by[i];
        if (options.size == offsetof(ingle_model_options, cache_dir)) continue;
        ingle_model *opened = (ingle_model *)state;
        ingle_error err = {0};
        expect_refusal(ingle_model_open(&opened, "nowhere", &options, &err), INGLE_BAD_ARGUMENT,
                       &err, "size field of ingle_model_options");
        assert_null(opened);
    }
}

/* Of what lies behind it nothing is read. */
static void model_options_from_before_the_cache_are_read(void **state) {
    (void)state;
    ingle_model_options options = ingle_model_options_default();
    options.size = offsetof(ingle_model_options, cache_dir);
    options.cache_dir = (const char *)1;
    char path[128];
    snprintf(path, sizeof path, "%s",
             fixture_write("old.gguf", &(struct make_model_spec){.n_layer = 1}));
    ingle_model *opened;
    ingle_error err = {0};
    if (ingle_model_open(&opened, path, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_string_equal(ingle_model_get_info(opened).cache_note, "");
    ingle_model_close(opened);
}

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void sampling_options_of_a_wrong_size_are_refused(void **state) {
    for (size_t i = 0; i < BASE_COUNT(off_by); i++) {
        ingle_sampling_options options = ingle_sampling_options_default();
        assert_int_equal(options.size, sizeof options);
        options.size += off_by[i];
        ingle_sampler *sampler = (ingle_sampler *)state;
        ingle_error err = {0};
        expect_refusal(ingle_sampler_new(&sampler, model, &options, &err), INGLE_BAD_ARGUMENT, &err,
                       "size field of ingle_sampling_options");
        assert_null(sampler);
    }
}

static void session_options_from_before_the_prefix_cache_still_open_a_session(void **state) {
    (void)state;
    ingle_session_options full = ingle_session_options_default();
    full.n_ctx = 40;
    full.n_threads = 1;
    full.size = offsetof(ingle_session_options, prefix_cache);
    void *old = test_malloc(full.size);
    memcpy(old, &full, full.size);
    ingle_session *session = NULL;
    assert_int_equal(ingle_session_new(&session, model, old, NULL), INGLE_OK);
    assert_int_equal(ingle_session_n_ctx(session), 40);
    ingle_session_free(session);
    test_free(old);
}

static void session_options_of_a_wrong_size_are_refused(void **state) {
    for (size_t i = 0; i < BASE_COUNT(off_by); i++) {
        ingle_session_options options = ingle_session_options_default();
        assert_int_equal(options.size, sizeof options);
        options.size += off_by[i];
        ingle_session *session = (ingle_session *)state;
        ingle_error err = {0};
        expect_refusal(ingle_session_new(&session, model, &options, &err), INGLE_BAD_ARGUMENT, &err,
                       "size field of ingle_session_options");
        assert_null(session);
    }
}

/* As they were before max_draft, on_token and constraint. */
static void shorter_generate_options_mean_the_default_of_what_they_lack(void **state) {
    (void)state;
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    fixture_eval(session, (const ingle_token[]){1}, 1);
    ingle_generate_options options = ingle_generate_options_default();
    options.size = offsetof(ingle_generate_options, max_draft);
    options.max_tokens = 3;
    options.ignore_end = true;
    options.max_draft = -99; /* lies beyond */
    options.n_top = -99;
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(session, sampler, &options, &result, NULL), INGLE_OK);
    assert_int_equal(result.n_tokens, 3);
    options.size = offsetof(ingle_generate_options, on_token);
    options.max_draft = 0;
    fixture_eval(session, &result.last, 1);
    assert_int_equal(ingle_session_generate(session, sampler, &options, &result, NULL), INGLE_OK);
    assert_int_equal(result.n_tokens, 3);
    options.size = offsetof(ingle_generate_options, constraint);
    options.n_top = 0;
    options.constraint = (void *)&options;
    fixture_eval(session, &result.last, 1);
    assert_int_equal(ingle_session_generate(session, sampler, &options, &result, NULL), INGLE_OK);
    assert_int_equal(result.n_tokens, 3);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

static void generate_options_of_a_wrong_size_are_refused(void **state) {
    (void)state;
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 16});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    fixture_eval(session, (const ingle_token[]){1}, 1);
    for (size_t i = 0; i < BASE_COUNT(off_by); i++) {
        ingle_generate_options options = ingle_generate_options_default();
        assert_int_equal(options.size, sizeof options);
        options.size += off_by[i];
        ingle_generate_result result = {.n_tokens = 5, .last = 5};
        ingle_error err = {0};
        expect_refusal(ingle_session_generate(session, sampler, &options, &result, &err),
                       INGLE_BAD_ARGUMENT, &err, "size field of ingle_generate_options");
        assert_int_equal(result.n_tokens, 0);
        assert_int_equal(result.last, INGLE_TOKEN_NONE);
        assert_int_equal(ingle_session_n_tokens(session), 1);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_fields_of_an_older_struct_keep_their_defaults),
        cmocka_unit_test(no_struct_means_the_defaults),
        cmocka_unit_test(a_size_that_no_version_had_is_refused_with_both_numbers),
        cmocka_unit_test(model_options_of_a_wrong_size_are_refused),
        cmocka_unit_test(model_options_from_before_the_cache_are_read),
        cmocka_unit_test(sampling_options_of_a_wrong_size_are_refused),
        cmocka_unit_test(session_options_from_before_the_prefix_cache_still_open_a_session),
        cmocka_unit_test(session_options_of_a_wrong_size_are_refused),
        cmocka_unit_test(shorter_generate_options_mean_the_default_of_what_they_lack),
        cmocka_unit_test(generate_options_of_a_wrong_size_are_refused),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
