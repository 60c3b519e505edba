/* engine/template/chars: places in a text, kinds of characters, case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/template/render.h"

#include <string.h>

#include "engine/template/chars.h"

static void characters_are_counted_and_found(void **state) {
    (void)state;
    const char *s = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    assert_int_equal(chars_count(s, strlen(s)), 5);
    static const size_t at[] = {0, 1, 3, 6, 10, 11, 11};
    for (size_t i = 0; i < BASE_COUNT(at); i++) assert_int_equal(chars_offset(s, 11, i), at[i]);
    assert_int_equal(chars_space_before(" \n\xe3\x80\x80x", 6), 5);
    assert_int_equal(chars_space_after("x\xc2\x85 ", 4), 3);
    assert_int_equal(chars_space_after("  ", 2), 2);
}

static void case_is_unicode_s(void **state) {
    (void)state;
    static const struct {
        uint32_t c, upper[3], lower[3], title[3];
    } list[] = {
        {'a', {'A'}, {'a'}, {'A'}},
        {0xe9, {0xc9}, {0xe9}, {0xc9}},
        {0xdf, {'S', 'S'}, {0xdf}, {'S', 's'}},
        {0x1c6, {0x1c4}, {0x1c6}, {0x1c5}},
        {0x130, {0x130}, {'i', 0x307}, {0x130}},
        {0xfb03, {'F', 'F', 'I'}, {0xfb03}, {'F', 'f', 'i'}},
        {0x3a3, {0x3a3}, {0x3c3}, {0x3a3}},
        {0x10d0, {0x1c90}, {0x10d0}, {0x10d0}},
        {0x1f80, {0x1f08, 0x399}, {0x1f80}, {0x1f88}},
        {0x4e00, {0x4e00}, {0x4e00}, {0x4e00}},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        uint32_t out[3] = {0};
        (void)chars_to_upper(list[i].c, out);
        assert_memory_equal(out, list[i].upper, sizeof out);
        memset(out, 0, sizeof out);
        (void)chars_to_lower(list[i].c, out);
        assert_memory_equal(out, list[i].lower, sizeof out);
        memset(out, 0, sizeof out);
        (void)chars_to_title(list[i].c, out);
        assert_memory_equal(out, list[i].title, sizeof out);
    }
}

static void kinds_are_unicode_s(void **state) {
    (void)state;
    assert_true(chars_is_space(0x3000) && chars_is_space(0x1f) && !chars_is_space(0x200b));
    assert_true(chars_is_alpha(0x4e00) && chars_is_alpha(0x1d400) && !chars_is_alpha('1'));
    assert_true(chars_is_decimal(0x661) && !chars_is_decimal(0xb2) && chars_is_digit(0xb2));
    assert_true(chars_is_numeric(0xbd) && !chars_is_digit(0xbd));
    assert_true(chars_is_printable(0x1f600) && !chars_is_printable(0xa0) &&
                !chars_is_printable(0x7f));
    assert_true(chars_is_upper(0x2160) && chars_is_lower(0xaa) && !chars_is_lower(0x1c5));
    assert_true(chars_is_line_end(0x2028) && chars_is_line_end(0x0b) && !chars_is_line_end(0x1f));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted_and_found),
        cmocka_unit_test(case_is_unicode_s),
        cmocka_unit_test(kinds_are_unicode_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
