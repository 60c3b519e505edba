/* constraint/json_machine: the texts of a shape, one rule a test. From every prefix of every text
 * here finish() must lead to a value of the shape. */
#include "engine/constraint/json_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json_tree.h"
#include "engine/constraint/schema.h"
#include "unit/constraint/shape_judge.h"

struct subject {
    struct shape_table *table;
    struct machine *m;
};

static struct subject open_schema(const char *schema) {
    struct subject s;
    ingle_error err;
    if (schema_compile(&s.table, schema, strlen(schema), &err) != INGLE_OK ||
        json_machine_new(&s.m, s.table, &err) != INGLE_OK) {
        fail_msg("%s: %s", schema, err.msg);
    }
    return s;
}

static void close_schema(struct subject *s) {
    machine_free(s->m);
    shape_table_free(s->table);
}

static bool judge(const struct shape_table *table, const char *text, size_t len) {
    struct arena arena;
    const struct json_value *value;
    arena_init(&arena, 1 << 24);
    bool is_in = json_tree_parse(&value, &arena, text, len, "x", NULL) == INGLE_OK &&
                 shape_judge(table, table->root, value);
    arena_clear(&arena);
    return is_in;
}

static void leave(const struct subject *s, machine_state state, const char *prefix, size_t len) {
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add(&text, prefix, len);
    for (int i = 0; i < 10000; i++) {
        int byte = s->m->ops->finish(s->m, state);
        if (byte < 0) {
            if (!judge(s->table, text.data ? text.data : "", text.size)) break;
            buf_clear(&text);
            return;
        }
        char c = (char)byte;
        buf_add(&text, &c, 1);
        state = s->m->ops->step(s->m, state, (uint8_t)byte);
        if (state == MACHINE_DEAD) break;
    }
    fail_msg("%.*s: no way out: %.200s", (int)len, prefix, text.data);
}

static bool takes(const struct subject *s, const char *text, size_t len) {
    machine_state state = s->m->start;
    leave(s, state, "", 0);
    for (size_t i = 0; i < len; i++) {
        state = s->m->ops->step(s->m, state, (uint8_t)text[i]);
        if (state == MACHINE_DEAD) return false;
        leave(s, state, text, i + 1);
    }
    return s->m->ops->accepts(s->m, state);
}

