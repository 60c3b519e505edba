/* base/arena: small pieces, given back all at once. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void pieces_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    char *last = NULL;
    for (size_t size = 0; size < 300; size++) {
        char *piece = arena_alloc(&a, size);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
        assert_ptr_not_equal(piece, last);
        for (size_t i = 0; i < size; i++) assert_int_equal(piece[i], 0);
        memset(piece, 0xff, size);
        last = piece;
    }
    arena_clear(&a);
}

static void a_piece_may_be_larger_than_a_block(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    char *small = arena_copy(&a, "abc", 3);
    char *large = arena_alloc(&a, 500000);
    assert_non_null(large);
    memset(large, 1, 500000);
    assert_string_equal(small, "abc");
    arena_clear(&a);
}

static void past_the_maximum_it_fails_until_cleared(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a, 1024);
    assert_null(arena_alloc(&a, 2000));
    assert_true(a.failed);
    assert_null(arena_alloc(&a, 1));
    arena_clear(&a);
    assert_false(a.failed);
    assert_non_null(arena_alloc(&a, 1000));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    arena_clear(&a);
}

static void a_failed_allocation_is_remembered_and_nothing_leaks(void **state) {
    (void)state;
    uint64_t live = mem_live();
    struct arena a;
    arena_init(&a, 1 << 20);
    assert_non_null(arena_alloc(&a, 16));
    mem_fail_at(1, 0);
    assert_null(arena_alloc(&a, 100000));
    mem_fail_at(0, 0);
    assert_true(a.failed);
    arena_clear(&a);
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_piece_may_be_larger_than_a_block),
        cmocka_unit_test(past_the_maximum_it_fails_until_cleared),
        cmocka_unit_test(a_failed_allocation_is_remembered_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
