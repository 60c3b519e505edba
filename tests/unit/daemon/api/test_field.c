/* daemon/api/field: what a request's fields may be, and what is said of those that may not. */
#include "daemon/api/field.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static struct arena arena;

static struct fields of(const char *json) {
    struct fields f = {.bad = NULL};
    arena_init(&arena, 1 << 20);
    assert_int_equal(json_tree_parse(&f.object, &arena, json, strlen(json), "it", NULL), INGLE_OK);
    return f;
}

static void expect_bad(struct fields *f, const char *name, const char *message) {
    assert_non_null(f->bad);
    assert_string_equal(f->bad, name);
    assert_string_equal(f->err.msg, message);
    assert_int_equal(f->err.code, INGLE_BAD_ARGUMENT);
    arena_clear(&arena);
}

static void what_is_absent_or_null_changes_nothing(void **state) {
    (void)state;
    struct fields f = of("{\"a\":null}");
    int n = 7;
    bool is = true;
    const char *text = "before";
    assert_false(field_int32(&f, "a", 0, 9, &n));
    assert_false(field_int32(&f, "b", 0, 9, &n));
    assert_false(field_bool(&f, "a", &is));
    assert_false(field_string(&f, "a", &text));
    field_refuse(&f, "a", "no");
    assert_int_equal(n, 7);
    assert_true(is);
    assert_string_equal(text, "before");
    assert_null(f.bad);
    field_need(&f, "a");
    expect_bad(&f, "a", "'a' is missing.");
}

static void whole_numbers_are_exact_to_the_last(void **state) {
    (void)state;
    struct fields f = of("{\"a\":9007199254740993,\"b\":9223372036854775807,"
                         "\"c\":-9223372036854775808,\"d\":1e3,\"e\":5.0}");
    int64_t n = 0;
    assert_true(field_int(&f, "a", 0, INT64_MAX, &n) && n == 9007199254740993);
    assert_true(field_int(&f, "b", 0, INT64_MAX, &n) && n == INT64_MAX);
    assert_true(field_int(&f, "c", INT64_MIN, 0, &n) && n == INT64_MIN);
    assert_true(field_int(&f, "d", 0, 1000, &n) && n == 1000);
    assert_true(field_int(&f, "e", 0, 1000, &n) && n == 5);
    assert_null(f.bad);
    arena_clear(&arena);
}

static void numbers_beyond_their_range_are_refused(void **state) {
    static const char *const texts[] = {"9223372036854775808", "1e19", "1e400", "-1", "0.5"};
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"a\":%s}", texts[i]);
        struct fields f = of(json);
        int64_t n = 3;
        assert_false(field_int(&f, "a", 0, INT64_MAX, &n));
        assert_string_equal(f.bad, "a");
        assert_int_equal(n, 3);
        arena_clear(&arena);
    }
}

static void the_first_failure_stays(void **state) {
    (void)state;
    struct fields f = of("{\"a\":\"x\",\"b\":[1],\"c\":3}");
    static const char *const words[] = {"low", "high", NULL};
    int n = 1;
    assert_false(field_choice(&f, "a", words, &n));
    assert_false(field_bool(&f, "b", &(bool){false}));
    field_refuse(&f, "c", "no");
    assert_int_equal(n, 1);
    expect_bad(&f, "a", "'a' is 'x'; it must be one of low, high.");
}

static void what_means_no_is_not_refused(void **state) {
    (void)state;
    struct fields f = of("{\"a\":false,\"b\":[],\"c\":{},\"d\":\"\"}");
    field_refuse(&f, "a", "no");
    field_refuse(&f, "b", "no");
    field_refuse(&f, "c", "no");
    assert_null(f.bad);
    field_refuse(&f, "d", "it cannot be.");
    expect_bad(&f, "d", "'d' is not supported: it cannot be.");
}

static void strings_are_one_or_an_array_without_nuls(void **state) {
    (void)state;
    struct fields f = of("{\"a\":\"x\",\"b\":[\"y\",\"z\"],\"c\":\"\\u0000\",\"d\":[1]}");
    const char *const *all = NULL;
    size_t n = 0;
    assert_true(field_strings(&f, "a", 2, &arena, &all, &n));
    assert_int_equal(n, 1);
    assert_string_equal(all[0], "x");
    assert_true(field_strings(&f, "b", 2, &arena, &all, &n));
    assert_int_equal(n, 2);
    assert_string_equal(all[1], "z");
    assert_null(f.bad);
    struct fields few = f, nul = f, number = f;
    assert_false(field_strings(&few, "b", 1, &arena, &all, &n));
    assert_false(field_strings(&nul, "c", 2, &arena, &all, &n));
    assert_false(field_strings(&number, "d", 2, &arena, &all, &n));
    assert_string_equal(few.bad, "b");
    assert_string_equal(nul.bad, "c");
    expect_bad(&number, "d", "'d' must be a string or an array of strings.");
}

static void failures_inside_have_their_place(void **state) {
    (void)state;
    struct fields f = of("{\"a\":{\"b\":1}}");
    struct fields inner = {.object = field_get(&f, "a")};
    bool is;
    assert_false(field_bool(&inner, "b", &is));
    field_adopt(&f, &inner, &arena, field_path(&arena, "a[%d]", 3));
    expect_bad(&f, "a[3].b", "a[3]: 'b' must be true or false.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_or_null_changes_nothing),
        cmocka_unit_test(whole_numbers_are_exact_to_the_last),
        cmocka_unit_test(numbers_beyond_their_range_are_refused),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(what_means_no_is_not_refused),
        cmocka_unit_test(strings_are_one_or_an_array_without_nuls),
        cmocka_unit_test(failures_inside_have_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
