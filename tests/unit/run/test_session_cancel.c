/* Cancelling a session: from its own thread, another one and a signal handler, before and during
 * eval and generate. */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB 320
#define N_TOKENS 2000
#define N_WANTED 3     /* cancellations in the midst of an eval that a test must have seen */
#define MAX_ROUNDS 400 /* ... within so many tries */

static ingle_token tokens[N_TOKENS];
static ingle_model *model;
static float undisturbed[N_TOKENS * N_VOCAB]; /* logits after each token */
static uint32_t duration;                     /* of that, in nanoseconds */

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 11);
    model = fixture_model(&(struct make_model_spec){.n_layer = 4, .n_ctx_train = N_TOKENS}, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 64});
    uint64_t start = clock_ns();
    ingle_status status = ingle_session_eval(s, tokens, N_TOKENS, undisturbed, NULL);
    uint64_t taken = clock_ns() - start;
    duration = taken < 900000000 ? (uint32_t)taken : 900000000;
    ingle_session_free(s);
    return status == INGLE_OK ? 0 : -1;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

/* Goes on for a few tokens from wherever the session is. */
static void expect_the_same_bits(ingle_session *s) {
    for (int i = 0; i < 3; i++) {
        int at = ingle_session_n_tokens(s);
        if (at == N_TOKENS) return;
        fixture_eval(s, tokens + at, 1);
        assert_memory_equal(ingle_session_logits(s), undisturbed + at * N_VOCAB,
                            N_VOCAB * sizeof *undisturbed);
    }
}

/* Evaluates all tokens from the start. True if that was cancelled with some of them done. */
static bool is_stopped_in_the_midst(ingle_session *s) {
    ingle_error err = {0};
    assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
    ingle_status status = ingle_session_eval(s, tokens, N_TOKENS, NULL, &err);
    int n = ingle_session_n_tokens(s);
    if (status == INGLE_OK) {
        assert_int_equal(n, N_TOKENS);
        return false;
    }
    expect_refusal(status, INGLE_CANCELLED, &err, "Cancelled after");
    assert_in_range(n, 0, N_TOKENS - 1);
    assert_null(ingle_session_logits(s));
    return n > 0;
}

/* A cancellation that came too late is that of the next eval. */
static void forget_late_cancels(ingle_session *s) {
    assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
    (void)!ingle_session_eval(s, tokens, 1, NULL, NULL);
    assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
}

static void a_cancel_ahead_stops_the_next_eval_and_only_that(void **state) {
    (void)state;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 8});
    fixture_eval(s, tokens, 20);
    ingle_session_cancel(s);
    ingle_session_cancel(s);
    ingle_error err = {0};
    expect_refusal(ingle_session_eval(s, tokens + 20, 50, NULL, &err), INGLE_CANCELLED, &err,
                   "Cancelled after 20 tokens");
    assert_int_equal(ingle_session_n_tokens(s), 20);
    expect_the_same_bits(s);
    ingle_session_free(s);
    ingle_session_cancel(NULL);
}

/* ---- another thread ---- */

struct canceller {
    ingle_session *session;
    long delay_ns;
    atomic_bool go;
    pthread_t thread;
};

static void *cancel_later(void *arg) {
    struct canceller *c = arg;
    while (!atomic_load(&c->go)) sched_yield();
    nanosleep(&(struct timespec){.tv_nsec = c->delay_ns}, NULL);
    ingle_session_cancel(c->session);
    return NULL;
}

/* The thread of *c cancels after some part of the time that an eval takes. */
static void start(struct canceller *c, ingle_session *s, struct rng *rng) {
    *c = (struct canceller){.session = s, .delay_ns = rng_below(rng, duration / 2 + 1)};
    assert_int_equal(pthread_create(&c->thread, NULL, cancel_later, c), 0);
    atomic_store(&c->go, true);
}

static void another_thread_stops_an_eval_at_a_whole_number_of_tokens(void **state) {
    (void)state;
    static const struct fixture_session options[] = {
        {.n_batch = 1}, {.n_batch = 7, .n_threads = 2}, {.n_batch = 64}};
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t i = 0; i < BASE_COUNT(options); i++) {
        ingle_session *s = fixture_session(model, options[i]);
        int n_midst = 0;
        for (int round = 0; round < MAX_ROUNDS && n_midst < N_WANTED; round++) {
            struct canceller c;
            start(&c, s, &rng);
            n_midst += is_stopped_in_the_midst(s);
            assert_int_equal(pthread_join(c.thread, NULL), 0);
            if (ingle_session_n_tokens(s) < N_TOKENS) expect_the_same_bits(s);
            forget_late_cancels(s);
        }
        assert_true(n_midst >= N_WANTED);
        ingle_session_free(s);
    }
}

