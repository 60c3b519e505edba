#include "daemon/llamacpp/llamacpp.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

struct fixture {
    struct arena arena;
    struct fields fields;
    struct llama_request request;
};

static int set_up(void **state) {
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.arena, (size_t)1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    arena_clear(&((struct fixture *)*state)->arena);
    return 0;
}

static void read_json(struct fixture *f, const char *json) {
    const struct json_value *object;
    assert_int_equal(json_tree_parse(&object, &f->arena, json, strlen(json), "it", NULL), INGLE_OK);
    f->fields = (struct fields){.object = object};
    llama_read_request(&f->fields, &f->arena, &f->request);
}

static const ingle_sampling_options *read_well(struct fixture *f, const char *json) {
    read_json(f, json);
    if (f->fields.bad) fail_msg("%s: %s", json, f->fields.err.msg);
    return &f->request.m.sampling;
}

static void what_is_not_said_is_as_llama_cpp_has_it(void **state) {
    const ingle_sampling_options *o = read_well(*state, "{}");
    assert_float_equal(o->temperature, 0.8f, 0);
    assert_int_equal(o->top_k, 40);
    assert_float_equal(o->top_p, 0.95f, 0);
    assert_float_equal(o->min_p, 0.05f, 0);
    assert_int_equal(o->penalty_last_n, 64);
    assert_float_equal(o->repetition_penalty, 1, 0);
}

static void samplers_that_are_not_named_are_off(void **state) {
    const ingle_sampling_options *o = read_well(
        *state,
        "{\"samplers\": [\"top_k\", \"top_p\"], \"temperature\": 0.1, \"repeat_penalty\": 2}");
    assert_int_equal(o->top_k, 40);
    assert_float_equal(o->top_p, 0.95f, 0);
    assert_float_equal(o->min_p, 0, 0);
    assert_float_equal(o->temperature, 1, 0);
    assert_int_equal(o->penalty_last_n, 0);
    o = read_well(*state, "{\"samplers\": [], \"temperature\": 0}");
    assert_int_equal(o->top_k, 0);
    assert_float_equal(o->temperature, 1, 0);
}

static void infill_is_a_min_p(void **state) {
    const ingle_sampling_options *o =
        read_well(*state, "{\"samplers\": [\"top_k\", \"top_p\", \"infill\"], \"top_p\": 0.9}");
    assert_float_equal(o->min_p, 0.2f, 0);
    o = read_well(*state, "{\"samplers\": [\"min_p\", \"infill\"], \"min_p\": 0.5}");
    assert_float_equal(o->min_p, 0.5f, 0);
}

static void another_order_is_refused_where_it_would_matter(void **state) {
    struct fixture *f = *state;
    read_json(f, "{\"samplers\": [\"top_p\", \"top_k\"]}");
    assert_string_equal(f->fields.bad, "samplers");
    (void)read_well(f, "{\"samplers\": [\"top_p\", \"typ_p\", \"dry\", \"penalties\", \"xtc\"]}");
    read_json(f, "{\"samplers\": [\"top_p\", \"dry\"], \"dry_multiplier\": 0.5}");
    assert_string_equal(f->fields.bad, "samplers");
}

