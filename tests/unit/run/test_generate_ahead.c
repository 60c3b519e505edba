/* Guessing ahead changes no answer: whatever the sampler, the options and the end, all that can be
 * seen of an answer, while it is made and after, is that of one made token by token. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/api/api.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB 320
#define END 257
#define MAX_PROMPT 24
#define MAX_CALLS 256
#define MAX_TEXT 2048

/* Everything that may differ between two answers, drawn at random. */
struct plan {
    ingle_token prompt[MAX_PROMPT];
    size_t n_prompt;
    int n_ctx, n_batch, n_threads;
    ingle_kv_type kv_type;
    ingle_sampling_options sampling;
    ingle_logit_bias bias[N_VOCAB];
    ingle_generate_options options;
    const char *stops[2];
    int end_at, cancel_at; /* the call of on_text in which that happens; 0 = never */
    int always;            /* guesses a pass */
    bool in_batch;         /* the last token is entered by a batch of both sessions */
    bool is_restricted;    /* after the first answer, few tokens are allowed */
    int n_keep;            /* of 8 parts: what is kept of the session afterwards */
};

/* What can be seen of an answer. */
struct seen {
    ingle_session *session;
    const struct plan *plan;
    char text[MAX_TEXT];
    size_t len;
    int n_calls;
    struct {
        size_t len; /* of the text so far */
        int n_tokens;
        float logit;
    } calls[MAX_CALLS];
    ingle_status status;
    ingle_error err;
    ingle_generate_result result;
    bool ended_ahead; /* within a pass that had gone ahead */
};

static bool take_text(const char *text, size_t len, void *user) {
    struct seen *a = user;
    assert_true(a->len + len < sizeof a->text && a->n_calls < MAX_CALLS);
    memcpy(a->text + a->len, text, len);
    a->len += len;
    const float *logits = ingle_session_logits(a->session);
    a->calls[a->n_calls].len = a->len;
    a->calls[a->n_calls].n_tokens = ingle_session_n_tokens(a->session);
    a->calls[a->n_calls].logit = logits ? logits[a->n_calls % N_VOCAB] : 0;
    a->n_calls++;
    if (a->n_calls == a->plan->cancel_at) ingle_session_cancel(a->session);
    return a->n_calls != a->plan->end_at;
}

static void answer(struct seen *a, ingle_session *s, const struct plan *plan, bool guesses,
                   ingle_sampler *sampler) {
    *a = (struct seen){.session = s, .plan = plan};
    ingle_generate_options options = plan->options;
    options.stops = plan->stops;
    options.on_text = take_text;
    options.user = a;
    options.max_draft = guesses ? DRAFT_MAX : 0;
    s->core.gate.always = plan->always;
    a->status = ingle_session_generate(s, sampler, &options, &a->result, &a->err);
    /* Upon a token that was guessed right; what ends an answer by its length is not guessed, but
     * may have been chosen after one that was. */
    const struct session *core = &s->core;
    bool is_length = a->status != INGLE_OK || a->result.reason == INGLE_STOP_LENGTH;
    bool is_guess = core->n_ahead > 0 && core->tokens[core->n_tokens] == a->result.last;
    a->ended_ahead = is_length ? core->logits > core->rows : is_guess;
}

static void expect_same_session(const ingle_session *a, const ingle_session *b) {
    assert_int_equal(ingle_session_n_tokens(a), ingle_session_n_tokens(b));
    size_t n = (size_t)ingle_session_n_tokens(a);
    assert_memory_equal(a->core.tokens, b->core.tokens, n * sizeof(int32_t));
    assert_int_equal(a->core.first_text, b->core.first_text);
    const float *x = ingle_session_logits(a), *y = ingle_session_logits(b);
    assert_int_equal(!x, !y);
    if (x) assert_memory_equal(x, y, N_VOCAB * sizeof *x);
}

static void expect_same_answer(const struct seen *a, const struct seen *b) {
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->n_calls, b->n_calls);
    for (int i = 0; i < a->n_calls; i++) {
        assert_int_equal(a->calls[i].len, b->calls[i].len);
        assert_int_equal(a->calls[i].n_tokens, b->calls[i].n_tokens);
        assert_memory_equal(&a->calls[i].logit, &b->calls[i].logit, sizeof(float));
    }
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->err.msg, b->err.msg);
    assert_int_equal(a->result.reason, b->result.reason);
    assert_int_equal(a->result.n_tokens, b->result.n_tokens);
    assert_int_equal(a->result.last, b->result.last);
}

