/* What watches over an answer: the end of a run-away one, and the probabilities of its tokens. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/run/loop.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/folder.h"

#define END 257
#define N_VOCAB 320
#define N_CTX 3000
#define PROMPT 3

static ingle_model *model; /* a token for every byte */

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    model = fixture_model(&(struct make_model_spec){.n_layer = 1, .seed = 3}, NULL);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static ingle_session *begin(int n_threads) {
    ingle_session *s = fixture_session(
        model, (struct fixture_session){.n_ctx = N_CTX, .n_batch = 16, .n_threads = n_threads});
    fixture_eval(s, (const ingle_token[PROMPT]){1, 2, 3}, PROMPT);
    return s;
}

static void answer_with(struct answer *a, const char *allowed, uint64_t seed,
                        const ingle_generate_options *options) {
    ingle_session *s = begin(1);
    ingle_sampler *sampler = answer_sampler(model, allowed, seed);
    answer_generate(a, s, sampler, options);
    assert_int_equal(a->status, INGLE_OK);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

/* ---- loops ---- */

static void a_run_away_answer_is_ended_and_says_so(void **state) {
    (void)state;
    ingle_generate_options options = ingle_generate_options_default();
    assert_true(options.stop_loops);
    for (int draft = 0; draft <= 7; draft += 7) {
        struct answer a;
        options.max_draft = draft;
        answer_with(&a, "a", 1, &options);
        assert_int_equal(a.result.reason, INGLE_STOP_LOOP);
        assert_in_range(a.result.n_tokens, LOOP_REPEATED_POOR, LOOP_REPEATED_POOR + LOOP_EVERY + 2);
        assert_int_equal(a.len, a.result.n_tokens); /* all of its text arrived */
        assert_int_equal(a.result.last, 'a');
    }
}

static void a_loop_may_be_let_go_on(void **state) {
    (void)state;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 1500;
    struct answer a;
    options.stop_loops = false;
    answer_with(&a, "a", 1, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.result.n_tokens, 1500);
    options.stop_loops = true;
    options.ignore_end = true;
    answer_with(&a, "a", 1, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    assert_int_equal(a.result.n_tokens, 1500);
}

static void an_answer_that_varies_is_no_loop(void **state) {
    (void)state;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 2500;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct answer a;
        answer_with(&a, "abcdefgh", seed, &options);
        assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
    }
}

/* What the prompt repeats, and the answer before, is no fault of this one. */
static void every_answer_is_looked_at_for_itself(void **state) {
    (void)state;
    ingle_session *s = begin(1);
    ingle_sampler *sampler = answer_sampler(model, "a", 1);
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = LOOP_REPEATED_POOR - 10;
    for (int i = 0; i < 2; i++) {
        struct answer a;
        answer_generate(&a, s, sampler, &options);
        assert_int_equal(a.status, INGLE_OK);
        assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
        fixture_eval(s, &a.result.last, 1);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void a_loop_that_also_reaches_the_length_ends_by_its_length(void **state) {
    (void)state;
    struct answer a;
    answer_with(&a, "a", 1, NULL);
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = a.result.n_tokens;
    answer_with(&a, "a", 1, &options);
    assert_int_equal(a.result.reason, INGLE_STOP_LENGTH);
}

/* ---- probabilities ---- */

#define MAX_REPORTS 200
#define N_TOP 5

struct reports {
    ingle_session *session;
    int n, stop_at;
    uint64_t n_allocs;
    ingle_token tokens[MAX_REPORTS];
    size_t n_text[MAX_REPORTS]; /* text that had arrived before */
    size_t len;
};

static double log_sum_exp(const float *logits) {
    double greatest = -INFINITY, sum = 0;
    for (int i = 0; i < N_VOCAB; i++) {
        if ((double)logits[i] > greatest) greatest = (double)logits[i];
    }
    for (int i = 0; i < N_VOCAB; i++) sum += exp((double)logits[i] - greatest);
    return greatest + log(sum);
}

/* The session's logits are still those that the token was chosen from. */
static bool take_report(const ingle_token_report *report, void *user) {
    struct reports *r = user;
    assert_in_range(r->n, 0, MAX_REPORTS - 1);
    r->tokens[r->n] = report->token;
    r->n_text[r->n++] = r->len;
    const float *logits = ingle_session_logits(r->session);
    double log_sum = log_sum_exp(logits);
    double wanted = (double)logits[report->token] - log_sum;
    assert_true(fabs((double)report->logprob - wanted) < 1e-5);
    assert_true(report->n_top <= N_TOP);
    for (size_t i = 0; i < report->n_top; i++) {
        const ingle_token_logprob *t = &report->top[i];
        assert_true(fabs((double)t->logprob - ((double)logits[t->token] - log_sum)) < 1e-5);
        int n_better = 0;
        for (int k = 0; k < N_VOCAB; k++) n_better += logits[k] > logits[t->token];
        assert_in_range(n_better, 0, i);
    }
    if (r->n == 1) r->n_allocs = mem_count();
    assert_int_equal(mem_count(), r->n_allocs);
    return r->n != r->stop_at;
}

static bool take_text(const char *text, size_t len, void *user) {
    (void)text;
    ((struct reports *)user)->len += len;
    return true;
}

static void report_answer(struct reports *r, ingle_session *s, const char *allowed, uint64_t seed,
                          ingle_generate_options *options, ingle_generate_result *result) {
    r->session = s;
    options->on_token = take_report;
    options->on_text = take_text;
    options->user = r;
    ingle_sampler *sampler = answer_sampler(model, allowed, seed);
    assert_int_equal(ingle_session_generate(s, sampler, options, result, NULL), INGLE_OK);
    ingle_sampler_free(sampler);
}

static void every_token_comes_with_its_probability_under_the_model(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        ingle_session *s = begin(1);
        struct reports r = {0};
        ingle_generate_options options = ingle_generate_options_default();
        options.max_tokens = 150;
        options.n_top = N_TOP;
        ingle_generate_result result;
        report_answer(&r, s, "abc" ANSWER_END, seed, &options, &result);
        assert_int_equal(r.n, result.n_tokens);
        assert_int_equal(r.tokens[r.n - 1], result.last);               /* the end token too */
        for (int i = 0; i < r.n; i++) assert_int_equal(r.n_text[i], i); /* each before its text */
        ingle_session_free(s);
    }
}

/* The chances are those without the bias by which the sampler may only say "a". */
static void what_the_sampler_does_changes_no_probability(void **state) {
    (void)state;
    ingle_session *s = begin(1);
    struct reports r = {0};
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 20;
    options.n_top = N_TOP;
    ingle_generate_result result;
    report_answer(&r, s, "a", 1, &options, &result);
    assert_int_equal(r.n, 20);
    ingle_session_free(s);
}

static bool expect_two_shares(const ingle_token_report *report, void *user) {
    assert_int_equal(report->n_top, 2);
    double sum = 0;
    for (int i = 0; i < 2; i++) sum += exp((double)report->top[i].logprob);
    assert_true(fabs(sum - 1) < 1e-6);
    assert_true(report->token == 'x' || report->token == 'y');
    ++*(int *)user;
    return true;
}

static void tokens_that_are_not_allowed_have_no_share(void **state) {
    (void)state;
    ingle_session *s = begin(1);
    static const ingle_token allowed[] = {'x', 'y'};
    assert_int_equal(ingle_session_allow(s, allowed, 2, NULL), INGLE_OK);
    fixture_eval(s, (const ingle_token[]){4}, 1);
    int n = 0;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 30;
    options.n_top = INGLE_TOP_MAX;
    options.on_token = expect_two_shares;
    options.user = &n;
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(s, sampler, &options, &result, NULL), INGLE_OK);
    assert_int_equal(n, 30);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

static void who_takes_the_tokens_may_end_the_answer(void **state) {
    (void)state;
    ingle_session *s = begin(1);
    struct reports r = {.stop_at = 7};
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 50;
    ingle_generate_result result;
    report_answer(&r, s, "abc", 1, &options, &result);
    assert_int_equal(result.reason, INGLE_STOP_CANCEL);
    assert_int_equal(r.n, 7);
    assert_int_equal(result.n_tokens, 7);
    assert_int_equal(r.len, 6);
    ingle_session_free(s);
}

static void more_likeliest_tokens_than_there_may_be_are_refused(void **state) {
    (void)state;
    ingle_session *s = begin(1);
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    static const int wrong[] = {-1, INGLE_TOP_MAX + 1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_generate_options options = ingle_generate_options_default();
        options.n_top = wrong[i];
        ingle_generate_result result;
        ingle_error err = {0};
        expect_refusal(ingle_session_generate(s, sampler, &options, &result, &err),
                       INGLE_BAD_ARGUMENT, &err, "n_top is");
        assert_int_equal(ingle_session_n_tokens(s), PROMPT);
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

/* ---- control tokens ---- */

#define CONTROL 256

static void control_tokens_are_text_only_where_they_are_asked_for(void **state) {
    (void)state;
    const ingle_token asked_for[] = {5, CONTROL};
    ingle_logit_bias bias[] = {{'a', 1000}, {CONTROL, 1000}};
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.logit_bias = bias;
    sampling.n_logit_bias = 2;
    sampling.temperature = 9;
    for (size_t n = 0; n <= 2; n++) {
        ingle_session *s = begin(1);
        ingle_sampler *sampler = fixture_sampler(model, &sampling);
        ingle_generate_options options = ingle_generate_options_default();
        options.max_tokens = 60;
        options.control_text = asked_for;
        options.n_control_text = n;
        struct answer a;
        answer_generate(&a, s, sampler, &options);
        assert_int_equal(a.status, INGLE_OK);
        assert_non_null(strstr(a.text, "a"));
        assert_int_equal(strstr(a.text, "<|256|>") != NULL, n == 2);
        assert_int_equal(strspn(a.text, n == 2 ? "a<|256>" : "a"), a.len);
        ingle_sampler_free(sampler);
        ingle_session_free(s);
    }
}

/* ---- seeds ---- */

static void a_seed_replays_for_any_threads_guesses_and_reports(void **state) {
    (void)state;
    const char *tier;
    ingle_model *best = model;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        const struct make_model_spec spec = {.type = "q8_0", .seed = 5};
        model = fixture_open(fixture_write("replay.gguf", &spec), tier);
        struct answer first, a;
        ingle_generate_options options = ingle_generate_options_default();
        options.max_tokens = 120;
        options.max_draft = 0;
        answer_with(&first, "abcdefgh", 11, &options);
        static const int threads[] = {1, 2, 3, 7};
        for (size_t k = 0; k < BASE_COUNT(threads); k++) {
            options.max_draft = k % 2 ? 7 : 0;
            ingle_session *s = begin(threads[k]);
            ingle_sampler *sampler = answer_sampler(model, "abcdefgh", 11);
            answer_generate(&a, s, sampler, &options);
            assert_string_equal(a.text, first.text);
            ingle_sampler_free(sampler);
            ingle_session_free(s);
        }
        ingle_model_close(model);
    }
    model = best;
}

static void a_seed_replays_in_a_session_whose_answer_was_cancelled(void **state) {
    (void)state;
    struct answer first, a;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = 100;
    answer_with(&first, "abcdefgh", 3, &options);
    ingle_session *s = begin(1);
    for (int n = 1; n < 60; n += 13) {
        ingle_sampler *sampler = answer_sampler(model, "abcdefgh", 3);
        answer_until(&a, s, sampler, &options, n);
        assert_int_equal(a.result.reason, INGLE_STOP_CANCEL);
        assert_memory_equal(a.text, first.text, a.len);
        ingle_sampler_free(sampler);
        const ingle_token prompt[PROMPT] = {1, 2, 3};
        fixture_prompt(s, prompt, PROMPT, 0);
    }
    ingle_sampler *sampler = answer_sampler(model, "abcdefgh", 3);
    answer_generate(&a, s, sampler, &options);
    assert_string_equal(a.text, first.text);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_away_answer_is_ended_and_says_so),
        cmocka_unit_test(a_loop_may_be_let_go_on),
        cmocka_unit_test(an_answer_that_varies_is_no_loop),
        cmocka_unit_test(every_answer_is_looked_at_for_itself),
        cmocka_unit_test(a_loop_that_also_reaches_the_length_ends_by_its_length),
        cmocka_unit_test(every_token_comes_with_its_probability_under_the_model),
        cmocka_unit_test(what_the_sampler_does_changes_no_probability),
        cmocka_unit_test(tokens_that_are_not_allowed_have_no_share),
        cmocka_unit_test(who_takes_the_tokens_may_end_the_answer),
        cmocka_unit_test(more_likeliest_tokens_than_there_may_be_are_refused),
        cmocka_unit_test(control_tokens_are_text_only_where_they_are_asked_for),
        cmocka_unit_test(a_seed_replays_for_any_threads_guesses_and_reports),
        cmocka_unit_test(a_seed_replays_in_a_session_whose_answer_was_cancelled),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