static void what_ingle_cannot_do_is_refused_by_its_name(void **state) {
    static const char *const rows[][2] = {
        {"{\"mirostat\": 2}", "mirostat"},
        {"{\"xtc_probability\": 0.1}", "xtc_probability"},
        {"{\"dynatemp_range\": 0.5}", "dynatemp_range"},
        {"{\"top_n_sigma\": 1}", "top_n_sigma"},
        {"{\"adaptive_target\": 0.5}", "adaptive_target"},
        {"{\"min_keep\": 2}", "min_keep"},
        {"{\"lora\": [{\"id\": 0}]}", "lora"},
        {"{\"post_sampling_probs\": true}", "post_sampling_probs"},
        {"{\"grammar_lazy\": true}", "grammar_lazy"},
        {"{\"n_cmpl\": 0}", "n_cmpl"},
        {"{\"temperature\": \"hot\"}", "temperature"},
        {"{\"top_p\": 2}", "top_p"},
        {"{\"repeat_penalty\": 0}", "repeat_penalty"},
        {"{\"dry_base\": 1}", "dry_base"},
        {"{\"dry_sequence_breakers\": []}", "dry_sequence_breakers"},
        {"{\"n_predict\": -3}", "n_predict"},
        {"{\"grammar\": \"root ::= [a]\", \"ignore_eos\": true}", "ignore_eos"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        read_json(f, rows[i][0]);
        assert_non_null(f->fields.bad);
        assert_string_equal(f->fields.bad, rows[i][1]);
        assert_non_null(strstr(f->fields.err.msg, rows[i][1]));
    }
    (void)read_well(f,
                    "{\"mirostat\": 0, \"xtc_probability\": 0, \"top_n_sigma\": -1, \"lora\": [],"
                    "\"adaptive_target\": -1, \"min_keep\": 0, \"n_cmpl\": 1, \"seed\": -1}");
}

static void seeds_can_be_written_by_every_client(void **state) {
    assert_int_equal(read_well(*state, "{\"seed\": 9007199254740993}")->seed, 9007199254740993);
    assert_true(read_well(*state, "{\"seed\": -1}")->seed <= 0x7fffffff);
    assert_true(read_well(*state, "{\"seed\": 4294967295}")->seed <= 0x7fffffff);
}

static void biases_come_in_four_shapes(void **state) {
    struct fixture *f = *state;
    (void)read_well(f, "{\"logit_bias\": [[5, 1.5], [\"a b\", -2], [7, false]]}");
    const struct llama_bias *b = f->request.biases;
    assert_int_equal(f->request.n_biases, 3);
    assert_true(b[0].of.parts[0].is_token && b[0].of.parts[0].token == 5 && b[0].bias == 1.5f);
    assert_string_equal(b[1].of.parts[0].text.data, "a b");
    assert_true(isinf(b[2].bias) && b[2].bias < 0);
    (void)read_well(f, "{\"logit_bias\": {\"12\": 1, \"-1\": 2, \"12a\": false}}");
    b = f->request.biases;
    assert_true(b[0].of.parts[0].is_token && b[0].of.parts[0].token == 12);
    assert_string_equal(b[1].of.parts[0].text.data, "-1");
    assert_string_equal(b[2].of.parts[0].text.data, "12a");
    static const char *const bad[] = {"5",
                                      "[5]",
                                      "[[5]]",
                                      "[[5, \"x\"]]",
                                      "[[-1, 1]]",
                                      "[[1.5, 1]]",
                                      "[[{}, 1]]",
                                      "{\"5\": true}",
                                      "[[5, 1e999]]",
                                      "[[5, 1, 1]]",
                                      "{\"99999999999\": 1}"};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        char json[80];
        snprintf(json, sizeof json, "{\"logit_bias\": %s}", bad[i]);
        read_json(f, json);
        assert_non_null(f->fields.bad);
        assert_string_equal(f->fields.bad, "logit_bias");
    }
}

static void time_closes_a_constraint_instead_of_cutting_it(void **state) {
    struct fixture *f = *state;
    (void)read_well(f, "{\"json_schema\": {}, \"t_max_predict_ms\": 50}");
    assert_int_equal(f->request.m.max_ms, 50);
    assert_int_equal(f->request.max_predict_ms, 0);
    (void)read_well(f, "{\"t_max_predict_ms\": 50}");
    assert_int_equal(f->request.m.max_ms, 0);
    assert_int_equal(f->request.max_predict_ms, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_as_llama_cpp_has_it),
        cmocka_unit_test(samplers_that_are_not_named_are_off),
        cmocka_unit_test(infill_is_a_min_p),
        cmocka_unit_test(another_order_is_refused_where_it_would_matter),
        cmocka_unit_test(what_ingle_cannot_do_is_refused_by_its_name),
        cmocka_unit_test(seeds_can_be_written_by_every_client),
        cmocka_unit_test(biases_come_in_four_shapes),
        cmocka_unit_test(time_closes_a_constraint_instead_of_cutting_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