/* Lists end with NULL. */
static void check(const char *schema, const char *const *yes, const char *const *no) {
    struct subject s = open_schema(schema);
    for (; *yes; yes++) {
        if (!takes(&s, *yes, strlen(*yes))) fail_msg("%s: %s is not taken", schema, *yes);
    }
    for (; *no; no++) {
        if (takes(&s, *no, strlen(*no))) fail_msg("%s: %s is taken", schema, *no);
    }
    assert_false(s.m->failed);
    close_schema(&s);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void any_json_is_taken_and_nothing_else(void **state) {
    (void)state;
    check("{}",
          LIST("null", " true ", "\t\r\n-1.5e+3\n", "[ ]", "{ }", "[1,[2,{\"a\":[]}]]",
               "{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }", "\"\xc3\xa9\xf0\x9f\x98\x80\"", "0", "-0"),
          LIST("", " ", "nul", "nulll", "[1,]", "[,1]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01",
               "+1", ".5", "1.", "1e", "[1}", "{\"a\":1]", "true false", "'a'", "\"\n\"",
               "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"", "\"\xc3\"",
               "\xef\xbb\xbf\x31", "[1 2]", "--1"));
}

static void strings_are_taken_in_any_spelling(void **state) {
    (void)state;
    check("{\"enum\":[\"a\\\"\\u00e9\\n\",\"\\ud83d\\ude00\"]}",
          LIST("\"a\\\"\xc3\xa9\\n\"", "\"\\u0061\\u0022\\u00E9\\u000a\"", "\"\\ud83d\\ude00\"",
               "\"\\uD83D\\uDE00\"", "\"\xf0\x9f\x98\x80\""),
          LIST("\"a\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\ude01\"", "\"\\ud83dx\"",
               "\"\\u006\"", "\"\\x61\"", "\"a\\\"\xc3\xa9\n\""));
    check("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
          LIST("\"ab\"", "\"abc\"", "\"\\u0061b\"", "\"\\ud83d\\ude00\xc3\xa9\"", "\"\\/\\\\\\b\""),
          LIST("\"\"", "\"a\"", "\"abcd\"", "\"ab\\n\\t\"", "\"\\ud83d\\ude00\""));
}

static void properties_come_in_any_order_and_once(void **state) {
    (void)state;
    check("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"ab\":{\"const\":"
          "true}},\"required\":[\"a\"],\"additionalProperties\":false}",
          LIST("{\"a\":1}", "{\"a\":1,\"ab\":true}", "{\"ab\":true,\"a\":-3}",
               "{\"\\u0061b\":true,\"\\u0061\":10e-1}"),
          LIST("{}", "{\"ab\":true}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}", "{\"a\":1.5}",
               "{\"b\":1}", "{\"a\":1,\"ab\":true,\"ab\":true}"));
    check("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"boolean\"},\"minProperties\":"
          "2}",
          LIST("{\"x\":true,\"y\":false}", "{\"\":true,\"\\u0000\":false,\"xy\":true}"),
          LIST("{}", "{\"x\":true}", "{\"x\":true,\"\\u0078\":true}", "{\"x\":1,\"y\":true}"));
}

static void a_name_that_is_used_up_leads_nowhere(void **state) {
    (void)state;
    struct subject s = open_schema("{\"type\":\"object\",\"properties\":{\"a\":true,\"ab\":true},"
                                   "\"additionalProperties\":false}");
    const char *text = "{\"a\":1,\"a";
    machine_state at = machine_steps(s.m, s.m->start, text, strlen(text));
    assert_int_not_equal(at, MACHINE_DEAD);
    assert_int_equal(s.m->ops->step(s.m, at, '"'), MACHINE_DEAD);
    assert_int_not_equal(machine_steps(s.m, at, "b\":2}", 5), MACHINE_DEAD);
    text = "{\"ab\":1,\"a\":2";
    at = machine_steps(s.m, s.m->start, text, strlen(text));
    assert_int_equal(s.m->ops->step(s.m, at, ','), MACHINE_DEAD);
    close_schema(&s);
}

static void elements_are_counted(void **state) {
    (void)state;
    check("{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":3}",
          LIST("[1]", "[1,2,3]", "[ 0 , 0 ]"), LIST("[]", "[1,2,3,4]", "[1.5]", "[1,]"));
    check(
        "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"items\":"
        "false,\"minItems\":2}",
        LIST("[\"\",null]"), LIST("[\"\"]", "[null,null]", "[\"\",null,1]"));
    check("{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0},\"contains\":{"
          "\"const\":"
          "7},\"minContains\":2,\"maxContains\":3}",
          LIST("[7,7]", "[1,7,2,7,7,8]", "[7.0,70e-1]"), LIST("[]", "[7]", "[1,2]", "[7,7,7,7]"));
}

