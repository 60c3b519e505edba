/* ingle/constraint.h: making constraints of every kind, judging texts, generating under them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/answer.h"
#include "support/fixture.h"
#include "support/torture.h"

static ingle_model *model;

static int open_all(void **state) {
    return fixture_group_open(state, &model);
}

static int close_all(void **state) {
    return fixture_group_close(state, model);
}

static const char person[] =
    "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"required\":[\"age\"],\"additionalProperties\":false}";
static const char grammar[] = "root ::= \"a\" [b-d]* \"e\"\n";
static const char *const choices[] = {"yes", "no", "n\xc3\xb6"};

enum kind { SCHEMA, GRAMMAR, REGEX, CHOICES, N_KINDS };

static ingle_status make(ingle_constraint **out, enum kind kind, const ingle_model *m,
                         ingle_error *err) {
    switch (kind) {
    case SCHEMA:
        return ingle_constraint_new_schema(out, m, person, strlen(person), err);
    case GRAMMAR:
        return ingle_constraint_new_grammar(out, m, grammar, strlen(grammar), err);
    case REGEX:
        return ingle_constraint_new_regex(out, m, "[0-9]+(x|y)", 11, err);
    default:
        return ingle_constraint_new_choices(out, m, choices, 3, err);
    }
}

static ingle_constraint *made(enum kind kind, const ingle_model *m) {
    ingle_constraint *c;
    ingle_error err;
    mark_error(&err);
    if (make(&c, kind, m, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    return c;
}

static bool accepts(ingle_constraint *c, const char *text) {
    bool verdict;
    ingle_error err;
    if (ingle_constraint_accepts(c, text, strlen(text), &verdict, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return verdict;
}

static const char *const right[N_KINDS] = {"{ \"age\" : 7 }", "abcde", "31y", "n\xc3\xb6"};
static const char *const wrong[N_KINDS] = {"{\"age\":-7}", "abc", "31", "n\xc3"};

static void texts_are_judged_with_a_model_and_without(void **state) {
    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (int with = 0; with < 2; with++) {
            ingle_constraint *c = made((enum kind)kind, with ? model : NULL);
            for (int again = 0; again < 2; again++) {
                assert_true(accepts(c, right[kind]));
                assert_false(accepts(c, wrong[kind]));
                assert_false(accepts(c, ""));
            }
            ingle_constraint_free(c);
        }
    }
    ingle_constraint_free(NULL);
}

static void answers_are_accepted(void **state) {
    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        ingle_constraint *c = made((enum kind)kind, model);
        for (uint64_t seed = 0; seed < 20; seed++) {
            ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 128});
            ingle_sampling_options sampling = ingle_sampling_options_default();
            sampling.seed = seed;
            sampling.temperature = 3;
            ingle_sampler *sampler = fixture_sampler(model, &sampling);
            ingle_generate_options options = ingle_generate_options_default();
            static struct answer a;
            fixture_eval(s, (const ingle_token[]){1, 2}, 2);
            options.constraint = c;
            options.max_tokens = 40;
            answer_generate(&a, s, sampler, &options);
            if (a.status != INGLE_OK) fail_msg("%s", a.err.msg);
            if (!accepts(c, a.text)) fail_msg("not accepted: %s", a.text);
            ingle_sampler_free(sampler);
            ingle_session_free(s);
        }
        ingle_constraint_free(c);
    }
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    ingle_constraint *c;
    ingle_error err;
    const char *broken = "{\"type\": ",
               *unknown = "{\"properties\":{\"a\":{\"$dynamicRef\":\"#b\"}}}";
    expect_refusal(ingle_constraint_new_schema(&c, NULL, broken, strlen(broken), &err),
                   INGLE_INVALID, &err, "schema");
    assert_null(c);
    expect_refusal(ingle_constraint_new_schema(&c, model, unknown, strlen(unknown), &err),
                   INGLE_REFUSED, &err, "#/properties/a/$dynamicRef");
    assert_null(c);
    expect_refusal(ingle_constraint_new_grammar(&c, NULL, "root ::= \"", 10, &err), INGLE_INVALID,
                   &err, "");
    expect_refusal(ingle_constraint_new_regex(&c, NULL, "(", 1, &err), INGLE_INVALID, &err, "");
    expect_refusal(ingle_constraint_new_regex(&c, NULL, "(a)\\1", 5, &err), INGLE_REFUSED, &err,
                   "");
    expect_refusal(ingle_constraint_new_regex(&c, NULL, "(.{1000}){1000}", 15, &err), INGLE_REFUSED,
                   &err, "");
    expect_refusal(ingle_constraint_new_choices(&c, NULL, choices, 0, &err), INGLE_REFUSED, &err,
                   "no choices");
    const char *const holes[] = {"a", NULL};
    expect_refusal(ingle_constraint_new_choices(&c, NULL, holes, 2, &err), INGLE_BAD_ARGUMENT, &err,
                   "choices");
    assert_null(c);
}

static void arguments_that_are_missing_are_named(void **state) {
    (void)state;
    ingle_constraint *c = made(REGEX, NULL);
    ingle_error err;
    bool verdict = true;
    expect_refusal(ingle_constraint_new_schema(NULL, NULL, "{}", 2, &err), INGLE_BAD_ARGUMENT, &err,
                   "out");
    ingle_constraint *out = c;
    expect_refusal(ingle_constraint_new_schema(&out, NULL, NULL, 2, &err), INGLE_BAD_ARGUMENT, &err,
                   "schema");
    assert_null(out);
    expect_refusal(ingle_constraint_new_grammar(&out, NULL, NULL, 2, &err), INGLE_BAD_ARGUMENT,
                   &err, "grammar");
    expect_refusal(ingle_constraint_new_regex(&out, NULL, NULL, 2, &err), INGLE_BAD_ARGUMENT, &err,
                   "regex");
    expect_refusal(ingle_constraint_new_choices(&out, NULL, NULL, 2, &err), INGLE_BAD_ARGUMENT,
                   &err, "choices");
    expect_refusal(ingle_constraint_accepts(NULL, "", 0, &verdict, &err), INGLE_BAD_ARGUMENT, &err,
                   "constraint");
    expect_refusal(ingle_constraint_accepts(c, NULL, 1, &verdict, &err), INGLE_BAD_ARGUMENT, &err,
                   "text");
    assert_false(verdict);
    expect_refusal(ingle_constraint_accepts(c, "", 0, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "accepts");
    ingle_session *s = fixture_session(model, (struct fixture_session){0});
    ingle_sampler *sampler = fixture_sampler(model, NULL);
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    fixture_eval(s, (const ingle_token[]){1}, 1);
    options.constraint = c; /* over bytes */
    expect_refusal(ingle_session_generate(s, sampler, &options, &result, &err), INGLE_BAD_ARGUMENT,
                   &err, "another model than the session's, or none");
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_constraint_free(c);
}

