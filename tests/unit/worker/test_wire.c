/* worker/wire/wire: what is written is read again, and bytes that nobody wrote are refused. */
#include "worker/wire/wire.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/refusal.h"

#define MAX_TEXT 10
#define MAX_LIST 3

struct item {
    int32_t number;
    const char *name;
};

/* One of everything. */
struct all {
    uint32_t u32;
    uint64_t u64;
    size_t size;
    int small; /* -2..5 */
    int any;
    bool yes;
    float f;
    double d;
    struct wire_text text;
    const char *string, *absent;
    uint8_t fixed[3];
    const char *const *strings;
    size_t n_strings;
    struct item *items;
    size_t n_items;
};

static void visit_item(struct wire *w, void *item) {
    struct item *m = item;
    wire_int(w, &m->number, 0, 9);
    wire_string(w, &m->name, MAX_TEXT);
}

static void visit(struct wire *w, void *message) {
    struct all *m = message;
    wire_u32(w, &m->u32);
    wire_u64(w, &m->u64);
    wire_size(w, &m->size);
    wire_int(w, &m->small, -2, 5);
    wire_int(w, &m->any, INT_MIN, INT_MAX);
    wire_bool(w, &m->yes);
    wire_float(w, &m->f);
    wire_double(w, &m->d);
    wire_text(w, &m->text, MAX_TEXT);
    wire_string(w, &m->string, MAX_TEXT);
    wire_string(w, &m->absent, MAX_TEXT);
    wire_fixed(w, m->fixed, sizeof m->fixed);
    wire_strings(w, &m->strings, &m->n_strings, MAX_LIST, MAX_TEXT);
    wire_list(w, &m->items, &m->n_items, sizeof *m->items, MAX_LIST, visit_item);
}

static const char *const strings[] = {"one", "", "three"};
static struct item items[] = {{4, "four"}, {0, NULL}};

static const struct all example = {.u32 = 0xfffefdfc,
                                   .u64 = 0x8877665544332211,
                                   .size = SIZE_MAX,
                                   .small = -2,
                                   .any = INT_MIN,
                                   .yes = true,
                                   .f = -FLT_MIN,
                                   .d = DBL_MAX,
                                   .text = {"a\0b", 3},
                                   .string = "0123456789",
                                   .fixed = {1, 2, 3},
                                   .strings = strings,
                                   .n_strings = 3,
                                   .items = items,
                                   .n_items = 2};

static void write_one(struct buf *out, const struct all *m) {
    buf_init(out, 4096);
    assert_int_equal(wire_write(out, visit, m, NULL), INGLE_OK);
}

/* A copy of its own size, so that the address sanitizer sees a byte too many. */
static ingle_status read_one(struct all *m, const void *data, size_t size, struct arena *a,
                             ingle_error *err) {
    uint8_t *copy = mem_alloc(size ? size : 1);
    if (size) memcpy(copy, data, size);
    ingle_status status = wire_read(m, sizeof *m, visit, copy, size, a, err);
    mem_free(copy); /* what was read does not borrow from it */
    return status;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    struct buf bytes;
    struct arena a;
    struct all m;
    write_one(&bytes, &example);
    arena_init(&a, 4096);
    assert_int_equal(read_one(&m, bytes.data, bytes.size, &a, NULL), INGLE_OK);
    assert_int_equal(m.u32, example.u32);
    assert_int_equal(m.u64, example.u64);
    assert_int_equal(m.size, example.size);
    assert_int_equal(m.small, -2);
    assert_int_equal(m.any, INT_MIN);
    assert_true(m.yes);
    assert_true(m.f == example.f && m.d == example.d);
    assert_int_equal(m.text.len, 3);
    assert_memory_equal(m.text.data, "a\0b", 4);
    assert_string_equal(m.string, "0123456789");
    assert_null(m.absent);
    assert_memory_equal(m.fixed, example.fixed, 3);
    assert_int_equal(m.n_strings, 3);
    for (int i = 0; i < 3; i++) assert_string_equal(m.strings[i], strings[i]);
    assert_int_equal(m.n_items, 2);
    assert_int_equal(m.items[0].number, 4);
    assert_string_equal(m.items[0].name, "four");
    assert_null(m.items[1].name);
    struct buf again;
    write_one(&again, &m);
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    buf_clear(&again);
    buf_clear(&bytes);
    arena_clear(&a);
}