/* ---- plans ---- */

static bool coin(struct rng *rng, uint32_t one_in) {
    return rng_below(rng, one_in) == 0;
}

/* Few tokens, so that texts repeat themselves. */
static void plan_sampling(struct plan *p, struct rng *rng) {
    static const unsigned char letters[] = "abcdefgh";
    int n_letters = 1 + (int)rng_below(rng, 8);
    for (int i = 0; i < N_VOCAB; i++) p->bias[i] = (ingle_logit_bias){i, -INFINITY};
    for (int i = 0; i < n_letters; i++) p->bias[letters[i]].bias = 0;
    if (coin(rng, 2)) p->bias[END].bias = (float)rng_below(rng, 6) - 2;
    p->sampling = ingle_sampling_options_default();
    p->sampling.logit_bias = p->bias;
    p->sampling.n_logit_bias = N_VOCAB;
    p->sampling.seed = rng_u32(rng);
    p->sampling.temperature = coin(rng, 3) ? 0 : 0.3f + (float)rng_unit(rng);
    if (coin(rng, 2)) p->sampling.top_k = (int)rng_below(rng, 5);
    if (coin(rng, 4)) p->sampling.typical_p = 0.8f;
    if (coin(rng, 4)) p->sampling.repetition_penalty = 1.1f;
    if (coin(rng, 4)) p->sampling.frequency_penalty = 0.1f;
    if (coin(rng, 4)) p->sampling.presence_penalty = 0.2f;
    if (coin(rng, 2)) p->sampling.penalty_last_n = (int)rng_below(rng, 20) - 1;
    if (coin(rng, 4)) p->sampling.dry_multiplier = 0.3f;
    for (size_t i = 0; i < p->n_prompt; i++) {
        p->prompt[i] = letters[rng_below(rng, (uint32_t)n_letters)];
    }
}

static void make_plan(struct plan *p, uint64_t seed) {
    static const char *const stops[] = {"abab", "cc", "ba", "aaaaaaaaa", "hgf", "b"};
    struct rng rng;
    rng_init(&rng, seed);
    *p = (struct plan){.n_prompt = 1 + rng_below(&rng, MAX_PROMPT)};
    plan_sampling(p, &rng);
    p->n_ctx = coin(&rng, 3) ? (int)p->n_prompt + 1 + (int)rng_below(&rng, 40) : 300;
    p->n_batch = coin(&rng, 6) ? 1 + (int)rng_below(&rng, 4) : 16;
    p->kv_type = (ingle_kv_type)rng_below(&rng, 3);
    p->n_threads = 1;
    p->options = ingle_generate_options_default();
    p->options.max_tokens = coin(&rng, 5) && p->n_ctx < 300 ? -1 : 1 + (int)rng_below(&rng, 90);
    p->options.ignore_end = coin(&rng, 3);
    p->options.n_stops = rng_below(&rng, 3);
    for (int i = 0; i < 2; i++) p->stops[i] = stops[rng_below(&rng, BASE_COUNT(stops))];
    if (coin(&rng, 5)) p->end_at = 1 + (int)rng_below(&rng, 40);
    if (coin(&rng, 5)) p->cancel_at = 1 + (int)rng_below(&rng, 40);
    p->always = 1 + (int)rng_below(&rng, DRAFT_MAX);
    p->in_batch = coin(&rng, 4);
    p->is_restricted = coin(&rng, 6);
    p->n_keep = (int)rng_below(&rng, 9);
}

/* ---- the comparison ---- */

enum { N_REASONS = INGLE_STOP_CANCEL + 1, FULL = N_REASONS, N_ENDS };

struct totals {
    int drafted, accepted;
    int ends[N_ENDS]; /* answers that ended ahead, by reason */
};

static void count(struct totals *t, const struct seen *a) {
    assert_in_range(a->result.n_accepted, 0, a->result.n_drafted);
    t->drafted += a->result.n_drafted;
    t->accepted += a->result.n_accepted;
    if (a->ended_ahead) t->ends[a->status == INGLE_OK ? (int)a->result.reason : FULL]++;
}

static void both_eval(ingle_session *const s[2], const ingle_token *tokens, size_t n) {
    for (int i = 0; i < 2; i++) {
        (void)!ingle_session_eval(s[i], tokens, n, NULL, NULL); /* may be full: both, then */
    }
    expect_same_session(s[0], s[1]);
}

