/* engine/constraint/decimal: exact decimals. */
#include "engine/constraint/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct decimal d(const char *text) {
    return (struct decimal){text, strlen(text)};
}

static int compare(const char *a, const char *b) {
    struct decimal x = d(a), y = d(b);
    return decimal_compare(&x, &y);
}

static void numbers_compare_by_value(void **state) {
    (void)state;
    static const char *const ascending[] = {"-1e999", "-10.5", "-1.05e1",   "-10",  "-0.001", "0",
                                            "1e-999", "0.001", "0.0010001", "0.1",  "1",      "1.5",
                                            "10",     "10.01", "1e2",       "1e999"};
    size_t n = sizeof ascending / sizeof *ascending;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int order = compare(ascending[i], ascending[k]);
            bool is_same = i == k || (i + k == 3 && i * k == 2); /* -10.5, -1.05e1 */
            assert_int_equal(order == 0, is_same);
            if (!is_same) assert_int_equal(order < 0, i < k);
        }
    }
    assert_int_equal(compare("1.0", "10E-1"), 0);
    assert_int_equal(compare("-0", "0.00e7"), 0);
    assert_int_equal(compare("100", "1e+2"), 0);
    assert_true(compare("1e99999999999999999999", "1e5") > 0);
    assert_true(compare("1e-99999999999999999999", "1e-5") < 0);
}

static bool divides(const char *a, const char *m) {
    struct decimal x = d(a), y = d(m);
    return decimal_is_multiple(&x, &y);
}

static void multiples_are_exact(void **state) {
    (void)state;
    assert_true(divides("0.07", "0.01") && divides("1e300", "7e-1") == false);
    assert_true(divides("0", "3") && divides("-9", "3") && divides("4.5", "1.5"));
    assert_true(divides("1e1000", "8") && divides("1e1000000", "0.0001"));
    assert_false(divides("1e1000", "3") || divides("1", "2") || divides("0.5", "1"));
    assert_false(divides("15", "1e1") || divides("1e-5", "1"));
    assert_true(divides("123456789012345678901234567890", "10"));
    assert_true(divides("121932631112635269000000", "123456789000"));
}

static void counts_stop_at_what_is_known(void **state) {
    (void)state;
    struct decimal zero = d("0"), seven = d("7"), big = d("1e9"), more = d("4294967295"),
                   huge = d("1e99");
    assert_int_equal(decimal_to_count(&zero), 0);
    assert_int_equal(decimal_to_count(&seven), 7);
    assert_int_equal(decimal_to_count(&big), 1000000000);
    assert_int_equal(decimal_to_count(&more), UINT32_MAX);
    assert_int_equal(decimal_to_count(&huge), UINT32_MAX);
    struct decimal modest = d("1.5e308"), tiny = d("1e-401");
    assert_true(decimal_is_modest(&modest));
    assert_false(decimal_is_modest(&tiny));
}

static void sets_of_numbers_are_counted(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct decimal three = d("0.3"), two = d("0.2"), values[8];
    struct number_shape set = {
        .min = d("-0.7"), .max = d("0.7"), .multiples = &three, .n_multiples = 1};
    uint32_t n;
    assert_true(decimal_count(&n, &set, 8, values, &arena));
    assert_int_equal(n, 5); /* -0.6 -0.3 0 0.3 0.6 */
    assert_int_equal(decimal_compare(&values[0], &(struct decimal){"-0.6", 4}), 0);
    set.not_multiples = &two;
    set.n_not_multiples = 1;
    assert_true(decimal_count(&n, &set, 8, values, &arena));
    assert_int_equal(n, 2); /* -0.3 0.3 */
    assert_true(decimal_count(&n, &set, 1, NULL, &arena));
    assert_int_equal(n, DECIMAL_MANY);
    struct decimal both[] = {d("4"), d("6")};
    struct number_shape lcm = {
        .min = d("1"), .max = d("12"), .below_max = true, .multiples = both, .n_multiples = 2};
    assert_true(decimal_count(&n, &lcm, 1, NULL, &arena));
    assert_int_equal(n, 0);
    lcm.below_max = false;
    assert_true(decimal_count(&n, &lcm, 1, values, &arena));
    assert_int_equal(n, 1);
    assert_int_equal(decimal_compare(&values[0], &(struct decimal){"12", 2}), 0);
    arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_by_value),
        cmocka_unit_test(multiples_are_exact),
        cmocka_unit_test(counts_stop_at_what_is_known),
        cmocka_unit_test(sets_of_numbers_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
