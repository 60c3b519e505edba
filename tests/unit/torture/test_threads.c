/* Threads that cannot be started: LIMIT, and nothing is left of those that could. The address space
 * is limited so that no more stacks fit, which the sanitizers do not survive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/sanitized.h"

#define MANY 200 /* threads, each with a stack of some MiB */

static struct rlimit unlimited;

/* Leaves room for so many bytes. */
static void limit_room(size_t room) {
    assert_int_equal(getrlimit(RLIMIT_AS, &unlimited), 0);
    const struct rlimit limit = {.rlim_cur = process_memory().reserved + room,
                                 .rlim_max = unlimited.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void lift_limit(void) {
    assert_int_equal(setrlimit(RLIMIT_AS, &unlimited), 0);
}

static void a_team_that_cannot_be_complete_is_refused_and_sent_home(void **state) {
    (void)state;
    if (SANITIZED) skip();
    uint64_t live = mem_live();
    struct pool *pool = (struct pool *)state;
    ingle_error err = {0};
    limit_room((size_t)64 << 20);
    ingle_status status = pool_new(&pool, MANY, &err);
    lift_limit();
    expect_refusal(status, INGLE_LIMIT, &err, "of 200: ");
    assert_non_null(strstr(err.msg, "Cannot start thread"));
    assert_null(pool);
    assert_int_equal(process_n_threads(1), 1);
    assert_int_equal(mem_live(), live);
}

static void a_session_and_a_model_say_so_too(void **state) {
    (void)state;
    if (SANITIZED) skip();
    char path[128];
    snprintf(path, sizeof path, "%s",
             fixture_write("tiny.gguf", &(struct make_model_spec){.n_layer = 1}));
    ingle_model *model = fixture_open(path, NULL), *other = model;
    uint64_t live = mem_live();
    ingle_session *session = (ingle_session *)state;
    ingle_session_options options = ingle_session_options_default();
    options.n_threads = MANY;
    ingle_model_options model_options = ingle_model_options_default();
    model_options.n_threads = MANY;
    ingle_error err = {0}, model_err = {0};
    limit_room((size_t)256 << 20);
    ingle_status status = ingle_session_new(&session, model, &options, &err);
    ingle_status model_status = ingle_model_open(&other, path, &model_options, &model_err);
    lift_limit();
    expect_refusal(status, INGLE_LIMIT, &err, "Cannot start thread");
    expect_refusal(model_status, INGLE_LIMIT, &model_err, "Cannot start thread");
    assert_null(session);
    assert_null(other);
    assert_int_equal(process_n_threads(1), 1);
    assert_int_equal(mem_live(), live);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_team_that_cannot_be_complete_is_refused_and_sent_home),
        cmocka_unit_test(a_session_and_a_model_say_so_too),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