/* A pass looks at the flag in every layer: one of all tokens is given up, not finished. */
static void a_large_batch_is_left_in_its_midst(void **state) {
    (void)state;
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = N_TOKENS});
    struct rng rng;
    rng_init(&rng, 3);
    int n_midst = 0;
    for (int round = 0; round < MAX_ROUNDS && n_midst < N_WANTED; round++) {
        struct canceller c;
        uint64_t begin = clock_ns();
        start(&c, s, &rng);
        bool is_stopped = is_stopped_in_the_midst(s);
        uint64_t taken = clock_ns() - begin;
        assert_int_equal(pthread_join(c.thread, NULL), 0);
        assert_false(is_stopped); /* all or none */
        /* What it takes when nothing else holds it up. */
        if (ingle_session_n_tokens(s) == N_TOKENS && taken < duration) duration = (uint32_t)taken;
        /* It had begun, unless nothing at all was done. */
        n_midst += ingle_session_n_tokens(s) == 0 && taken > duration / 8;
        if (ingle_session_n_tokens(s) == 0) expect_the_same_bits(s);
        forget_late_cancels(s);
    }
    assert_true(n_midst >= N_WANTED);
    ingle_session_free(s);
}

/* ---- a signal handler ---- */

static ingle_session *volatile interrupted;

static void on_alarm(int number) {
    (void)number;
    ingle_session_cancel(interrupted);
}

static void ring_after(int microseconds) {
    const struct itimerval once = {.it_value = {.tv_usec = microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &once, NULL), 0);
}

static void a_signal_handler_stops_an_eval_too(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 4});
    interrupted = s;
    struct rng rng;
    rng_init(&rng, 2);
    int n_midst = 0;
    for (int round = 0; round < MAX_ROUNDS && n_midst < N_WANTED; round++) {
        ring_after(1 + (int)rng_below(&rng, duration / 2000 + 1));
        n_midst += is_stopped_in_the_midst(s);
        ring_after(0);
        if (ingle_session_n_tokens(s) < N_TOKENS) expect_the_same_bits(s);
        forget_late_cancels(s);
    }
    assert_true(n_midst >= N_WANTED);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    ingle_session_free(s);
}

/* ---- generating ---- */

struct story {
    ingle_session *session;
    int n_pieces, cancel_at;
    char text[4096];
    size_t len;
};

static bool write_down(const char *text, size_t len, void *user) {
    struct story *story = user;
    assert_true(story->len + len < sizeof story->text);
    memcpy(story->text + story->len, text, len);
    story->len += len;
    if (++story->n_pieces == story->cancel_at) ingle_session_cancel(story->session);
    return true;
}

/* Letters only, so that each token is a piece of text. */
static ingle_sampler *letters(void) {
    ingle_logit_bias bias[N_VOCAB];
    for (int i = 0; i < N_VOCAB; i++) {
        bias[i] = (ingle_logit_bias){i, i >= 'a' && i <= 'z' ? 0 : -INFINITY};
    }
    ingle_sampling_options options = ingle_sampling_options_default();
    options.logit_bias = bias;
    options.n_logit_bias = N_VOCAB;
    return fixture_sampler(model, &options);
}

/* Generates until n tokens are there, going on after each cancellation from the last token. */
static void tell(struct story *story, int n) {
    ingle_sampler *sampler = letters();
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 8});
    fixture_eval(s, tokens, 10);
    story->session = s;
    ingle_generate_options options = ingle_generate_options_default();
    options.on_text = write_down;
    options.user = story;
    int left = n;
    while (left > 0) {
        options.max_tokens = left;
        ingle_generate_result result;
        ingle_error err = {.code = INGLE_LIMIT, .msg = "untouched"};
        assert_int_equal(ingle_session_generate(s, sampler, &options, &result, &err), INGLE_OK);
        assert_string_equal(err.msg, "untouched");
        assert_int_equal(err.code, INGLE_LIMIT);
        left -= result.n_tokens;
        assert_int_equal(result.reason, left ? INGLE_STOP_CANCEL : INGLE_STOP_LENGTH);
        assert_int_equal(ingle_session_n_tokens(s), 10 + n - left - 1);
        assert_null(left ? ingle_session_logits(s) : NULL);
        fixture_eval(s, &result.last, 1);
    }
    ingle_session_free(s);
    ingle_sampler_free(sampler);
}

static void a_cancelled_answer_goes_on_with_the_same_text(void **state) {
    (void)state;
    static struct story whole, cut;
    tell(&whole, 60);
    assert_int_equal(whole.len, 60);
    for (int at = 1; at < 60; at += 13) {
        cut = (struct story){.cancel_at = at};
        tell(&cut, 60);
        assert_int_equal(cut.len, whole.len);
        assert_memory_equal(cut.text, whole.text, whole.len);
    }
}

static void a_cancel_ahead_ends_the_next_answer_within_one_token(void **state) {
    (void)state;
    ingle_sampler *sampler = letters();
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 8});
    fixture_eval(s, tokens, 10);
    ingle_session_cancel(s);
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(s, sampler, NULL, &result, NULL), INGLE_OK);
    assert_int_equal(result.reason, INGLE_STOP_CANCEL);
    assert_in_range(result.n_tokens, 0, 1);
    assert_int_equal(ingle_session_n_tokens(s), 10);
    ingle_session_free(s);
    ingle_sampler_free(sampler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancel_ahead_stops_the_next_eval_and_only_that),
        cmocka_unit_test(another_thread_stops_an_eval_at_a_whole_number_of_tokens),
        cmocka_unit_test(a_large_batch_is_left_in_its_midst),
        cmocka_unit_test(a_signal_handler_stops_an_eval_too),
        cmocka_unit_test(a_cancelled_answer_goes_on_with_the_same_text),
        cmocka_unit_test(a_cancel_ahead_ends_the_next_answer_within_one_token),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
