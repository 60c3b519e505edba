/* base/buf: the growing buffer with a maximum and sticky errors. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void a_zeroed_buffer_with_a_maximum_is_valid_and_empty(void **state) {
    (void)state;
    struct buf b = {.max = 8};
    assert_false(buf_failed(&b));
    assert_true(buf_add_str(&b, "abc"));
    assert_string_equal(b.data, "abc");
    buf_clear(&b);
}

static void what_is_added_is_kept_and_nul_terminated(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < 5000; i++) {
        char byte = (char)i;
        assert_true(buf_add(&b, &byte, 1));
        assert_int_equal(b.size, i + 1);
        assert_int_equal(b.data[b.size], 0);
    }
    for (size_t i = 0; i < 5000; i++) assert_int_equal((uint8_t)b.data[i], i & 0xff);
    assert_true(buf_add(&b, NULL, 0));
    assert_int_equal(b.size, 5000);
    buf_clear(&b);
}

static void it_fills_to_the_maximum_and_not_a_byte_more(void **state) {
    (void)state;
    for (size_t max = 0; max < 200; max++) {
        struct buf b;
        buf_init(&b, max);
        for (size_t i = 0; i < max; i++) assert_true(buf_add(&b, "x", 1));
        assert_false(buf_failed(&b));
        assert_false(buf_add(&b, "x", 1));
        assert_true(buf_failed(&b));
        assert_int_equal(b.size, max);
        assert_true(b.cap <= 2 * max + 64);
        buf_clear(&b);
    }
}

static void a_length_that_would_wrap_is_refused(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_true(buf_add_str(&b, "abc"));
    assert_false(buf_add(&b, "x", SIZE_MAX));
    assert_string_equal(b.data, "abc");
    buf_clear(&b);
}

static void after_a_failure_appends_change_nothing_until_reset(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    assert_true(buf_add_str(&b, "abc"));
    assert_false(buf_add_str(&b, "defg"));
    assert_false(buf_add_str(&b, "d"));
    assert_false(buf_addf(&b, "%d", 1));
    assert_false(buf_add(&b, NULL, 0));
    assert_true(buf_failed(&b));
    assert_string_equal(b.data, "abc");
    buf_reset(&b);
    assert_false(buf_failed(&b));
    assert_int_equal(b.size, 0);
    assert_string_equal(b.data, "");
    assert_true(buf_add_str(&b, "abcde"));
    buf_clear(&b);
}

static void reset_keeps_the_storage_and_clear_frees_it_but_keeps_the_maximum(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_true(buf_add_str(&b, "some text"));
    uint64_t before = mem_count();
    buf_reset(&b);
    assert_true(buf_add_str(&b, "other"));
    assert_int_equal(mem_count(), before);
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.size, 0);
    assert_int_equal(b.max, 1000);
    assert_true(buf_add_str(&b, "again"));
    buf_clear(&b);
    buf_clear(&b);
    buf_reset(&b);
}

static void formatted_text_is_appended_or_refused_whole(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 12);
    assert_true(buf_addf(&b, "%s=%d;", "key", 42));
    assert_string_equal(b.data, "key=42;");
    assert_true(buf_addf(&b, "%05d", 7));
    assert_string_equal(b.data, "key=42;00007");
    assert_false(buf_addf(&b, "%d", 1));
    assert_string_equal(b.data, "key=42;00007");
    buf_clear(&b);
}

static void growing_by_single_bytes_moves_the_content_only_a_few_times(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    uint64_t before = mem_count();
    for (size_t i = 0; i < (size_t)1 << 20; i++) assert_true(buf_add(&b, "x", 1));
    assert_true(mem_count() - before <= 20);
    assert_true(b.cap <= b.max + 1);
    buf_clear(&b);
}

static void any_failed_allocation_leaves_the_content_and_is_sticky(void **state) {
    (void)state;
    int n_failed = 0;
    for (uint64_t n = 1;; n++) {
        struct buf b;
        buf_init(&b, 4096);
        mem_fail_at(n, 0);
        size_t good = 0;
        while (good < 1000 && buf_add(&b, "y", 1)) good++;
        mem_fail_at(0, 0);
        bool failed = buf_failed(&b);
        assert_int_equal(b.size, good);
        assert_int_equal(failed, good < 1000);
        if (failed) assert_false(buf_add(&b, "z", 1));
        for (size_t i = 0; i < b.size; i++) assert_int_equal(b.data[i], 'y');
        buf_clear(&b);
        if (!failed) break;
        n_failed++;
    }
    assert_true(n_failed >= 4);
}

static void room_for_more_is_given_out_to_be_filled(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_true(buf_add_str(&b, "ab"));
    char *room = buf_extend(&b, 3);
    assert_non_null(room);
    for (int i = 0; i < 3; i++) room[i] = (char)('c' + i);
    assert_int_equal(b.size, 5);
    assert_string_equal(b.data, "abcde");
    assert_non_null(buf_extend(&b, 0));
    assert_null(buf_extend(&b, 96));
    assert_true(buf_failed(&b));
    assert_int_equal(b.size, 5);
    buf_clear(&b);
}

static void what_is_secret_is_wiped_and_stays_so(void **state) {
    (void)state;
    struct buf b;
    buf_init_secret(&b, 100000);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) assert_true(buf_add_str(&b, "secret "));
        assert_int_equal(b.size, 7000);
        assert_memory_equal(b.data + 6993, "secret ", 8);
        char *data = b.data;
        buf_reset(&b);
        for (int i = 0; i < 7000; i++) assert_int_equal(data[i], 0);
        assert_true(b.is_secret);
        buf_clear(&b);
        assert_true(b.is_secret);
        assert_int_equal(b.max, 100000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zeroed_buffer_with_a_maximum_is_valid_and_empty),
        cmocka_unit_test(what_is_added_is_kept_and_nul_terminated),
        cmocka_unit_test(it_fills_to_the_maximum_and_not_a_byte_more),
        cmocka_unit_test(a_length_that_would_wrap_is_refused),
        cmocka_unit_test(after_a_failure_appends_change_nothing_until_reset),
        cmocka_unit_test(reset_keeps_the_storage_and_clear_frees_it_but_keeps_the_maximum),
        cmocka_unit_test(formatted_text_is_appended_or_refused_whole),
        cmocka_unit_test(growing_by_single_bytes_moves_the_content_only_a_few_times),
        cmocka_unit_test(any_failed_allocation_leaves_the_content_and_is_sticky),
        cmocka_unit_test(room_for_more_is_given_out_to_be_filled),
        cmocka_unit_test(what_is_secret_is_wiped_and_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
