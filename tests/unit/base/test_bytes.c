/* base/bytes: the cursor over untrusted bytes. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t raw[] = {0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0xf8, 0x09};

static void numbers_are_little_endian(void **state) {
    (void)state;
    struct bytes in = {.data = raw, .size = sizeof raw};
    uint32_t low;
    uint64_t all;
    assert_true(bytes_u32(&in, &low));
    assert_int_equal(low, 0x84030201u);
    assert_int_equal(in.pos, 4);
    in.pos = 0;
    assert_true(bytes_u64(&in, &all));
    assert_true(all == 0xf807060584030201u);
    assert_int_equal(bytes_left(&in), 1);
}

static void a_read_past_the_end_moves_nothing(void **state) {
    (void)state;
    for (size_t size = 0; size < 8; size++) {
        for (size_t pos = 0; pos <= size; pos++) {
            struct bytes in = {.data = raw, .size = size, .pos = pos};
            uint8_t copy[16] = {0xee};
            uint32_t u32 = 7;
            uint64_t u64 = 7;
            const uint8_t *view = NULL;
            size_t left = size - pos;
            assert_false(bytes_take(&in, left + 1, &view));
            assert_false(bytes_take(&in, SIZE_MAX, &view));
            assert_false(bytes_read(&in, copy, left + 1));
            assert_false(bytes_u64(&in, &u64));
            if (left < 4) assert_false(bytes_u32(&in, &u32));
            assert_int_equal(in.pos, pos);
            assert_int_equal(bytes_left(&in), left);
            assert_int_equal(copy[0], 0xee);
            assert_int_equal(u32, 7);
            assert_int_equal(u64, 7);
            assert_null(view);
        }
    }
}

static void taking_borrows_and_reading_copies(void **state) {
    (void)state;
    struct bytes in = {.data = raw, .size = sizeof raw};
    const uint8_t *view;
    uint8_t copy[6];
    assert_true(bytes_take(&in, 3, &view));
    assert_ptr_equal(view, raw);
    assert_true(bytes_read(&in, copy, 6));
    assert_memory_equal(copy, raw + 3, 6);
    assert_int_equal(bytes_left(&in), 0);
}

static void nothing_can_be_taken_at_the_end_and_from_no_bytes(void **state) {
    (void)state;
    struct bytes at_end = {.data = raw, .size = sizeof raw, .pos = sizeof raw};
    struct bytes none = {.data = raw, .size = 0};
    const uint8_t *view;
    assert_true(bytes_take(&at_end, 0, &view));
    assert_true(bytes_take(&none, 0, &view));
    assert_false(bytes_take(&at_end, 1, &view));
    assert_false(bytes_take(&none, 1, &view));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(a_read_past_the_end_moves_nothing),
        cmocka_unit_test(taking_borrows_and_reading_copies),
        cmocka_unit_test(nothing_can_be_taken_at_the_end_and_from_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
