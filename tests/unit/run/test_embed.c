/* Texts as vectors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"
#include "support/folder.h"
#include "support/refusal.h"

#define N_EMBD 64
#define N_TOKENS 83

static ingle_model *model;
static ingle_token tokens[N_TOKENS];

static int open_all(void **state) {
    fixture_tokens(tokens, N_TOKENS, 320, 7);
    return fixture_group_open(state, &model);
}

static int close_all(void **state) {
    return fixture_group_close(state, model);
}

static void embed_in(ingle_session *session, size_t n, ingle_pooling pooling, float out[N_EMBD]) {
    ingle_error err = {0};
    if (ingle_session_embed(session, tokens, n, pooling, out, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
}

static void embed(const ingle_model *from, struct fixture_session options, size_t n,
                  ingle_pooling pooling, float out[N_EMBD]) {
    ingle_session *session = fixture_session(from, options);
    embed_in(session, n, pooling, out);
    ingle_session_free(session);
}

static void assert_same(const float *a, const float *b) {
    assert_true(fixture_same_bits(a, b, N_EMBD));
}

static void assert_other(const float *a, const float *b) {
    assert_false(fixture_same_bits(a, b, N_EMBD));
}

static void a_vector_has_the_length_one(void **state) {
    (void)state;
    for (int how = INGLE_POOLING_MODEL; how <= INGLE_POOLING_LAST; how++) {
        float out[N_EMBD];
        double square = 0;
        embed(model, (struct fixture_session){0}, N_TOKENS, (ingle_pooling)how, out);
        for (int i = 0; i < N_EMBD; i++) square += (double)out[i] * (double)out[i];
        assert_true(fabs(square - 1) < 1e-6);
    }
}

static void threads_and_passes_change_no_bit(void **state) {
    (void)state;
    for (int how = INGLE_POOLING_MEAN; how <= INGLE_POOLING_LAST; how++) {
        float one[N_EMBD], other[N_EMBD];
        embed(model, (struct fixture_session){0}, N_TOKENS, (ingle_pooling)how, one);
        embed(model, (struct fixture_session){.n_batch = 7, .n_threads = 3}, N_TOKENS,
              (ingle_pooling)how, other);
        assert_same(one, other);
    }
}

static void a_group_changes_no_bit(void **state) {
    (void)state;
    float alone[N_EMBD], together[N_EMBD];
    ingle_group *group;
    ingle_session *session;
    ingle_session_options options = ingle_session_options_default();
    embed(model, (struct fixture_session){0}, N_TOKENS, INGLE_POOLING_MEAN, alone);
    assert_int_equal(ingle_group_new(&group, model, NULL, NULL), INGLE_OK);
    options.group = group;
    assert_int_equal(ingle_session_new(&session, model, &options, NULL), INGLE_OK);
    embed_in(session, N_TOKENS, INGLE_POOLING_MEAN, together);
    assert_same(alone, together);
    ingle_session_free(session);
    ingle_group_free(group);
}

static void each_pooling_takes_its_own_rows(void **state) {
    (void)state;
    float mean[N_EMBD], first[N_EMBD], last[N_EMBD], more[N_EMBD];
    struct fixture_session plain = {0};
    embed(model, plain, N_TOKENS, INGLE_POOLING_MEAN, mean);
    embed(model, plain, N_TOKENS, INGLE_POOLING_FIRST, first);
    embed(model, plain, N_TOKENS, INGLE_POOLING_LAST, last);
    assert_other(mean, first);
    assert_other(mean, last);
    assert_other(first, last);
    embed(model, plain, 1, INGLE_POOLING_MEAN, more); /* what comes later the first never sees */
    assert_same(first, more);
    embed(model, plain, N_TOKENS, INGLE_POOLING_MODEL, more); /* this one says nothing */
    assert_same(mean, more);
}

static void a_model_says_how_it_pools(void **state) {
    (void)state;
    float wanted[N_EMBD], said[N_EMBD];
    const struct make_model_spec spec = {.n_layer = 1, .pooling = 3};
    ingle_model *last = fixture_model(&spec, "ref");
    embed(last, (struct fixture_session){0}, N_TOKENS, INGLE_POOLING_LAST, wanted);
    embed(last, (struct fixture_session){0}, N_TOKENS, INGLE_POOLING_MODEL, said);
    assert_same(wanted, said);
    ingle_model_close(last);

    const struct make_model_spec ranks = {.n_layer = 1, .pooling = 4};
    ingle_model *ranker = fixture_model(&ranks, "ref");
    ingle_session *session = fixture_session(ranker, (struct fixture_session){0});
    ingle_error err = {0};
    assert_int_equal(ingle_session_embed(session, tokens, 3, INGLE_POOLING_MODEL, said, &err),
                     INGLE_REFUSED);
    embed_in(session, 3, INGLE_POOLING_MEAN, said);
    ingle_session_free(session);
    ingle_model_close(ranker);
}

static void a_session_goes_on_after_it(void **state) {
    (void)state;
    float out[N_EMBD], wanted[320];
    ingle_session *session = fixture_session(model, (struct fixture_session){0});
    fixture_eval(session, tokens, N_TOKENS);
    memcpy(wanted, ingle_session_logits(session), sizeof wanted);
    embed_in(session, N_TOKENS - 1, INGLE_POOLING_MEAN, out);
    assert_null(ingle_session_logits(session));
    assert_int_equal(ingle_session_n_tokens(session), N_TOKENS - 1);
    fixture_eval(session, tokens + N_TOKENS - 1, 1);
    assert_true(fixture_same_bits(wanted, ingle_session_logits(session), 320));
    ingle_session_free(session);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    float out[N_EMBD];
    ingle_error err = {0};
    const ingle_token strange = 320;
    ingle_session *session = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    const ingle_pooling mean = INGLE_POOLING_MEAN;
    assert_int_equal(ingle_session_embed(session, tokens, 0, mean, out, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_embed(session, NULL, 1, mean, out, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_embed(session, tokens, 1, mean, NULL, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_embed(session, &strange, 1, mean, out, &err),
                     INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_embed(session, tokens, 1, (ingle_pooling)9, out, &err),
                     INGLE_BAD_ARGUMENT);
    assert_int_equal(ingle_session_embed(session, tokens, 65, mean, out, &err), INGLE_CONTEXT_FULL);
    ingle_session_cancel(session);
    assert_int_equal(ingle_session_embed(session, tokens, 64, mean, out, &err), INGLE_CANCELLED);
    embed_in(session, 64, mean, out);
    ingle_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_has_the_length_one),
        cmocka_unit_test(threads_and_passes_change_no_bit),
        cmocka_unit_test(a_group_changes_no_bit),
        cmocka_unit_test(each_pooling_takes_its_own_rows),
        cmocka_unit_test(a_model_says_how_it_pools),
        cmocka_unit_test(a_session_goes_on_after_it),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
