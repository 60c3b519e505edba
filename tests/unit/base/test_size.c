/* base/size: arithmetic that cannot wrap. */
#include "base/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define UNTOUCHED ((size_t)12345)

static void products_are_exact_or_refused(void **state) {
    (void)state;
    size_t out = UNTOUCHED;
    assert_true(mul_size(&out, 6, 7));
    assert_int_equal(out, 42);
    assert_true(mul_size(&out, SIZE_MAX, 1));
    assert_true(out == SIZE_MAX);
    assert_true(mul_size(&out, SIZE_MAX, 0));
    assert_int_equal(out, 0);
    assert_true(mul_size(&out, (size_t)1 << 31, (size_t)1 << 32));
    assert_true(out == (size_t)1 << 63);
    out = UNTOUCHED;
    assert_false(mul_size(&out, (size_t)1 << 32, (size_t)1 << 32));
    assert_false(mul_size(&out, SIZE_MAX, 2));
    assert_false(mul_size(&out, SIZE_MAX / 2 + 1, 2));
    assert_int_equal(out, UNTOUCHED);
}

static void sums_are_exact_or_refused(void **state) {
    (void)state;
    size_t out = UNTOUCHED;
    assert_true(add_size(&out, SIZE_MAX - 5, 5));
    assert_true(out == SIZE_MAX);
    out = UNTOUCHED;
    assert_false(add_size(&out, SIZE_MAX - 5, 6));
    assert_false(add_size(&out, SIZE_MAX, SIZE_MAX));
    assert_int_equal(out, UNTOUCHED);
}

static void rounding_goes_up_to_the_next_multiple(void **state) {
    (void)state;
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (size_t size = 0; size < 300; size++) {
            size_t out = UNTOUCHED;
            assert_true(round_up_size(&out, size, alignment));
            assert_int_equal(out % alignment, 0);
            assert_in_range(out, size, size + alignment - 1);
        }
    }
}

static void rounding_past_the_largest_size_is_refused(void **state) {
    (void)state;
    size_t out = UNTOUCHED;
    assert_false(round_up_size(&out, SIZE_MAX, 2));
    assert_false(round_up_size(&out, SIZE_MAX - 30, 32));
    assert_int_equal(out, UNTOUCHED);
    assert_true(round_up_size(&out, SIZE_MAX - 31, 32));
    assert_true(out == SIZE_MAX - 31);
    assert_true(round_up_size(&out, SIZE_MAX, 1));
    assert_true(out == SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_exact_or_refused),
        cmocka_unit_test(sums_are_exact_or_refused),
        cmocka_unit_test(rounding_goes_up_to_the_next_multiple),
        cmocka_unit_test(rounding_past_the_largest_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
