/* base/json_tree: a strict reader of JSON texts. */
#include "base/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static struct arena arena = {.max = 1 << 20};

static const struct json_value *parse(const char *text) {
    const struct json_value *value;
    ingle_error err;
    if (json_tree_parse(&value, &arena, text, strlen(text), "The text", &err) != INGLE_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    return value;
}

static void refuse(const char *text, size_t len, size_t where, const char *rule) {
    const struct json_value *value;
    ingle_error err;
    assert_int_equal(json_tree_parse(&value, &arena, text, len, "The text", &err), INGLE_INVALID);
    assert_null(value);
    if (!strstr(err.msg, rule)) fail_msg("%s: %s", text, err.msg);
    assert_int_equal(err.where, where);
}

static int end(void **state) {
    (void)state;
    arena_clear(&arena);
    return 0;
}

static void every_kind_is_read_in_order(void **state) {
    (void)state;
    const struct json_value *v =
        parse(" {\"z\": [1, -2.50e+3, true, false, null], \"a\" : {\"\": \"x\"}, \"b\":[]} ");
    assert_int_equal(v->kind, JSON_OBJECT);
    assert_int_equal(v->n, 3);
    assert_true(json_text_is(&v->members[0].name, "z"));
    const struct json_value *list = json_member(v, "z");
    assert_int_equal(list->n, 5);
    assert_string_equal(list->items[1].text.data, "-2.50e+3");
    assert_int_equal(list->items[1].where, 11);
    assert_int_equal(list->items[2].kind, JSON_TRUE);
    assert_int_equal(list->items[4].kind, JSON_NULL);
    assert_string_equal(json_member(json_member(v, "a"), "")->text.data, "x");
    assert_int_equal(json_member(v, "b")->n, 0);
    assert_null(json_member(v, "c"));
    assert_null(json_member(list, "c"));
}

static void strings_are_decoded_to_utf8(void **state) {
    (void)state;
    const struct json_value *v =
        parse("\"\\u00e9\\ud83d\\uDE00 \\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000z\"");
    const char *want = "\xc3\xa9\xf0\x9f\x98\x80 \"\\/\b\f\n\r\t\0z";
    assert_int_equal(v->text.len, 17);
    assert_memory_equal(v->text.data, want, 18);
    assert_string_equal(parse("\"\xe2\x82\xac\"")->text.data, "\xe2\x82\xac");
}

static void what_is_not_json_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t where;
        const char *rule;
    } cases[] = {
        {"", 0, "ends too early"},
        {"  ", 2, "ends too early"},
        {"[1,]", 3, "a value should stand"},
        {"[1 2]", 3, "',' or ']'"},
        {"{\"a\" 1}", 5, "':' should"},
        {"{a: 1}", 1, "a name in quotes"},
        {"{\"a\":1,}", 7, "a name in quotes"},
        {"{\"a\":1", 6, "ends too early"},
        {"{\"a\":1, \"a\":2}", 12, "stands twice"},
        {"01", 0, "needless zero"},
        {"-", 0, "a value should"},
        {"1.", 2, "follow the point"},
        {"1e+", 3, "no digits"},
        {"+1", 0, "a value should"},
        {"nul", 0, "a value should"},
        {"true false", 5, "nothing should follow"},
        {"\"abc", 0, "does not end"},
        {"\"abc\\", 0, "does not end"},
        {"\"\n\"", 1, "control character"},
        {"\"\\x\"", 1, "no escape"},
        {"\"\\u12g4\"", 1, "hexadecimal"},
        {"\"\\ud800\"", 1, "surrogate"},
        {"\"\\udc00\\ud800\"", 1, "surrogate"},
        {"\"\\ud800\\u0041\"", 1, "surrogate"},
        {"\"\xff\"", 1, "not UTF-8"},
        {"\"\xc0\x80\"", 1, "not UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, "not UTF-8"},
        {"\"\xe2\x82\"", 1, "not UTF-8"},
        {"[1] // no", 4, "nothing should follow"},
        {"{\n\n  \"a\": x}", 10, "line 3, column 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(cases[i].text, strlen(cases[i].text), cases[i].where, cases[i].rule);
    }
    refuse("1\0", 2, 1, "nothing should follow");
}

static void nesting_is_bounded(void **state) {
    (void)state;
    static char text[200000];
    memset(text, '[', sizeof text / 2);
    memset(text + sizeof text / 2, ']', sizeof text / 2);
    refuse(text, sizeof text, JSON_TREE_MAX_DEPTH, "too deeply");
    size_t edge = sizeof text / 2 - JSON_TREE_MAX_DEPTH;
    const struct json_value *value;
    assert_int_equal(
        json_tree_parse(&value, &arena, text + edge, JSON_TREE_MAX_DEPTH * 2, "x", NULL), INGLE_OK);
}

static void a_tree_larger_than_its_arena_is_refused(void **state) {
    (void)state;
    struct arena small;
    arena_init(&small, 4096);
    static char text[100001];
    memset(text, '[', 1);
    for (size_t i = 1; i < sizeof text; i++) text[i] = i % 2 ? '1' : ',';
    text[sizeof text - 1] = ']';
    const struct json_value *value;
    assert_int_equal(json_tree_parse(&value, &small, text, sizeof text, "x", NULL), INGLE_LIMIT);
    arena_clear(&small);
}

/* A body of eight megabytes once took 300 of memory before it was refused. */
static void a_wide_list_takes_no_more_memory_than_its_arena_may(void **state) {
    (void)state;
    enum { N = 4 << 20, MAX = 64 << 10 };
    struct arena a;
    arena_init(&a, MAX);
    char *text = malloc(N);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 1; i < N; i++) text[i] = "[],"[(i - 1) % 3];
    const struct json_value *value;
    uint64_t before = mem_count();
    assert_int_equal(json_tree_parse(&value, &a, text, N, "x", NULL), INGLE_LIMIT);
    /* The list under construction doubles with each of them: not for all of the text. */
    assert_true(mem_count() - before < 12);
    arena_clear(&a);
    free(text);
}

