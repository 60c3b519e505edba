/* Whoever follows a run is told where it is, and can end it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>

#include <cmocka.h>

#include "learn/learn.h"
#include "support/refusal.h"

static bool note(const struct learn_progress *progress, void *user) {
    *(struct learn_progress *)user = *progress;
    return progress->done < 2;
}

static void progress_is_told_and_can_end_a_run(void **state) {
    (void)state;
    struct learn l;
    struct learn_progress last = {0};
    ingle_error err;
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 2, 7, NULL), INGLE_OK);
    assert_int_equal(learn_tell(&l, "alone", 0, 3, 0, 0, NULL), INGLE_OK);
    l.on_progress = note;
    l.user = &last;
    assert_int_equal(learn_tell(&l, "step", 0, 3, 1.0f, NAN, NULL), INGLE_OK);
    assert_true(isnan(last.left_s));
    assert_int_equal(learn_tell(&l, "step", 1, 3, 0.5f, 0.25f, NULL), INGLE_OK);
    assert_true(last.left_s >= 0 && last.elapsed_s >= 0);
    assert_string_equal(last.step, "step");
    assert_true(last.loss == 0.5f && last.score == 0.25f && last.total == 3);
    mark_error(&err);
    expect_refusal(learn_tell(&l, "step", 2, 3, 0, 0, &err), INGLE_CANCELLED, &err, "Interrupted");
    learn_clear(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_told_and_can_end_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