static void numbers_are_little_endian_and_packed(void **state) {
    (void)state;
    struct buf bytes;
    write_one(&bytes, &example);
    static const uint8_t head[] = {0xfc, 0xfd, 0xfe, 0xff, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
                                   0x77, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xfe, 0xff, 0xff, 0xff, 0,    0,    0,    0x80, 1};
    assert_memory_equal(bytes.data, head, sizeof head);
    buf_clear(&bytes);
}

static void floats_keep_every_bit(void **state) {
    (void)state;
    static const uint32_t bits[] = {0x7fc00001, 0xff800001, 0x80000000, 1, 0x7f800000};
    for (size_t i = 0; i < BASE_COUNT(bits); i++) {
        struct all m = example, got;
        memcpy(&m.f, &bits[i], 4);
        m.d = i % 2 ? (double)NAN : -0.0;
        struct buf bytes;
        struct arena a;
        write_one(&bytes, &m);
        arena_init(&a, 4096);
        assert_int_equal(read_one(&got, bytes.data, bytes.size, &a, NULL), INGLE_OK);
        assert_memory_equal(&got.f, &bits[i], 4);
        assert_memory_equal(&got.d, &m.d, 8);
        buf_clear(&bytes);
        arena_clear(&a);
    }
}

static void one_that_is_cut_off_anywhere_or_has_more_is_refused(void **state) {
    (void)state;
    struct buf bytes;
    write_one(&bytes, &example);
    assert_true(buf_add(&bytes, "x", 1));
    for (size_t size = 0; size <= bytes.size; size++) {
        struct arena a;
        struct all m;
        ingle_error err;
        arena_init(&a, 4096);
        ingle_status status = read_one(&m, bytes.data, size, &a, &err);
        if (size == bytes.size - 1) {
            assert_int_equal(status, INGLE_OK);
        } else {
            expect_refusal(status, INGLE_INVALID, &err, "malformed");
        }
        /* What a reader left out is as empty as it is safe. */
        if (size < bytes.size - 1) assert_true(m.n_items == 0 || m.items);
        assert_true(m.n_strings == 0 || m.strings);
        arena_clear(&a);
    }
    buf_clear(&bytes);
}

/* Where the fields lie in the example's bytes. */
enum {
    AT_SMALL = 20,
    AT_BOOL = 28,
    AT_TEXT = 41, /* its length */
    AT_STRING = AT_TEXT + 8 + 3,
    AT_ABSENT = AT_STRING + 1 + 8 + 10,
    AT_STRINGS = AT_ABSENT + 1 + 3,
    AT_ITEMS = AT_STRINGS + 8 + (9 + 3) + 9 + (9 + 5)
};

static void values_outside_their_bounds_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        bool is_fine;
    } changes[] = {
        {AT_SMALL, 0xfd, false}, /* -3 */
        {AT_SMALL, 0xff, true},     {AT_SMALL + 3, 0, false},   {AT_BOOL, 2, false},
        {AT_BOOL, 0, true},         {AT_TEXT, 11, false},       {AT_TEXT + 7, 0x80, false},
        {AT_STRING, 2, false},      {AT_STRING + 9, 0, false}, /* a NUL inside */
        {AT_STRING + 9, 1, true},   {AT_ABSENT, 1, false},      {AT_STRINGS, 4, false},
        {AT_STRINGS + 7, 1, false}, {AT_STRINGS + 8, 0, false}, /* a list holds strings only */
        {AT_ITEMS, 4, false},       {AT_ITEMS, 1, false},       /* bytes are left */
        {AT_ITEMS + 8, 10, false},  {AT_ITEMS + 8, 9, true}};
    struct buf bytes;
    write_one(&bytes, &example);
    for (size_t i = 0; i < BASE_COUNT(changes); i++) {
        struct arena a;
        struct all m;
        arena_init(&a, 4096);
        char before = bytes.data[changes[i].at];
        bytes.data[changes[i].at] = (char)changes[i].value;
        ingle_status status = read_one(&m, bytes.data, bytes.size, &a, NULL);
        bytes.data[changes[i].at] = before;
        if (status != (changes[i].is_fine ? INGLE_OK : INGLE_INVALID)) {
            fail_msg("change %zu: %s", i, ingle_status_name(status));
        }
        arena_clear(&a);
    }
    buf_clear(&bytes);
}

