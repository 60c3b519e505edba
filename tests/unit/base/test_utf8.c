/* base/utf8: characters, strictly. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static void what_is_no_utf_8_is_found(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } list[] = {
        {"abc\xc3\xa9\xf0\x9f\x98\x80", 9},
        {"a\xff", 1},
        {"\xc3", 0},
        {"a\xc0\x80", 1},
        {"\xed\xa0\x80", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xe2\x82", 0},
        {"x\xf0\x8f\xbf\xbf", 1},
        {"", 0},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        assert_int_equal(utf8_find_invalid(list[i].text, strlen(list[i].text)), list[i].at);
    }
}

static void every_code_point_and_no_other_bytes_are_utf8(void **state) {
    (void)state;
    for (unsigned c = 0x80; c < 0x110000; c++) {
        const unsigned char long_form[4] = {
            (unsigned char)(0xf0 | c >> 18), (unsigned char)(0x80 | (c >> 12 & 0x3f)),
            (unsigned char)(0x80 | (c >> 6 & 0x3f)), (unsigned char)(0x80 | (c & 0x3f))};
        char text[4];
        memcpy(text, long_form, sizeof text);
        size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        char *first = text + 4 - size;
        if (size == 2) *first = (char)(0xc0 | c >> 6);
        if (size == 3) *first = (char)(0xe0 | c >> 12);
        size_t n;
        bool is_surrogate = c >= 0xd800 && c < 0xe000;
        assert_int_equal(utf8_next(first, size, &n), is_surrogate ? UTF8_REPLACEMENT : c);
        assert_int_equal(n, is_surrogate ? 1 : size);
        assert_int_equal(utf8_next(first, size - 1, &n), UTF8_REPLACEMENT);
        if (size < 4) assert_int_equal(utf8_next(text, 4, &n), UTF8_REPLACEMENT);
    }
}

static void every_character_survives_writing(void **state) {
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        uint32_t back;
        if (!utf8_is_scalar(c)) continue;
        size_t len = utf8_put(bytes, c);
        assert_int_equal(utf8_take(bytes, len, &back), len);
        assert_int_equal(back, c);
        assert_true(utf8_is_valid(bytes, len));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_utf_8_is_found),
        cmocka_unit_test(every_code_point_and_no_other_bytes_are_utf8),
        cmocka_unit_test(every_character_survives_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
