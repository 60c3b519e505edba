/* worker/serve: a request that is cancelled at any moment ends soon, and never the one after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "support/sanitized.h"
#include "support/serving.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_generate.h"

#define N (SANITIZED ? 60 : 400)

static struct serving served;
static struct buf body;

static ingle_status generate(int n_tokens, double after_ms) {
    struct msg_generate m = {.prompt = {"Once upon a time", 16},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = n_tokens,
                             .ignore_end = true,
                             .n_logprobs = -1};
    m.sampling.temperature = 0.0F;
    buf_reset(&body);
    assert_int_equal(wire_write(&body, msg_generate, &m, NULL), INGLE_OK);
    return serving_ask(&served, MSG_GENERATE, body.data, body.size, after_ms);
}

static ingle_status draft(int n_tokens, double after_ms) {
    struct msg_draft m = {.about = "the meeting is moved", .max_tokens = n_tokens};
    buf_reset(&body);
    assert_int_equal(wire_write(&body, msg_draft, &m, NULL), INGLE_OK);
    return serving_ask(&served, MSG_DRAFT, body.data, body.size, after_ms);
}

typedef ingle_status (*ask_fn)(int n_tokens, double after_ms);

/* About as long as a request takes, so that the cancel comes before, in and after its work. */
static double typical_ms(ask_fn ask) {
    double start = clock_ms();
    ingle_status status = ask(20, -1.0);
    assert_int_not_equal(status, INGLE_CANCELLED);
    return clock_ms() - start;
}

static void cancel_often(ask_fn ask) {
    struct rng rng;
    rng_init(&rng, 1);
    typical_ms(ask); /* the first one makes what all need */
    double ms = typical_ms(ask);
    ingle_status plain = ask(3, -1.0);
    size_t n = served.n_answers;
    assert_int_not_equal(plain, INGLE_CANCELLED);
    for (int i = 0; i < N; i++) {
        ingle_status status = ask(20, 1.5 * ms * rng_unit(&rng));
        assert_true(status == plain || status == INGLE_OK || status == INGLE_CANCELLED);
        assert_int_equal(ask(3, -1.0), plain);
        assert_int_equal(served.n_answers, n);
    }
}

static void a_text_that_is_cancelled_does_not_cancel_the_next(void **state) {
    (void)state;
    cancel_often(generate);
}

static void a_task_that_is_cancelled_does_not_cancel_the_next(void **state) {
    (void)state;
    cancel_often(draft);
}

static void a_full_session_can_be_cancelled_too(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        ingle_status status = generate(-1, 0.3 * i);
        assert_true(status == INGLE_OK || status == INGLE_CONTEXT_FULL ||
                    status == INGLE_CANCELLED);
        assert_int_equal(generate(3, -1.0), INGLE_OK);
    }
}

static int start(void **state) {
    (void)state;
    buf_init(&body, 1 << 16);
    return serving_start(&served, 256) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_is_cancelled_does_not_cancel_the_next),
        cmocka_unit_test(a_task_that_is_cancelled_does_not_cancel_the_next),
        cmocka_unit_test(a_full_session_can_be_cancelled_too),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
