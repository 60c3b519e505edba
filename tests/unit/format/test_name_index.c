/* engine/format/name_index: names to numbers. */
#include "engine/format/name_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

#define N 5000

/* Names stand inside larger records, as they do in the tables of a file. */
struct record {
    int before;
    struct gguf_str name;
    char text[24];
};

static struct record records[N];

static void fill(void) {
    for (int i = 0; i < N; i++) {
        int len = snprintf(records[i].text, sizeof records[i].text, "blk.%d.weight", i);
        records[i].name = (struct gguf_str){.data = records[i].text, .len = (size_t)len};
    }
}

static void every_name_is_found_and_no_other(void **state) {
    (void)state;
    fill();
    for (size_t n = 0; n <= N; n = n * 2 + 1) {
        struct name_index index;
        uint32_t duplicate = 7;
        assert_true(name_index_init(&index, &records[0].name, sizeof *records, n, &duplicate));
        assert_true(duplicate == NAME_INDEX_NONE);
        for (uint32_t i = 0; i < n; i++) {
            const struct gguf_str *name = &records[i].name;
            assert_int_equal(name_index_find(&index, name->data, name->len), i);
            assert_true(name_index_find(&index, name->data, name->len - 1) == NAME_INDEX_NONE);
        }
        assert_true(name_index_find(&index, "", 0) == NAME_INDEX_NONE);
        assert_true(name_index_find(&index, "blk.-1.weight", 13) == NAME_INDEX_NONE);
        name_index_clear(&index);
    }
}

static void the_later_of_two_equal_names_is_the_duplicate(void **state) {
    (void)state;
    fill();
    records[900].name = records[17].name;
    struct name_index index;
    uint32_t duplicate;
    assert_true(name_index_init(&index, &records[0].name, sizeof *records, 1000, &duplicate));
    assert_int_equal(duplicate, 900);
    name_index_clear(&index);
}

static void names_may_hold_nul_and_differ_in_length_only(void **state) {
    (void)state;
    static const struct gguf_str names[] = {{"", 0},        {"\0", 1},   {"\0\0", 2},
                                            {"a\0b", 3},    {"a\0c", 3}, {"aaaaaaaa", 8},
                                            {"aaaaaaaa", 7}};
    struct name_index index;
    uint32_t duplicate;
    assert_true(name_index_init(&index, names, sizeof *names, BASE_COUNT(names), &duplicate));
    assert_true(duplicate == NAME_INDEX_NONE);
    for (uint32_t i = 0; i < BASE_COUNT(names); i++)
        assert_int_equal(name_index_find(&index, names[i].data, names[i].len), i);
    name_index_clear(&index);
}

/* Around the lengths where a key changes its form, two names differ in one byte or in length. */
static void names_of_every_length_are_told_apart(void **state) {
    (void)state;
    enum { LONGEST = 40, ROOM = 64 };
    static char text[LONGEST * LONGEST + LONGEST][ROOM];
    static struct gguf_str names[BASE_COUNT(text)];
    size_t n = 0;
    for (size_t len = 1; len <= LONGEST; len++) {
        for (size_t changed = 0; changed <= len; changed++) {
            if (n == BASE_COUNT(text)) break;
            memset(text[n], 'x', ROOM); /* also what lies behind a name */
            if (changed < len) text[n][changed] = '\0';
            names[n] = (struct gguf_str){text[n], len};
            n++;
        }
    }
    struct name_index index;
    uint32_t duplicate;
    assert_true(name_index_init(&index, names, sizeof *names, n, &duplicate));
    assert_true(duplicate == NAME_INDEX_NONE);
    for (uint32_t i = 0; i < n; i++) {
        struct name_key key = name_key_of(&index, names[i].data, names[i].len);
        struct name_key padded = name_key_of_padded(&index, names[i].data, names[i].len);
        assert_true(key.head == padded.head && key.tail == padded.tail);
        assert_int_equal(name_index_find(&index, names[i].data, names[i].len), i);
        assert_int_equal(name_index_find_key(&index, key, names[i].data, names[i].len), i);
    }
    name_index_clear(&index);
}

static void adding_one_by_one_tells_the_earlier_number(void **state) {
    (void)state;
    fill();
    records[3].name = records[1].name;
    struct name_index index;
    assert_true(name_index_open(&index, &records[0].name, sizeof *records, 10));
    for (size_t i = 0; i < 10; i++) {
        uint32_t earlier = name_index_add(&index, i);
        if (i == 3)
            assert_int_equal(earlier, 1);
        else
            assert_true(earlier == NAME_INDEX_NONE);
    }
    assert_int_equal(name_index_find(&index, records[1].text, records[1].name.len), 1);
    name_index_clear(&index);
    name_index_clear(&index);
}

static void out_of_memory_is_false(void **state) {
    (void)state;
    struct name_index index;
    uint32_t duplicate;
    mem_fail_at(1, 0);
    assert_false(name_index_init(&index, &records[0].name, sizeof *records, 10, &duplicate));
    mem_fail_at(0, 0);
    name_index_clear(&index);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_and_no_other),
        cmocka_unit_test(the_later_of_two_equal_names_is_the_duplicate),
        cmocka_unit_test(names_may_hold_nul_and_differ_in_length_only),
        cmocka_unit_test(names_of_every_length_are_told_apart),
        cmocka_unit_test(adding_one_by_one_tells_the_earlier_number),
        cmocka_unit_test(out_of_memory_is_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