static void equal_elements_are_known_whatever_their_spelling(void **state) {
    (void)state;
    check("{\"type\":\"array\",\"uniqueItems\":true}",
          LIST("[]", "[1,2]", "[\"a\",\"A\"]", "[1,\"1\"]", "[0,false,null]", "[[1],[1,1]]",
               "[{\"a\":1},{\"a\":2}]", "[[],{}]", "[{\"a\":[1]},{\"a\":[2]}]"),
          LIST("[1,1]", "[1,1.0]", "[10e-1,2,1]", "[\"a\",\"\\u0061\"]", "[null,null]",
               "[[1,2],[1.0,2]]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[0,-0]", "[{},{}]",
               "[[[]],[[]]]"));
    check("{\"type\":\"array\",\"items\":{\"enum\":[\"a\",\"ab\",1,10,null]},\"uniqueItems\":true}",
          LIST("[\"a\",\"ab\"]", "[\"ab\",\"a\",10,1,null]", "[1,10]", "[10,1.0]"),
          LIST("[\"a\",\"a\"]", "[1,1e0]", "[null,null]"));
    check("{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":12},"
          "\"uniqueItems\":true,\"minItems\":12}",
          LIST("[1,2,3,4,5,6,7,8,9,10,11,12]", "[12,11,10,9,8,7,6,5,4,3,2,1]"),
          LIST("[1,2,3,4,5,6,7,8,9,10,11]", "[1,2,3,4,5,6,7,8,9,10,11,11]"));
}

static void a_value_that_is_used_up_leads_nowhere(void **state) {
    (void)state;
    struct subject s = open_schema(
        "{\"type\":\"array\",\"items\":{\"enum\":[\"a\",\"ab\"]},\"uniqueItems\":true}");
    machine_state at = machine_steps(s.m, s.m->start, "[\"a\",\"a", 7);
    assert_int_not_equal(at, MACHINE_DEAD);
    assert_int_equal(s.m->ops->step(s.m, at, '"'), MACHINE_DEAD);
    at = machine_steps(s.m, at, "b\"", 2);
    assert_int_equal(s.m->ops->step(s.m, at, ','), MACHINE_DEAD);
    assert_int_not_equal(s.m->ops->step(s.m, at, ']'), MACHINE_DEAD);
    close_schema(&s);
}

static void alternatives_run_beside_each_other(void **state) {
    (void)state;
    check(
        "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"k\":{\"const\":\"a\"},\"v\":{\"type\":"
        "\"integer\"}},\"required\":[\"k\",\"v\"],\"additionalProperties\":false},{\"type\":"
        "\"object\",\"properties\":{\"k\":{\"const\":\"b\"},\"v\":{\"type\":\"string\"}},"
        "\"required\":[\"k\",\"v\"],\"additionalProperties\":false}]}",
        LIST("{\"k\":\"a\",\"v\":1}", "{\"k\":\"b\",\"v\":\"\"}", "{\"v\":\"\",\"k\":\"b\"}",
             "{\"v\":1,\"k\":\"a\"}"),
        LIST("{\"k\":\"a\",\"v\":\"\"}", "{\"v\":1,\"k\":\"b\"}", "{\"k\":\"a\"}"));
}

static void shapes_may_contain_themselves(void **state) {
    (void)state;
    check("{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":{\"anyOf\":["
          "{\"type\":\"null\"},{\"$ref\":\"#\"}]}},\"required\":[\"v\",\"next\"],"
          "\"additionalProperties\":false}",
          LIST("{\"v\":1,\"next\":null}", "{\"next\":{\"next\":null,\"v\":2},\"v\":1}"),
          LIST("{\"v\":1}", "{\"v\":1,\"next\":{}}"));
}

/* As a model that goes on for long: the machine forgets now and then. */
static void run_long(const char *schema, const char *head, const char *part, size_t n,
                     const char *tail, bool is_numbered) {
    struct subject s = open_schema(schema);
    machine_state at = machine_steps(s.m, s.m->start, head, strlen(head));
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, part, is_numbered ? i : 0);
        at = machine_steps(s.m, at, text, strlen(text));
        if (at == MACHINE_DEAD) fail_msg("%s: dead after %zu", schema, i);
        if (i % 1000 == 999) s.m->ops->compact(s.m, &at);
        if (s.m->ops->size(s.m) > most) most = s.m->ops->size(s.m);
    }
    assert_false(s.m->failed);
    assert_true(most < (size_t)16 << 20);
    for (size_t i = 0; tail[i]; i++) {
        if (s.m->ops->finish(s.m, at) < 0) fail_msg("%s: ended", schema);
        at = s.m->ops->step(s.m, at, (uint8_t)tail[i]);
    }
    assert_true(s.m->ops->accepts(s.m, at));
    close_schema(&s);
}