static void more_values_than_allowed_are_refused(void **state) {
    (void)state;
    static const char text[] = "{\"a\": [1, 2, {\"b\": 3}]}";
    const struct json_value *value;
    for (size_t n = 0; n < 8; n++) {
        ingle_error err = {0};
        const struct json_limits limits = {.depth = 3, .values = n};
        ingle_status status =
            json_tree_parse_within(&value, &arena, text, sizeof text - 1, "x", &limits, &err);
        assert_int_equal(status, n < 6 ? INGLE_LIMIT : INGLE_OK);
        if (n < 6) assert_non_null(strstr(err.msg, "values"));
    }
    const struct json_limits flat = {.depth = 2, .values = 100};
    assert_int_equal(
        json_tree_parse_within(&value, &arena, text, sizeof text - 1, "x", &flat, NULL),
        INGLE_INVALID);
}

/* Plain text is passed eight bytes at a time: what is not plain may stand anywhere. */
static void what_is_not_plain_is_seen_at_every_place(void **state) {
    (void)state;
    static const struct {
        const char *written, *read; /* NULL: it is refused */
    } pieces[] = {{"\\n", "\n"},    {"\\\"", "\""},
                  {"\\\\", "\\"},   {"\xc3\xa9", "\xc3\xa9"},
                  {"\x7f", "\x7f"}, {"\xe2\x82\xac", "\xe2\x82\xac"},
                  {"\x1f", NULL},   {"\x80", NULL},
                  {"\xff", NULL},   {"\n", NULL},
                  {"!", "!"}};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (int before = 0; before < 20; before++) {
            char text[64], wanted[64];
            const struct json_value *value;
            int n = snprintf(text, sizeof text, "\"%.*s%s%s\"", before, "abcdefghijklmnopqrst",
                             pieces[i].written, before % 2 ? "" : "0123456789");
            ingle_status status = json_tree_parse(&value, &arena, text, (size_t)n, "x", NULL);
            assert_int_equal(status, pieces[i].read ? INGLE_OK : INGLE_INVALID);
            if (!pieces[i].read) continue;
            snprintf(wanted, sizeof wanted, "%.*s%s%s", before, "abcdefghijklmnopqrst",
                     pieces[i].read, before % 2 ? "" : "0123456789");
            assert_string_equal(value->text.data, wanted);
        }
    }
}

static void a_name_that_stands_twice_is_seen_among_many(void **state) {
    (void)state;
    for (int n = 2; n < 40; n++) {
        for (int twice = 0; twice < n; twice++) {
            char text[2048] = "{";
            size_t len = 1;
            for (int i = 0; i < n; i++) {
                len += (size_t)snprintf(text + len, sizeof text - len, "%s\"a long name %d\": 0",
                                        i ? "," : "", i);
            }
            const struct json_value *value;
            text[len] = '}';
            assert_int_equal(json_tree_parse(&value, &arena, text, len + 1, "x", NULL), INGLE_OK);
            len +=
                (size_t)snprintf(text + len, sizeof text - len, ",\"a long name %d\": 0}", twice);
            ingle_error err = {0};
            assert_int_equal(json_tree_parse(&value, &arena, text, len, "x", &err), INGLE_INVALID);
            assert_int_equal(err.where, len - 2);
            arena_clear(&arena);
        }
    }
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const char text[] = "{\"a\": [1, \"two\", {\"b\": [[[]]]}], \"c\": -1.5}";
    for (uint64_t n = 1;; n++) {
        struct arena a;
        arena_init(&a, 1 << 20);
        uint64_t live = mem_live();
        const struct json_value *value;
        mem_fail_at(n, 0);
        ingle_status status = json_tree_parse(&value, &a, text, sizeof text - 1, "x", NULL);
        mem_fail_at(0, 0);
        arena_clear(&a);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) {
            assert_true(n > 1);
            return;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_kind_is_read_in_order, end),
        cmocka_unit_test_teardown(strings_are_decoded_to_utf8, end),
        cmocka_unit_test_teardown(what_is_not_json_is_refused_with_its_place, end),
        cmocka_unit_test_teardown(nesting_is_bounded, end),
        cmocka_unit_test(a_tree_larger_than_its_arena_is_refused),
        cmocka_unit_test(a_wide_list_takes_no_more_memory_than_its_arena_may),
        cmocka_unit_test_teardown(more_values_than_allowed_are_refused, end),
        cmocka_unit_test_teardown(what_is_not_plain_is_seen_at_every_place, end),
        cmocka_unit_test_teardown(a_name_that_stands_twice_is_seen_among_many, end),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
