/* Logits of some tokens only: the bits they have among all, and -infinity for the rest. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "support/fixture.h"
#include "support/folder.h"

#define N_VOCAB 333
#define N_TOKENS 40
static const struct make_model_spec odd = {
    .n_layer = 2, .n_embd = 96, .n_ff = 160, .n_vocab = N_VOCAB, .biases = true, .seed = 3};

static ingle_token tokens[N_TOKENS];

static int make_all(void **state) {
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 9);
    return folder_make(state);
}

static void expect_only(const float *got, const float *all, const bool *is_allowed,
                        const char *what) {
    for (int id = 0; id < N_VOCAB; id++) {
        bool ok = is_allowed[id] ? fixture_same_bits(&got[id], &all[id], 1)
                                 : isinf(got[id]) && got[id] < 0;
        if (!ok) fail_msg("%s: the logit of %d is %g, not %g", what, id, got[id], all[id]);
    }
}

/* Some ids, in any order and some twice. Returns how many. */
static size_t choose(struct rng *rng, ingle_token *ids, bool *is_allowed) {
    size_t n = 1 + rng_below(rng, rng_below(rng, 2) ? 5 : N_VOCAB);
    memset(is_allowed, 0, N_VOCAB * sizeof *is_allowed);
    for (size_t i = 0; i < n; i++) {
        ids[i] = (ingle_token)rng_below(rng, N_VOCAB);
        is_allowed[ids[i]] = true;
    }
    return n;
}

static void what_is_allowed_has_its_bits_and_the_rest_is_forbidden(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 31);
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_model(&odd, tier);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_threads = 2});
        ingle_session *all = fixture_session(model, (struct fixture_session){.n_threads = 1});
        for (int t = 0; t < N_TOKENS; t++) {
            ingle_token ids[N_VOCAB];
            bool is_allowed[N_VOCAB];
            size_t n = choose(&rng, ids, is_allowed);
            if (t % 7 == 6) { /* all again */
                n = 0;
                memset(is_allowed, 1, sizeof is_allowed);
            }
            assert_int_equal(ingle_session_allow(s, ids, n, NULL), INGLE_OK);
            assert_null(ingle_session_logits(s));
            fixture_eval(s, tokens + t, 1);
            fixture_eval(all, tokens + t, 1);
            expect_only(ingle_session_logits(s), ingle_session_logits(all), is_allowed, tier);
        }
        ingle_session_free(s);
        ingle_session_free(all);
        ingle_model_close(model);
    }
}

static void the_logits_of_every_token_are_restricted_alike(void **state) {
    (void)state;
    static float got[N_TOKENS * N_VOCAB], all[N_TOKENS * N_VOCAB];
    const ingle_token ids[] = {332, 0, 31, 32, 64};
    bool is_allowed[N_VOCAB] = {0};
    for (size_t i = 0; i < BASE_COUNT(ids); i++) is_allowed[ids[i]] = true;
    ingle_model *model = fixture_model(&odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_batch = 16});
    assert_int_equal(ingle_session_eval(s, tokens, N_TOKENS, all, NULL), INGLE_OK);
    assert_int_equal(ingle_session_truncate(s, 0, NULL), INGLE_OK);
    assert_int_equal(ingle_session_allow(s, ids, BASE_COUNT(ids), NULL), INGLE_OK);
    memset(got, 0, sizeof got);
    assert_int_equal(ingle_session_eval(s, tokens, N_TOKENS, got, NULL), INGLE_OK);
    for (int t = 0; t < N_TOKENS; t++) {
        expect_only(got + t * N_VOCAB, all + t * N_VOCAB, is_allowed, "all logits");
    }
    expect_only(ingle_session_logits(s), all + (N_TOKENS - 1) * N_VOCAB, is_allowed, "the last");
    ingle_session_free(s);
    ingle_model_close(model);
}

static void a_token_that_is_none_is_named_and_changes_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){0});
    fixture_eval(s, tokens, 3);
    static const ingle_token wrong[] = {-1, N_VOCAB, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_error err = {0};
        char saying[64];
        const ingle_token ids[] = {1, wrong[i]};
        snprintf(saying, sizeof saying, "Allowed token 1 is %d; the vocabulary has 0 to 332",
                 wrong[i]);
        expect_refusal(ingle_session_allow(s, ids, 2, &err), INGLE_BAD_ARGUMENT, &err, saying);
        assert_non_null(ingle_session_logits(s));
    }
    ingle_error err = {0};
    expect_refusal(ingle_session_allow(s, NULL, 2, &err), INGLE_BAD_ARGUMENT, &err, "ids");
    expect_refusal(ingle_session_allow(NULL, tokens, 2, &err), INGLE_BAD_ARGUMENT, &err, "session");
    fixture_eval(s, tokens + 3, 1);
    for (int id = 0; id < N_VOCAB; id++) assert_true(isfinite(ingle_session_logits(s)[id]));
    ingle_session_free(s);
    ingle_model_close(model);
}

static void an_answer_keeps_to_what_is_allowed_and_nothing_is_allocated(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){0});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    const ingle_token ids[] = {'a', 'b', 'c'};
    uint64_t count = mem_count();
    for (int t = 0; t < 20; t++) {
        assert_int_equal(ingle_session_allow(s, ids, 1 + (size_t)t % 3, NULL), INGLE_OK);
        fixture_eval(s, tokens + t, 1);
        ingle_token id = ingle_sampler_sample(sampler, ingle_session_logits(s));
        assert_in_range(id, 'a', (unsigned)('a' + t % 3));
    }
    assert_int_equal(mem_count(), count);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allowed_has_its_bits_and_the_rest_is_forbidden),
        cmocka_unit_test(the_logits_of_every_token_are_restricted_alike),
        cmocka_unit_test(a_token_that_is_none_is_named_and_changes_nothing),
        cmocka_unit_test(an_answer_keeps_to_what_is_allowed_and_nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, make_all, folder_remove);
}
