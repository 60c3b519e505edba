/* constraint/json_values: equal values and equal sets have equal numbers, also once others were
 * forgotten. */
#include "engine/constraint/json_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"

static struct json_values values;

static int begin(void **state) {
    (void)state;
    return json_values_init(&values, 1 << 24) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    json_values_clear(&values);
    return 0;
}

static uint32_t number(const char *text) {
    struct number n;
    assert_true(number_parse(&n, text, strlen(text)));
    return json_values_number(&values, &n);
}

static uint32_t text(const char *bytes) {
    return json_values_text(&values, 0, bytes, strlen(bytes));
}

static void numbers_are_known_by_their_value(void **state) {
    (void)state;
    static const char *const equal[][3] = {{"1", "1.0", "10e-1"},
                                           {"0", "-0", "0e7"},
                                           {"-1200", "-1.2E3", "-12e+2"},
                                           {"0.015", "15e-3", "1.5e-2"}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(number(equal[i][0]), number(equal[i][1]));
        assert_int_equal(number(equal[i][0]), number(equal[i][2]));
        assert_int_not_equal(number(equal[i][0]), number(equal[(i + 1) % 4][0]));
    }
    assert_int_not_equal(number("12"), number("120"));
    assert_int_not_equal(number("1"), number("-1"));
    assert_int_not_equal(number("1"), json_values_add(&values, JSON_STRING_OF, text("1"), 0));
}

static void texts_are_read_back(void **state) {
    (void)state;
    char out[8];
    assert_int_equal(json_values_read(&values, text("hello"), out, sizeof out), 5);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(json_values_read(&values, text("hello"), out, 2), 2);
    assert_memory_equal(out, "lo", 2);
    assert_int_equal(json_values_read(&values, 0, out, sizeof out), 0);
}

#define N_MEMBERS 300

static void sets_are_the_same_in_any_order(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 1);
    for (int round = 0; round < 200; round++) {
        uint32_t members[N_MEMBERS], a = 0, b = 0, n = 1 + rng_below(&r, N_MEMBERS);
        for (uint32_t i = 0; i < n; i++) {
            members[i] = rng_below(&r, round % 2 ? 400 : 1 << 30);
            a = json_set_add(&values, a, members[i]);
        }
        for (uint32_t i = n; i-- > 0;) b = json_set_add(&values, b, members[i]);
        assert_int_equal(a, b);
        for (uint32_t i = 0; i < n; i++) assert_true(json_set_has(&values, a, members[i]));
        for (uint32_t other = 0; other < 400; other++) {
            bool is_in = false;
            for (uint32_t i = 0; i < n; i++) is_in |= members[i] == other;
            assert_int_equal(json_set_has(&values, a, other), is_in);
        }
        uint32_t more = json_set_add(&values, a, (uint32_t)1 << 31);
        assert_int_not_equal(more, a);
        assert_int_equal(json_set_add(&values, more, members[0]), more);
    }
}

/* The object {"a": [1, null], "b": "x"}, its members in either order. */
static uint32_t an_object(bool turned) {
    uint32_t list = json_values_add(&values, JSON_LIST, 0, number("1"));
    list =
        json_values_add(&values, JSON_LIST, list, json_values_add(&values, JSON_LITERAL_OF, 0, 0));
    uint32_t a = json_values_add(&values, JSON_MEMBER, text("a"),
                                 json_values_add(&values, JSON_ARRAY_OF, list, 0));
    uint32_t b = json_values_add(&values, JSON_MEMBER, text("b"),
                                 json_values_add(&values, JSON_STRING_OF, text("x"), 0));
    uint32_t set = json_set_add(&values, 0, turned ? b : a);
    set = json_set_add(&values, set, turned ? a : b);
    return json_values_add(&values, JSON_OBJECT_OF, set, 0);
}

static void what_is_kept_is_the_same_after_forgetting(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) text("some text that nobody asks for again");
    uint32_t junk = 0, names = 0, word = 0;
    char name[16];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "name%d", i * 7);
        word = text(name);
        names = json_set_add(&values, names, word);
        junk = json_set_add(&values, junk, number("5"));
    }
    uint32_t object = an_object(false), n = values.nodes.n;
    uint32_t *map = calloc(n, sizeof *map);
    map[object] = JSON_KEEP;
    map[names] = JSON_KEEP_SET;
    map[word] = JSON_KEEP;
    assert_true(json_values_compact(&values, map));
    assert_true(values.nodes.n < n);
    assert_int_equal(an_object(true), map[object]);
    assert_int_equal(an_object(false), map[object]);
    assert_int_equal(text(name), map[word]);
    uint32_t again = 0;
    for (int i = 499; i >= 0; i--) {
        snprintf(name, sizeof name, "name%d", i * 7);
        assert_true(json_set_has(&values, map[names], text(name)));
        again = json_set_add(&values, again, text(name));
    }
    assert_int_equal(again, map[names]);
    assert_false(json_set_has(&values, map[names], text("name1")));
    free(map);
}

static void without_memory_forgetting_does_nothing(void **state) {
    (void)state;
    uint32_t object = an_object(false), n = values.nodes.n;
    for (uint64_t at = 1;; at++) {
        uint32_t *map = calloc(n, sizeof *map);
        map[object] = JSON_KEEP;
        mem_fail_at(at, 0);
        bool is_done = json_values_compact(&values, map);
        mem_fail_at(0, 0);
        if (!is_done) assert_int_equal(an_object(false), object);
        free(map);
        if (!is_done) continue;
        assert_true(at > 3);
        return;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_are_known_by_their_value, begin, end),
        cmocka_unit_test_setup_teardown(texts_are_read_back, begin, end),
        cmocka_unit_test_setup_teardown(sets_are_the_same_in_any_order, begin, end),
        cmocka_unit_test_setup_teardown(what_is_kept_is_the_same_after_forgetting, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_forgetting_does_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