static void long_texts_stay_small(void **state) {
    (void)state;
    run_long("{\"type\":\"string\"}", "\"", "%.0zutext, ", 150000, "\"", false);
    run_long("{\"type\":\"array\"}", "[0", "%.0zu,\"text\"", 100000, "]", false);
    run_long("{\"type\":\"object\"}", "{\"x\":0", ",\"name %zu\":[]", 10000, "}", true);
    run_long("{\"type\":\"array\",\"uniqueItems\":true}", "[-1", ",%zu", 5000, "]", true);
}

static void deep_texts_take_no_stack(void **state) {
    (void)state;
    enum { DEPTH = 20000 };
    struct subject s = open_schema("{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"type\":\"array\","
                                   "\"items\":{\"$ref\":\"#/$defs/t\"}}}}");
    machine_state at = s.m->start;
    for (int i = 0; i < DEPTH; i++) at = s.m->ops->step(s.m, at, '[');
    s.m->ops->compact(s.m, &at);
    int n = 0;
    for (int byte; (byte = s.m->ops->finish(s.m, at)) >= 0; n++) {
        at = s.m->ops->step(s.m, at, (uint8_t)byte);
    }
    assert_int_equal(n, DEPTH);
    assert_true(s.m->ops->accepts(s.m, at));
    close_schema(&s);
}

