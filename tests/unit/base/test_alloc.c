/* base/alloc: sizes that wrap, alignment, and the failures that tests order. */
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int no_more_failures(void **state) {
    (void)state;
    mem_fail_at(0, 0);
    return 0;
}

static void nothing_is_a_valid_size(void **state) {
    (void)state;
    void *ptrs[] = {mem_alloc(0),         mem_calloc(0, 8),   mem_calloc(8, 0),
                    mem_realloc(NULL, 0), mem_aligned(64, 0), mem_strndup("", 0)};
    for (size_t i = 0; i < BASE_COUNT(ptrs); i++) {
        assert_non_null(ptrs[i]);
        mem_free(ptrs[i]);
    }
    mem_free(NULL);
}

static void calloc_zeroes_and_refuses_a_product_that_wraps(void **state) {
    (void)state;
    uint8_t *bytes = mem_calloc(100, 7);
    assert_non_null(bytes);
    for (size_t i = 0; i < 700; i++) assert_int_equal(bytes[i], 0);
    mem_free(bytes);
    uint64_t before = mem_count();
    assert_null(mem_calloc(SIZE_MAX / 2, 3));
    assert_null(mem_calloc(SIZE_MAX, 2));
    assert_int_equal(mem_count(), before);
}

static void aligned_memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        uint8_t *bytes = mem_aligned(alignment, 1000);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % alignment, 0);
        for (size_t i = 0; i < 1000; i++) assert_int_equal(bytes[i], 0);
        mem_free(bytes);
    }
    assert_null(mem_aligned(64, SIZE_MAX));
}

static void tables_of_every_size_are_zeroed(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 9 << 20};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        uint64_t live = mem_live();
        for (int again = 0; again < 2; again++) { /* memory that was used before, too */
            uint8_t *bytes = mem_table(sizes[i], 1);
            assert_non_null(bytes);
            for (size_t k = 0; k < sizes[i]; k++) assert_true(bytes[k] == 0);
            memset(bytes, 0xff, sizes[i]);
            mem_free(bytes);
        }
        assert_int_equal(mem_live(), live);
        mem_fail_at(1, 0);
        assert_null(mem_table(sizes[i], 1));
        mem_fail_at(0, 0);
    }
    assert_null(mem_table(SIZE_MAX / 2, 3));
    assert_null(mem_table(SIZE_MAX, 1));
}

static void strndup_adds_a_nul_and_keeps_inner_ones(void **state) {
    (void)state;
    char *copy = mem_strndup("ab\0cd", 5);
    assert_non_null(copy);
    assert_memory_equal(copy, "ab\0cd", 6);
    mem_free(copy);
    assert_null(mem_strndup("x", SIZE_MAX));
}

static void a_failed_realloc_leaves_the_old_block_valid(void **state) {
    (void)state;
    char *text = mem_strndup("still here", 10);
    mem_fail_at(1, 0);
    assert_null(mem_realloc(text, 1000));
    assert_string_equal(text, "still here");
    char *longer = mem_realloc(text, 1000);
    assert_non_null(longer);
    assert_string_equal(longer, "still here");
    mem_free(longer);
}

static void every_kind_of_allocation_counts_once(void **state) {
    (void)state;
    uint64_t before = mem_count();
    void *ptrs[] = {mem_alloc(1), mem_calloc(1, 1), mem_realloc(NULL, 1), mem_aligned(16, 1),
                    mem_strndup("a", 1)};
    assert_int_equal(mem_count() - before, BASE_COUNT(ptrs));
    for (size_t i = 0; i < BASE_COUNT(ptrs); i++) mem_free(ptrs[i]);
    assert_int_equal(mem_count() - before, BASE_COUNT(ptrs));
}

static void live_blocks_are_those_not_freed(void **state) {
    (void)state;
    uint64_t before = mem_live();
    void *ptrs[] = {mem_alloc(1), mem_calloc(1, 1), mem_realloc(NULL, 1), mem_aligned(16, 1),
                    mem_strndup("a", 1)};
    assert_int_equal(mem_live() - before, BASE_COUNT(ptrs));
    ptrs[0] = mem_realloc(ptrs[0], 100000);
    assert_int_equal(mem_live() - before, BASE_COUNT(ptrs));
    mem_fail_at(1, 0);
    assert_null(mem_alloc(1));
    assert_int_equal(mem_live() - before, BASE_COUNT(ptrs));
    for (size_t i = 0; i < BASE_COUNT(ptrs); i++) mem_free(ptrs[i]);
    mem_free(NULL);
    assert_int_equal(mem_live(), before);
}

static void the_nth_allocation_fails_once(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 5; n++) {
        mem_fail_at(n, 0);
        for (uint64_t i = 1; i <= 10; i++) {
            uint64_t before = mem_count();
            void *ptr = mem_alloc(8);
            assert_int_equal(ptr == NULL, i == n);
            assert_int_equal(mem_count() - before, i != n);
            mem_free(ptr);
        }
    }
}

static void the_nth_and_all_later_ones_fail_until_switched_off(void **state) {
    (void)state;
    mem_fail_at(3, 1);
    for (int i = 1; i <= 10; i++) {
        void *ptr = mem_alloc(8);
        assert_int_equal(ptr == NULL, i >= 3);
        mem_free(ptr);
    }
    mem_fail_at(0, 0);
    void *ptr = mem_alloc(8);
    assert_non_null(ptr);
    mem_free(ptr);
}

static void each_kind_can_be_made_to_fail(void **state) {
    (void)state;
    mem_fail_at(1, 1);
    assert_null(mem_alloc(1));
    assert_null(mem_calloc(1, 1));
    assert_null(mem_realloc(NULL, 1));
    assert_null(mem_aligned(16, 1));
    assert_null(mem_strndup("a", 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_a_valid_size, no_more_failures),
        cmocka_unit_test_teardown(calloc_zeroes_and_refuses_a_product_that_wraps, no_more_failures),
        cmocka_unit_test_teardown(aligned_memory_is_zeroed_and_aligned, no_more_failures),
        cmocka_unit_test_teardown(tables_of_every_size_are_zeroed, no_more_failures),
        cmocka_unit_test_teardown(strndup_adds_a_nul_and_keeps_inner_ones, no_more_failures),
        cmocka_unit_test_teardown(a_failed_realloc_leaves_the_old_block_valid, no_more_failures),
        cmocka_unit_test_teardown(every_kind_of_allocation_counts_once, no_more_failures),
        cmocka_unit_test_teardown(live_blocks_are_those_not_freed, no_more_failures),
        cmocka_unit_test_teardown(the_nth_allocation_fails_once, no_more_failures),
        cmocka_unit_test_teardown(the_nth_and_all_later_ones_fail_until_switched_off,
                                  no_more_failures),
        cmocka_unit_test_teardown(each_kind_can_be_made_to_fail, no_more_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