static void any_byte_changed_is_read_within_its_bounds_or_refused(void **state) {
    (void)state;
    struct buf bytes;
    write_one(&bytes, &example);
    for (size_t at = 0; at < bytes.size; at++) {
        for (int value = 0; value < 256; value++) {
            struct arena a;
            struct all m;
            arena_init(&a, 4096);
            char before = bytes.data[at];
            bytes.data[at] = (char)value;
            ingle_status status = read_one(&m, bytes.data, bytes.size, &a, NULL);
            struct buf again;
            buf_init(&again, 4096);
            if (status == INGLE_OK) {
                assert_int_equal(wire_write(&again, visit, &m, NULL), INGLE_OK);
                assert_int_equal(again.size, bytes.size);
                assert_memory_equal(again.data, bytes.data, bytes.size);
            }
            buf_clear(&again);
            bytes.data[at] = before;
            arena_clear(&a);
        }
    }
    buf_clear(&bytes);
}

static void what_is_too_much_is_not_written(void **state) {
    (void)state;
    struct buf out;
    ingle_error err;
    struct all m = example;
    m.string = "01234567890";
    buf_init(&out, 4096);
    expect_refusal(wire_write(&out, visit, &m, &err), INGLE_LIMIT, &err, "too much");
    m = example;
    m.n_strings = MAX_LIST + 1;
    buf_reset(&out);
    expect_refusal(wire_write(&out, visit, &m, &err), INGLE_LIMIT, &err, "too much");
    buf_clear(&out);
    for (size_t max = 0; max < 120; max++) {
        buf_init(&out, max);
        expect_refusal(wire_write(&out, visit, &example, &err), INGLE_LIMIT, &err, "too much");
        buf_clear(&out);
    }
}

static void an_arena_that_is_full_is_no_memory(void **state) {
    (void)state;
    struct buf bytes;
    write_one(&bytes, &example);
    bool was_refused = false, was_read = false;
    for (size_t max = 0; max < 512; max += 16) {
        struct arena a;
        struct all m;
        arena_init(&a, max);
        ingle_status status = read_one(&m, bytes.data, bytes.size, &a, NULL);
        was_refused |= status == INGLE_NO_MEMORY;
        was_read |= status == INGLE_OK;
        assert_true(status == INGLE_OK || status == INGLE_NO_MEMORY);
        arena_clear(&a);
    }
    assert_true(was_refused && was_read);
    buf_clear(&bytes);
}

/* A hostile count makes no promise of memory that its message could not keep. */
static void visit_flag(struct wire *w, void *item) {
    wire_bool(w, item);
}

static void visit_long(struct wire *w, void *message) {
    struct all *m = message;
    wire_list(w, &m->items, &m->n_items, 1000, (size_t)1 << 40, visit_flag);
}

static void a_long_list_needs_a_long_message(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 1, 1};
    struct all m;
    struct arena a;
    arena_init(&a, (size_t)1 << 40);
    assert_int_equal(wire_read(&m, sizeof m, visit_long, bytes, sizeof bytes, &a, NULL),
                     INGLE_INVALID);
    assert_int_equal(a.total, 0);
    arena_clear(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(numbers_are_little_endian_and_packed),
        cmocka_unit_test(floats_keep_every_bit),
        cmocka_unit_test(one_that_is_cut_off_anywhere_or_has_more_is_refused),
        cmocka_unit_test(values_outside_their_bounds_are_refused),
        cmocka_unit_test(any_byte_changed_is_read_within_its_bounds_or_refused),
        cmocka_unit_test(what_is_too_much_is_not_written),
        cmocka_unit_test(an_arena_that_is_full_is_no_memory),
        cmocka_unit_test(a_long_list_needs_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
