/* ingle/sampling.h: arguments and the range of every option. What the steps do is tested in
 * unit/run/sampler. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"

static ingle_model *model;

static int open_model(void **state) {
    return fixture_group_open(state, &model);
}

static int close_model(void **state) {
    return fixture_group_close(state, model);
}

static void refuses(const ingle_sampling_options *options, const char *saying) {
    ingle_sampler *sampler = (ingle_sampler *)model;
    ingle_error err = {0};
    uint64_t live = mem_live();
    expect_refusal(ingle_sampler_new(&sampler, model, options, &err), INGLE_BAD_ARGUMENT, &err,
                   saying);
    assert_null(sampler);
    assert_int_equal(ingle_sampler_new(&sampler, model, options, NULL), INGLE_BAD_ARGUMENT);
    assert_int_equal(mem_live(), live);
}

static void a_sampler_needs_a_model_and_a_place(void **state) {
    (void)state;
    ingle_sampler *sampler = (ingle_sampler *)model;
    ingle_error err = {0};
    expect_refusal(ingle_sampler_new(&sampler, NULL, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "model is NULL");
    assert_null(sampler);
    expect_refusal(ingle_sampler_new(NULL, model, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "out is NULL");
    ingle_sampler_free(NULL);
    ingle_sampler_accept(NULL, 1);
    assert_int_equal(ingle_sampler_sample(NULL, (const float[320]){0}), INGLE_TOKEN_NONE);
}

static void the_defaults_are_documented_and_make_a_sampler(void **state) {
    (void)state;
    ingle_sampling_options o = ingle_sampling_options_default();
    assert_true(o.seed == 0 && o.temperature == 0.8f && o.top_k == 40 && o.top_p == 0.95f);
    assert_true(o.min_p == 0.05f && o.typical_p == 1 && o.penalty_last_n == 64);
    assert_true(o.repetition_penalty == 1 && o.presence_penalty == 0 && o.frequency_penalty == 0);
    assert_true(o.dry_multiplier == 0 && o.dry_base == 1.75f && o.dry_allowed_length == 2);
    assert_true(o.dry_last_n == -1 && !o.dry_breakers && !o.logit_bias && o.n_logit_bias == 0);
    for (int i = 0; i < 2; i++) {
        ingle_sampler *sampler;
        ingle_error err;
        mark_error(&err);
        assert_int_equal(ingle_sampler_new(&sampler, model, i ? &o : NULL, &err), INGLE_OK);
        expect_marked(&err);
        assert_int_equal(ingle_sampler_sample(sampler, NULL), INGLE_TOKEN_NONE);
        ingle_sampler_accept(sampler, -1);
        ingle_sampler_accept(sampler, 320);
        ingle_sampler_free(sampler);
    }
}

static const struct {
    const char *name;
    size_t at;
    float wrong[5];
} floats[] = {
#define AT(field) #field, offsetof(ingle_sampling_options, field)
    {AT(temperature), {-0.01f, -INFINITY, INFINITY, NAN, -1}},
    {AT(top_p), {-0.01f, 1.01f, INFINITY, NAN, -1}},
    {AT(min_p), {-0.01f, 1.01f, INFINITY, NAN, -1}},
    {AT(typical_p), {-0.01f, 1.01f, INFINITY, NAN, -1}},
    {AT(repetition_penalty), {0, -1, INFINITY, NAN, -INFINITY}},
    {AT(presence_penalty), {INFINITY, -INFINITY, NAN, NAN, NAN}},
    {AT(frequency_penalty), {INFINITY, -INFINITY, NAN, NAN, NAN}},
    {AT(dry_multiplier), {-0.01f, -INFINITY, INFINITY, NAN, -1}},
    {AT(dry_base), {1, 0, -2, INFINITY, NAN}},
};

static const struct {
    const char *name;
    size_t at;
    int wrong[3];
} ints[] = {
    {AT(top_k), {-1, INT32_MIN, -2}},
    {AT(penalty_last_n), {-2, (1 << 20) + 1, INT32_MAX}},
    {AT(dry_allowed_length), {-1, INT32_MIN, -2}},
    {AT(dry_last_n), {-2, (1 << 20) + 1, INT32_MAX}},
#undef AT
};

static void numbers_out_of_range_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(floats); i++) {
        for (size_t k = 0; k < 5; k++) {
            ingle_sampling_options o = ingle_sampling_options_default();
            memcpy((char *)&o + floats[i].at, &floats[i].wrong[k], sizeof(float));
            refuses(&o, floats[i].name);
        }
    }
    for (size_t i = 0; i < BASE_COUNT(ints); i++) {
        for (size_t k = 0; k < 3; k++) {
            ingle_sampling_options o = ingle_sampling_options_default();
            memcpy((char *)&o + ints[i].at, &ints[i].wrong[k], sizeof(int));
            refuses(&o, ints[i].name);
        }
    }
}

static void the_ends_of_the_ranges_are_in_them(void **state) {
    (void)state;
    static const ingle_sampling_options edges[] = {
        {.temperature = 0,
         .top_p = 0,
         .min_p = 0,
         .typical_p = 0,
         .repetition_penalty = 1e-30f,
         .presence_penalty = -1e30f,
         .frequency_penalty = -1e30f,
         .dry_multiplier = 0,
         .dry_base = 1.0001f,
         .top_k = 0,
         .penalty_last_n = -1,
         .dry_last_n = -1},
        {.temperature = 1e30f,
         .top_p = 1,
         .min_p = 1,
         .typical_p = 1,
         .repetition_penalty = 1e30f,
         .presence_penalty = 1e30f,
         .frequency_penalty = 1e30f,
         .dry_multiplier = 1e30f,
         .dry_base = 1e30f,
         .top_k = INT32_MAX,
         .penalty_last_n = 1 << 20,
         .dry_last_n = 1 << 20,
         .dry_allowed_length = INT32_MAX,
         .seed = UINT64_MAX},
    };
    float logits[320];
    for (int i = 0; i < 320; i++) logits[i] = (float)(i % 7);
    for (size_t i = 0; i < BASE_COUNT(edges); i++) {
        ingle_sampling_options o = edges[i];
        o.size = sizeof o;
        ingle_sampler *sampler = fixture_sampler(model, &o);
        for (int n = 0; n < 50; n++) {
            ingle_token token = ingle_sampler_sample(sampler, logits);
            assert_in_range(token, 0, 319);
            ingle_sampler_accept(sampler, token);
        }
        ingle_sampler_free(sampler);
    }
}

static void lists_are_checked_element_by_element(void **state) {
    (void)state;
    ingle_sampling_options o = ingle_sampling_options_default();
    o.n_logit_bias = 1;
    refuses(&o, "n_logit_bias is 1 but logit_bias is NULL");
    ingle_logit_bias bias[] = {{1, 1}, {320, 0}};
    o.logit_bias = bias;
    o.n_logit_bias = 2;
    refuses(&o, "logit_bias[1] names token 320; the vocabulary has 0 to 319");
    bias[1] = (ingle_logit_bias){-1, 0};
    refuses(&o, "logit_bias[1] names token -1");
    bias[1] = (ingle_logit_bias){5, NAN};
    refuses(&o, "logit_bias[1] is");
    bias[1] = (ingle_logit_bias){5, INFINITY};
    refuses(&o, "logit_bias[1] is inf");
    o.n_logit_bias = SIZE_MAX;
    refuses(&o, "n_logit_bias");
    o = ingle_sampling_options_default();
    o.n_dry_breakers = 1;
    refuses(&o, "n_dry_breakers is 1 but dry_breakers is NULL");
    o.dry_breakers = (const char *const[]){"a", ""};
    o.n_dry_breakers = 2;
    refuses(&o, "dry_breakers[1] is empty");
    o.dry_breakers = (const char *const[]){NULL};
    o.n_dry_breakers = 1;
    refuses(&o, "dry_breakers[0] is empty");
    o.n_dry_breakers = 257;
    refuses(&o, "n_dry_breakers is 257");
}

static void lists_are_copied(void **state) {
    (void)state;
    ingle_logit_bias bias[] = {{7, 100}};
    ingle_sampling_options o = ingle_sampling_options_default();
    o.temperature = 0;
    o.logit_bias = bias;
    o.n_logit_bias = 1;
    ingle_sampler *sampler = fixture_sampler(model, &o);
    bias[0] = (ingle_logit_bias){8, 200};
    static const float logits[320];
    assert_int_equal(ingle_sampler_sample(sampler, logits), 7);
    ingle_sampler_free(sampler);
}

static void the_logits_given_are_not_changed(void **state) {
    (void)state;
    ingle_sampling_options o = ingle_sampling_options_default();
    o.repetition_penalty = 1.5f;
    o.dry_multiplier = 1;
    ingle_sampler *sampler = fixture_sampler(model, &o);
    float logits[320], before[320];
    for (int i = 0; i < 320; i++) before[i] = logits[i] = i % 10 ? (float)i : NAN;
    for (int i = 0; i < 20; i++) {
        ingle_token token = ingle_sampler_sample(sampler, logits);
        assert_int_not_equal(token % 10, 0); /* NaN is forbidden */
        ingle_sampler_accept(sampler, token);
    }
    assert_memory_equal(logits, before, sizeof logits);
    for (int i = 0; i < 320; i++) logits[i] = i % 2 ? NAN : -INFINITY;
    assert_int_equal(ingle_sampler_sample(sampler, logits), INGLE_TOKEN_NONE);
    ingle_sampler_free(sampler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sampler_needs_a_model_and_a_place),
        cmocka_unit_test(the_defaults_are_documented_and_make_a_sampler),
        cmocka_unit_test(numbers_out_of_range_are_named),
        cmocka_unit_test(the_ends_of_the_ranges_are_in_them),
        cmocka_unit_test(lists_are_checked_element_by_element),
        cmocka_unit_test(lists_are_copied),
        cmocka_unit_test(the_logits_given_are_not_changed),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