/* An answer, and what follows it: the next part, other tokens, another answer in their place. */
static void compare(const ingle_model *model, const struct plan *p, struct totals *totals) {
    ingle_session *s[2];
    ingle_sampler *sampler[2];
    static struct seen a[2];
    for (int i = 0; i < 2; i++) {
        s[i] = fixture_session(model, (struct fixture_session){.n_ctx = p->n_ctx,
                                                               .n_batch = p->n_batch,
                                                               .n_threads = p->n_threads,
                                                               .kv_type = p->kv_type});
        sampler[i] = fixture_sampler(model, &p->sampling);
    }
    both_eval(s, p->prompt, p->n_prompt);
    for (int round = 0; round < 3; round++) {
        if (!ingle_session_logits(s[0])) break; /* nothing follows a full context */
        for (int i = 0; i < 2; i++) answer(&a[i], s[i], p, i == 1, sampler[i]);
        expect_same_answer(&a[0], &a[1]);
        expect_same_session(s[0], s[1]);
        assert_int_equal(a[0].result.n_drafted, 0);
        count(totals, &a[1]);
        if (round == 1) {
            int n_keep = ingle_session_n_tokens(s[0]) * p->n_keep / 8;
            for (int i = 0; i < 2; i++) {
                assert_int_equal(ingle_session_truncate(s[i], n_keep, NULL), INGLE_OK);
            }
            both_eval(s, p->prompt, p->n_prompt / 2 + 1);
        }
        if (p->in_batch) {
            const ingle_token *last = &a[0].result.last;
            const ingle_batch_item items[2] = {{s[0], last, 1}, {s[1], last, 1}};
            (void)!ingle_session_eval_batch(items, 2, NULL); /* may be full: both, then */
            expect_same_session(s[0], s[1]);
        } else {
            both_eval(s, &a[0].result.last, 1);
        }
        if (round == 0 && p->is_restricted) {
            static const ingle_token letters[] = {'a', 'b', 'd'};
            for (int i = 0; i < 2; i++) {
                assert_int_equal(ingle_session_allow(s[i], letters, 3, NULL), INGLE_OK);
            }
            both_eval(s, letters, 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        ingle_sampler_free(sampler[i]);
        ingle_session_free(s[i]);
    }
}

static void no_answer_depends_on_guesses(void **state) {
    (void)state;
    struct totals totals = {0};
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_model(
            &(struct make_model_spec){.n_layer = 1, .seed = 3, .type = i % 2 ? "q8_0" : "f16"},
            tier);
        for (uint64_t seed = 1; seed <= (i ? 300 : 60); seed++) {
            struct plan plan;
            make_plan(&plan, seed + 1000 * i);
            compare(model, &plan, &totals);
        }
        ingle_model_close(model);
    }
    /* There were guesses of both kinds, and every kind of end among them. */
    assert_true(totals.accepted > 1000 && totals.drafted > totals.accepted + 1000);
    for (int i = 0; i < N_ENDS; i++) assert_true(totals.ends[i] > 0);
}

static void nor_does_it_for_several_threads(void **state) {
    (void)state;
    struct totals totals = {0};
    ingle_model *model =
        fixture_model(&(struct make_model_spec){.n_layer = 1, .seed = 4, .type = "q4_0"}, NULL);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct plan plan;
        make_plan(&plan, seed + 9000);
        plan.n_threads = 2 + (int)(seed % 2);
        compare(model, &plan, &totals);
    }
    ingle_model_close(model);
    assert_true(totals.drafted > 0);
}

/* ---- by itself ---- */

/* One token only: nothing is easier to guess. */
static void plan_monotony(struct plan *p) {
    *p = (struct plan){.n_prompt = 4, .prompt = {'a', 'a', 'a', 'a'}};
    p->sampling = ingle_sampling_options_default();
    for (int i = 0; i < N_VOCAB; i++) p->bias[i] = (ingle_logit_bias){i, i == 'a' ? 0 : -INFINITY};
    p->sampling.logit_bias = p->bias;
    p->sampling.n_logit_bias = N_VOCAB;
    p->options = ingle_generate_options_default();
}

