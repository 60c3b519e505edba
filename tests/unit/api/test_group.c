/* ingle/group.h: arguments. What a group does is tested in unit/run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/torture.h"

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void refuses(const ingle_group_options *options, const char *saying) {
    ingle_group *group = (ingle_group *)model;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_group_new(&group, model, options, &err), INGLE_BAD_ARGUMENT, &err, saying);
    assert_null(group);
    assert_int_equal(ingle_group_new(&group, model, options, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(mem_live(), live);
}

static void the_defaults_open_a_group(void **state) {
    (void)state;
    ingle_group_options options = ingle_group_options_default();
    assert_int_equal(options.n_batch, 0);
    assert_int_equal(options.n_threads, 0);
    for (int i = 0; i < 2; i++) {
        ingle_group *group;
        ingle_error err;
        mark_error(&err);
        assert_int_equal(ingle_group_new(&group, model, i ? &options : NULL, &err), INGLE_OK);
        expect_marked(&err);
        ingle_group_free(group);
    }
    ingle_group_free(NULL);
}

static void options_out_of_range_are_named(void **state) {
    (void)state;
    static const int wrong[] = {-1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_group_options options = ingle_group_options_default();
        options.n_batch = wrong[i];
        refuses(&options, "n_batch is");
        options = ingle_group_options_default();
        options.n_threads = wrong[i];
        refuses(&options, "n_threads is");
    }
    ingle_group_options options = ingle_group_options_default();
    options.size++;
    refuses(&options, "size field of ingle_group_options");
}

static void a_missing_argument_is_named(void **state) {
    (void)state;
    ingle_error err = {0};
    ingle_group *group = (ingle_group *)model;
    expect_refusal(ingle_group_new(&group, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "model is NULL");
    assert_null(group);
    expect_refusal(ingle_group_new(NULL, model, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    ingle_session_set_urgency(NULL, INGLE_URGENCY_TASK);
}

static ingle_status new_session(const ingle_model *m, ingle_group *group, int n_batch,
                                int n_threads, ingle_error *err) {
    ingle_session_options options = ingle_session_options_default();
    ingle_session *session = (ingle_session *)model;
    options.n_batch = n_batch;
    options.n_threads = n_threads;
    options.group = group;
    uint64_t live = mem_live();
    ingle_status status = ingle_session_new(&session, m, &options, err);
    assert_int_equal(session != NULL, status == INGLE_OK);
    if (session) assert_int_equal(ingle_session_n_threads(session), 3);
    ingle_session_free(session);
    if (status != INGLE_OK) assert_int_equal(mem_live(), live);
    return status;
}

static void a_session_and_its_group_must_fit(void **state) {
    (void)state;
    ingle_model *other = fixture_model(&(struct make_model_spec){.n_layer = 1}, "ref");
    ingle_group_options options = ingle_group_options_default();
    ingle_group *group;
    ingle_error err = {0};
    options.n_batch = 24;
    options.n_threads = 3;
    assert_int_equal(ingle_group_new(&group, model, &options, NULL), INGLE_OK);
    expect_refusal(new_session(other, group, 0, 0, &err), INGLE_BAD_ARGUMENT, &err,
                   "group was made for another model");
    expect_refusal(new_session(model, group, 25, 0, &err), INGLE_BAD_ARGUMENT, &err,
                   "n_batch and n_threads are 25 and 0, the group's 24 and 3");
    expect_refusal(new_session(model, group, 0, 2, &err), INGLE_BAD_ARGUMENT, &err, "leave them 0");
    assert_int_equal(new_session(model, group, 0, 0, &err), INGLE_OK);
    assert_int_equal(new_session(model, group, 24, 3, &err), INGLE_OK);
    ingle_group_free(group);
    ingle_model_close(other);
}

/* An older caller's options have no group. */
static void options_that_know_no_group_have_none(void **state) {
    (void)state;
    ingle_session_options options = ingle_session_options_default();
    ingle_session *session;
    options.size = offsetof(ingle_session_options, group);
    options.group = (ingle_group *)model;
    options.n_threads = 1;
    assert_int_equal(ingle_session_new(&session, model, &options, NULL), INGLE_OK);
    ingle_session_free(session);
}

static ingle_status make_both(ingle_error *err) {
    ingle_group_options options = ingle_group_options_default();
    ingle_session_options of_session = ingle_session_options_default();
    ingle_group *group = (ingle_group *)model;
    ingle_session *session = (ingle_session *)model;
    options.n_threads = 2;
    ingle_status status = ingle_group_new(&group, model, &options, err);
    if (status != INGLE_OK) {
        assert_null(group);
        return status;
    }
    of_session.group = group;
    status = ingle_session_new(&session, model, &of_session, err);
    if (status != INGLE_OK) assert_null(session);
    ingle_session_free(session);
    ingle_group_free(group);
    return status;
}

static void without_memory_nothing_is_left(void **state) {
    (void)state;
    assert_true(torture(make_both) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_open_a_group),
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(a_missing_argument_is_named),
        cmocka_unit_test(a_session_and_its_group_must_fit),
        cmocka_unit_test(options_that_know_no_group_have_none),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
