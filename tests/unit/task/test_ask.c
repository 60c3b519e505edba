/* A question to a model and its answer, and what all tasks share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/chat_model.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "task/ask.h"

static ingle_tasks *tasks_of(const ingle_model *model) {
    static const ingle_session_options session = {
        .size = sizeof session, .n_ctx = 512, .n_threads = 1};
    ingle_tasks_options opt = ingle_tasks_options_default();
    opt.model = model;
    opt.session = &session;
    ingle_tasks *tasks;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    return tasks;
}

static void asks(ingle_tasks *tasks, const struct ask *q, struct buf *answer) {
    ingle_error err;
    ingle_stop_reason reason;
    if (ask_model(tasks, q, answer, &reason, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static void the_same_question_has_the_same_answer(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_tasks *tasks = tasks_of(model);
    struct ask q = {.system = "Be brief.", .text = "Hello there.", .len = 12, .max_tokens = 24};
    struct ask other = {.text = "Goodbye.", .len = 8, .max_tokens = 5};
    struct buf first, second, between;
    buf_init(&first, 65536);
    buf_init(&second, 65536);
    buf_init(&between, 65536);
    asks(tasks, &q, &first);
    asks(tasks, &other, &between);
    asks(tasks, &q, &second);
    assert_true(first.size > 0);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    size_t n, n_ctx;
    assert_int_equal(ask_count(tasks, &q, &n, &n_ctx, NULL), INGLE_OK);
    assert_int_equal(n_ctx, 512);
    assert_true(n > 12 && n < 512);
    buf_clear(&first);
    buf_clear(&second);
    buf_clear(&between);
    ingle_tasks_free(tasks);
    ingle_model_close(model);
}

static bool stop_at_once(const char *text, size_t len, void *user) {
    (void)text, (void)len;
    ++*(int *)user;
    return false;
}

static void who_listens_can_stop_it(void **state) {
    (void)state;
    ingle_model *model = chat_model(chat_family(0)->source, false);
    ingle_tasks *tasks = tasks_of(model);
    int n = 0;
    struct ask q = {.text = "x", .len = 1, .max_tokens = 50, .on_text = stop_at_once, .user = &n};
    ingle_error err;
    mark_error(&err);
    expect_refusal(ask_model(tasks, &q, NULL, NULL, &err), INGLE_CANCELLED, &err, "Interrupted");
    assert_int_equal(n, 1);
    ingle_tasks_cancel(tasks);
    expect_refusal(ask_model(tasks, &q, NULL, NULL, &err), INGLE_CANCELLED, &err, "Interrupted");
    assert_int_equal(n, 1);
    asks(tasks, &(struct ask){.text = "x", .len = 1, .max_tokens = 2},
         NULL); /* only the next one */
    ingle_tasks_free(tasks);
    ingle_model_close(model);
}

static void what_cannot_be_asked_is_told_so(void **state) {
    (void)state;
    ingle_error err;
    ingle_tasks *tasks;
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    struct ask q = {.text = "x", .len = 1, .max_tokens = 5};
    mark_error(&err);
    expect_refusal(ask_model(tasks, &q, NULL, NULL, &err), INGLE_NOT_FOUND, &err, "language model");
    ingle_tasks_free(tasks);

    ingle_model *model = chat_model(chat_family(0)->source, false);
    tasks = tasks_of(model);
    static char much[4000];
    memset(much, 'x', sizeof much);
    for (size_t i = 0; i < sizeof much; i += 2) much[i] = ' ';
    struct ask long_one = {.text = much, .len = sizeof much, .max_tokens = 5};
    expect_refusal(ask_model(tasks, &long_one, NULL, NULL, &err), INGLE_CONTEXT_FULL, &err, "512");
    ingle_tasks_free(tasks);
    ingle_model_close(model);

    ingle_tasks_options opt = ingle_tasks_options_default();
    opt.size = 3;
    expect_refusal(ingle_tasks_new(&tasks, &opt, &err), INGLE_BAD_ARGUMENT, &err,
                   "ingle_tasks_options");
    assert_null(tasks);
    expect_refusal(task_check_text("a\xff", 2, "The letter", &err), INGLE_INVALID, &err, "byte 1");
    expect_refusal(task_check_text("a\0b", 3, "The letter", &err), INGLE_INVALID, &err, "byte 1");
    assert_int_equal(task_check_text("", 0, "x", NULL), INGLE_OK);
}

static bool one_step(const ingle_progress *progress, void *user) {
    (void)progress, (void)user;
    return false;
}

static void progress_can_stop_a_task(void **state) {
    (void)state;
    ingle_tasks *tasks;
    ingle_error err;
    assert_int_equal(ingle_tasks_new(&tasks, NULL, NULL), INGLE_OK);
    assert_int_equal(task_progress(tasks, NULL, NULL, "a", 0, 1, NULL), INGLE_OK);
    mark_error(&err);
    expect_refusal(task_progress(tasks, one_step, NULL, "a", 0, 1, &err), INGLE_CANCELLED, &err,
                   "Interrupted");
    ingle_tasks_free(tasks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_question_has_the_same_answer),
        cmocka_unit_test(who_listens_can_stop_it),
        cmocka_unit_test(what_cannot_be_asked_is_told_so),
        cmocka_unit_test(progress_can_stop_a_task),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