static void what_repeats_itself_is_guessed_without_being_told_to(void **state) {
    (void)state;
    ingle_model *model = fixture_model(
        &(struct make_model_spec){.n_embd = 256, .n_ff = 512, .type = "q8_0", .seed = 3}, NULL);
    struct plan plan;
    plan_monotony(&plan);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 300});
    ingle_sampler *sampler = fixture_sampler(model, &plan.sampling);
    fixture_eval(s, plan.prompt, plan.n_prompt);
    static struct seen a;
    plan.options.max_tokens = 2; /* of which the second follows without a guess */
    plan.always = 7;
    answer(&a, s, &plan, true, sampler);
    assert_int_equal(a.result.n_drafted, 0);
    plan.options.max_tokens = 200;
    plan.always = 0;
    answer(&a, s, &plan, true, sampler);
    assert_int_equal(a.result.n_tokens, 200);
    assert_true(a.result.n_accepted > 20); /* how many more depends on the machine */
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_model_close(model);
}

static void max_draft_out_of_range_is_refused(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&(struct make_model_spec){.n_layer = 1}, "ref");
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 30});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    fixture_eval(s, (const ingle_token[]){1}, 1);
    assert_int_equal(ingle_generate_options_default().max_draft, 7);
    static const int wrong[] = {-1, 8, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_generate_options options = ingle_generate_options_default();
        options.max_draft = wrong[i];
        ingle_generate_result result;
        ingle_error err = {0};
        expect_refusal(ingle_session_generate(s, sampler, &options, &result, &err),
                       INGLE_BAD_ARGUMENT, &err, "max_draft is");
        assert_int_equal(result.n_tokens, 0);
        assert_non_null(ingle_session_logits(s));
    }
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_model_close(model);
}

/* ---- cancelled by another thread ---- */

struct canceller {
    ingle_session *session;
    atomic_bool stop;
};

static void *cancel_again_and_again(void *arg) {
    struct canceller *c = arg;
    struct rng rng;
    rng_init(&rng, 1);
    while (!atomic_load(&c->stop)) {
        nanosleep(&(struct timespec){.tv_nsec = 20000 + rng_below(&rng, 300000)}, NULL);
        ingle_session_cancel(c->session);
    }
    return NULL;
}

/* Generates n tokens in as many parts as cancellations make of them. */
static void tell(struct seen *whole, ingle_session *s, const struct plan *plan, int n,
                 ingle_sampler *sampler) {
    static struct seen part;
    struct plan left = *plan;
    *whole = (struct seen){0};
    for (int done = 0; done < n; done += part.result.n_tokens) {
        left.options.max_tokens = n - done;
        answer(&part, s, &left, true, sampler);
        assert_int_equal(part.status, INGLE_OK);
        memcpy(whole->text + whole->len, part.text, part.len);
        whole->len += part.len;
        while (ingle_session_eval(s, &part.result.last, 1, NULL, NULL) != INGLE_OK) {}
    }
}

static void cancelled_wherever_an_answer_goes_on_the_same(void **state) {
    (void)state;
    const int n = 250;
    ingle_model *model = fixture_model(&(struct make_model_spec){.n_embd = 128, .seed = 3}, NULL);
    static struct seen quiet, cut;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct plan plan;
        make_plan(&plan, seed);
        plan.options = ingle_generate_options_default();
        plan.options.ignore_end = true;
        plan.end_at = plan.cancel_at = 0;
        plan.always = 3 + (int)seed;
        for (int i = 0; i < 2; i++) {
            ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 300});
            ingle_sampler *sampler = fixture_sampler(model, &plan.sampling);
            fixture_eval(s, plan.prompt, plan.n_prompt);
            struct canceller c = {.session = s};
            pthread_t thread;
            if (i == 1) {
                assert_int_equal(pthread_create(&thread, NULL, cancel_again_and_again, &c), 0);
            }
            tell(i ? &cut : &quiet, s, &plan, n, sampler);
            atomic_store(&c.stop, true);
            if (i == 1) assert_int_equal(pthread_join(thread, NULL), 0);
            ingle_sampler_free(sampler);
            ingle_session_free(s);
        }
        assert_string_equal(cut.text, quiet.text);
    }
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_answer_depends_on_guesses),
        cmocka_unit_test(nor_does_it_for_several_threads),
        cmocka_unit_test(what_repeats_itself_is_guessed_without_being_told_to),
        cmocka_unit_test(max_draft_out_of_range_is_refused),
        cmocka_unit_test(cancelled_wherever_an_answer_goes_on_the_same),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