static void equal_situations_are_equal_states(void **state) {
    (void)state;
    struct subject s =
        open_schema("{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
                    "\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"string\"}}}}");
    static const char *const same[][2] = {{"[", "[ "},
                                          {"[{}", "[{\"a\":1},{}"},
                                          {"[{\"a\":1,\"b\":\"",
                                           "[{},{\"b\":\"x\",\"a\":1},{"
                                           "\"b\":\"\",\"a\":5},{\"a\":2,\"b\":\"x"},
                                          {"[{\"a\":123", "[{\"a\":1},{\"a\":164"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        machine_state a = machine_steps(s.m, s.m->start, same[i][0], strlen(same[i][0]));
        machine_state b = machine_steps(s.m, s.m->start, same[i][1], strlen(same[i][1]));
        assert_int_not_equal(a, MACHINE_DEAD);
        if (a != b) fail_msg("%s and %s", same[i][0], same[i][1]);
    }
    close_schema(&s);
}

static void strings_share_keys(void **state) {
    (void)state;
    struct subject s =
        open_schema("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},"
                    "\"b\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                    "\"minLength\":3}},\"c\":{\"type\":\"string\",\"maxLength\":500}}}");
    static const char *const same[] = {"{\"a\":\"", "{\"a\":\"xyz", "{\"b\":[\"",
                                       "{\"b\":[\"1\",\"22", "{\"x\":{\"y\":[\"q"};
    uint64_t keys[5];
    for (size_t i = 0; i < 5; i++) {
        machine_state at = machine_steps(s.m, s.m->start, same[i], i == 3 ? 7 : strlen(same[i]));
        keys[i] = s.m->ops->lexeme(s.m, at);
        assert_true(keys[i] > LEXER_EXIT);
        if (keys[i] != keys[0]) fail_msg("%s", same[i]);
    }
    assert_int_equal(s.m->ops->lex(s.m, keys[0], 'x'), keys[0]);
    assert_int_equal(s.m->ops->lex(s.m, keys[0], '"'), LEXER_EXIT);
    assert_int_equal(s.m->ops->lex(s.m, keys[0], '\n'), LEXER_DEAD);
    assert_int_equal(s.m->ops->lexeme(s.m, s.m->start), 0);
    machine_state far = machine_steps(s.m, s.m->start, "{\"c\":\"", 6);
    assert_int_equal(s.m->ops->lexeme(s.m, far),
                     s.m->ops->lexeme(s.m, s.m->ops->step(s.m, far, 'x')));
    close_schema(&s);
}

static void refuse(const char *schema, const char *rule) {
    struct shape_table *table;
    struct machine *m;
    ingle_error err;
    if (schema_compile(&table, schema, strlen(schema), &err) != INGLE_OK) {
        fail_msg("%s: %s", schema, err.msg);
    }
    assert_int_equal(json_machine_supports(table, &err), INGLE_REFUSED);
    if (!strstr(err.msg, rule)) fail_msg("%s: %s", schema, err.msg);
    assert_int_equal(json_machine_new(&m, table, &err), INGLE_REFUSED);
    assert_null(m);
    shape_table_free(table);
}

static void what_cannot_be_run_exactly_is_refused(void **state) {
    (void)state;
    refuse(
        "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"object\",\"properties\":{"
        "\"a\":{\"type\":\"integer\"}},\"additionalProperties\":false}}",
        "limited form");
    refuse("{\"type\":\"number\",\"minimum\":1e309}", "No JSON text");
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const char schema[] = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\","
                                 "\"uniqueItems\":true},\"n\":{"
                                 "\"type\":\"number\",\"multipleOf\":0.5}},\"patternProperties\":{"
                                 "\"^x\":{\"enum\":[\"p\",\"q\"]}},"
                                 "\"required\":[\"n\"]}";
    static const char text[] = "{\"x1\":\"p\",\"a\":[1,[2,{\"y\":\"\\u0061\"}],\"z\"],\"n\":12.50}";
    struct shape_table *table;
    assert_int_equal(schema_compile(&table, schema, sizeof schema - 1, NULL), INGLE_OK);
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live();
        struct machine *m;
        bool is_accepted = false, has_failed = false;
        mem_fail_at(n, 0);
        ingle_status status = json_machine_new(&m, table, NULL);
        if (status == INGLE_OK) {
            machine_state at = m->start;
            for (size_t i = 0; i < sizeof text - 1 && at != MACHINE_DEAD; i++) {
                at = m->ops->step(m, at, (uint8_t)text[i]);
                if (at != MACHINE_DEAD && i % 8 == 7) m->ops->compact(m, &at);
                if (at != MACHINE_DEAD) (void)m->ops->lexeme(m, at);
                if (at != MACHINE_DEAD) (void)m->ops->finish(m, at);
            }
            is_accepted = at != MACHINE_DEAD && m->ops->accepts(m, at);
            has_failed = m->failed;
            machine_free(m);
        }
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        if (status != INGLE_OK) {
            assert_int_equal(status, INGLE_NO_MEMORY);
            continue;
        }
        if (!is_accepted && !has_failed) fail_msg("allocation %u: a silent failure", (unsigned)n);
        if (!has_failed && n > 2000) break;
    }
    shape_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_json_is_taken_and_nothing_else),
        cmocka_unit_test(strings_are_taken_in_any_spelling),
        cmocka_unit_test(properties_come_in_any_order_and_once),
        cmocka_unit_test(a_name_that_is_used_up_leads_nowhere),
        cmocka_unit_test(elements_are_counted),
        cmocka_unit_test(equal_elements_are_known_whatever_their_spelling),
        cmocka_unit_test(a_value_that_is_used_up_leads_nowhere),
        cmocka_unit_test(alternatives_run_beside_each_other),
        cmocka_unit_test(shapes_may_contain_themselves),
        cmocka_unit_test(long_texts_stay_small),
        cmocka_unit_test(deep_texts_take_no_stack),
        cmocka_unit_test(equal_situations_are_equal_states),
        cmocka_unit_test(strings_share_keys),
        cmocka_unit_test(what_cannot_be_run_exactly_is_refused),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