static void *make_one(void *arg) {
    return make(arg, SCHEMA, model, NULL) == INGLE_OK ? arg : NULL;
}

static void a_model_prepares_its_vocabulary_once_for_all_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    ingle_constraint *made_there[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_one, &made_there[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_non_null(done);
        assert_true(accepts(made_there[i], "{\"age\":1}"));
        ingle_constraint_free(made_there[i]);
    }
}

static enum kind tortured;

static ingle_status judge(ingle_error *err) {
    ingle_constraint *c;
    bool verdict;
    ingle_status status = make(&c, tortured, model, err);
    if (status != INGLE_OK) {
        assert_null(c);
        return status;
    }
    status = ingle_constraint_accepts(c, right[tortured], strlen(right[tortured]), &verdict, err);
    if (status == INGLE_OK) assert_true(verdict);
    ingle_constraint_free(c);
    return status;
}

static void running_out_of_memory_is_said_and_leaves_nothing_behind(void **state) {
    (void)state;
    ingle_constraint_free(made(SCHEMA, model)); /* what a model keeps is there */
    for (int kind = 0; kind < N_KINDS; kind++) {
        tortured = (enum kind)kind;
        assert_true(torture(judge) > 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_judged_with_a_model_and_without),
        cmocka_unit_test(answers_are_accepted),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(arguments_that_are_missing_are_named),
        cmocka_unit_test(a_model_prepares_its_vocabulary_once_for_all_threads),
        cmocka_unit_test(running_out_of_memory_is_said_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
