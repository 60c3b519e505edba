/* Character classes and the coding of characters as UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "engine/text/unicode.h"

/* ---- classes ---- */

static void one_of_each_kind_has_its_class(void **state) {
    (void)state;
    static const struct {
        uint32_t cp;
        enum unicode_class class;
    } some[] = {
        {'a', UNICODE_LOWER},      {'Z', UNICODE_UPPER},      {'0', UNICODE_NUMBER},
        {'_', UNICODE_OTHER},      {'\'', UNICODE_OTHER},     {0, UNICODE_OTHER},
        {0x7f, UNICODE_OTHER},     {0xdf, UNICODE_LOWER},     {0xd7, UNICODE_OTHER},
        {0x1c5, UNICODE_UPPER},  /* Dz with caron: Lt */
        {0x2b0, UNICODE_LETTER}, /* modifier h: Lm */
        {0xaa, UNICODE_LETTER},  /* feminine ordinal: Lo */
        {0x4e2d, UNICODE_LETTER},  {0xac00, UNICODE_LETTER},  {0x5d0, UNICODE_LETTER},
        {0x301, UNICODE_MARK},    /* Mn */
        {0x903, UNICODE_MARK},    /* Mc */
        {0x20dd, UNICODE_MARK},   /* Me */
        {0x663, UNICODE_NUMBER},  /* Nd */
        {0x2167, UNICODE_NUMBER}, /* Nl */
        {0xbd, UNICODE_NUMBER},   /* No */
        {0x3007, UNICODE_NUMBER},  {0x4e00, UNICODE_LETTER},  {0x1f600, UNICODE_OTHER},
        {0x200d, UNICODE_OTHER},   {0xfe0f, UNICODE_MARK},    {0x20ac, UNICODE_OTHER},
        {0xe000, UNICODE_OTHER},   {0xd800, UNICODE_OTHER},   {0x378, UNICODE_OTHER},
        {0xfffd, UNICODE_OTHER},   {0x10ffff, UNICODE_OTHER}, {0x1d49c, UNICODE_UPPER},
        {0x20000, UNICODE_LETTER}, {0x323af, UNICODE_LETTER}, {0xe0100, UNICODE_MARK},
    };
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        if (unicode_class(some[i].cp) != some[i].class)
            fail_msg("U+%04X has class %d.", (unsigned)some[i].cp, (int)unicode_class(some[i].cp));
    }
}

static void white_space_is_these_25_characters(void **state) {
    (void)state;
    static const uint32_t spaces[] = {9,      10,     11,     12,     13,     32,     0x85,
                                      0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
                                      0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028,
                                      0x2029, 0x202f, 0x205f, 0x3000};
    size_t n = 0;
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        if (unicode_class(cp) != UNICODE_SPACE) continue;
        assert_true(n < BASE_COUNT(spaces));
        assert_int_equal(cp, spaces[n++]);
    }
    assert_int_equal(n, BASE_COUNT(spaces));
}

/* Unicode 15.0 has 622 letters without case less, 16.0 has 4,250 more. */
static void there_are_as_many_of_each_class_as_in_unicode_15_1(void **state) {
    (void)state;
    size_t n[8] = {0};
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        assert_true(unicode_class(cp) <= UNICODE_NUMBER);
        n[unicode_class(cp)]++;
    }
    assert_int_equal(n[UNICODE_UPPER], 1831 + 31);
    assert_int_equal(n[UNICODE_LOWER], 2233);
    assert_int_equal(n[UNICODE_LETTER], 397 + 132234);
    assert_int_equal(n[UNICODE_MARK], 2450);
    assert_int_equal(n[UNICODE_NUMBER], 1831);
}

/* ---- UTF-8 ---- */

static void every_character_comes_back_from_its_utf8(void **state) {
    (void)state;
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        uint8_t utf8[4] = {0};
        uint32_t back = 0xffffffff;
        size_t n = unicode_encode(cp, utf8);
        assert_int_equal(n, cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4);
        assert_int_equal(unicode_decode(utf8, n, &back), n);
        assert_int_equal(back, cp);
    }
}

static void a_character_cut_short_is_none(void **state) {
    (void)state;
    static const uint32_t some[] = {0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        uint8_t utf8[4];
        uint32_t cp;
        size_t n = unicode_encode(some[i], utf8);
        for (size_t len = 1; len < n; len++) {
            uint8_t cut[4];
            memcpy(cut, utf8, len);
            assert_int_equal(unicode_decode(cut, len, &cp), 0);
            /* nor with something else where it should go on */
            for (size_t k = len; k < 4; k++) cut[k] = 'a';
            assert_int_equal(unicode_decode(cut, 4, &cp), 0);
            cut[len] = 0xc3;
            assert_int_equal(unicode_decode(cut, 4, &cp), 0);
        }
    }
}

static void bytes_that_begin_nothing_are_no_character(void **state) {
    (void)state;
    for (unsigned lead = 0x80; lead < 0x100; lead++) {
        if (lead >= 0xc0 && lead < 0xf8) continue;
        uint32_t cp;
        uint8_t s[8] = {(uint8_t)lead, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
        assert_int_equal(unicode_decode(s, sizeof s, &cp), 0);
    }
}

static void past_the_last_character_there_is_none(void **state) {
    (void)state;
    uint32_t cp;
    assert_int_equal(unicode_decode((const uint8_t *)"\xf4\x8f\xbf\xbf", 4, &cp), 4);
    assert_int_equal(unicode_decode((const uint8_t *)"\xf4\x90\x80\x80", 4, &cp), 0);
    assert_int_equal(unicode_decode((const uint8_t *)"\xf5\x80\x80\x80", 4, &cp), 0);
    assert_int_equal(unicode_decode((const uint8_t *)"\xf7\xbf\xbf\xbf", 4, &cp), 0);
}

static void longer_forms_and_surrogates_are_what_they_spell(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t cp;
    } some[] = {
        {"\xc0\x80", 2, 0},         {"\xc1\xbf", 2, 0x7f},           {"\xe0\x80\xaf", 3, '/'},
        {"\xe0\x9f\xbf", 3, 0x7ff}, {"\xf0\x8f\xbf\xbf", 4, 0xffff}, {"\xed\xa0\x80", 3, 0xd800},
        {"\xed\xbf\xbf", 3, 0xdfff}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        uint32_t cp = 0;
        assert_int_equal(unicode_decode((const uint8_t *)some[i].bytes, some[i].len, &cp),
                         some[i].len);
        assert_int_equal(cp, some[i].cp);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_each_kind_has_its_class),
        cmocka_unit_test(white_space_is_these_25_characters),
        cmocka_unit_test(there_are_as_many_of_each_class_as_in_unicode_15_1),
        cmocka_unit_test(every_character_comes_back_from_its_utf8),
        cmocka_unit_test(a_character_cut_short_is_none),
        cmocka_unit_test(bytes_that_begin_nothing_are_no_character),
        cmocka_unit_test(past_the_last_character_there_is_none),
        cmocka_unit_test(longer_forms_and_surrogates_are_what_they_spell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
