/* Whole characters out of bytes that come in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/utf8_stream.h"

#define BAD "\xef\xbf\xbd"

/* Well-formed UTF-8 by Unicode 15, table 3-7, a row at a time. */
static bool is_well_formed(const uint8_t *s, size_t len) {
    static const uint8_t rows[][5] = {
        /* lead, second byte, length */
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < len;) {
        size_t r = 0, n;
        while (r < BASE_COUNT(rows) && !(s[i] >= rows[r][0] && s[i] <= rows[r][1])) r++;
        if (r == BASE_COUNT(rows) || (n = rows[r][4]) > len - i) return false;
        if (n > 1 && (s[i + 1] < rows[r][2] || s[i + 1] > rows[r][3])) return false;
        for (size_t k = 2; k < n; k++) {
            if (s[i + k] < 0x80 || s[i + k] > 0xbf) return false;
        }
        i += n;
    }
    return true;
}

static void collect(const char *text, size_t len, void *user) {
    assert_true(len > 0);
    assert_true(is_well_formed((const uint8_t *)text, len));
    buf_add(user, text, len);
}

/* Pushes text[0..a), text[a..b), text[b..len), flushes, and compares. */
static void check_split(const char *text, size_t len, size_t a, size_t b, const char *wanted,
                        size_t wanted_len) {
    struct utf8_stream s = {0};
    struct buf out;
    buf_init(&out, 1 << 16);
    utf8_stream_push(&s, text, a, collect, &out);
    utf8_stream_push(&s, text + a, b - a, collect, &out);
    utf8_stream_push(&s, text + b, len - b, collect, &out);
    assert_in_range(s.n_held, 0, 3);
    utf8_stream_flush(&s, collect, &out);
    assert_int_equal(s.n_held, 0);
    assert_int_equal(out.size, wanted_len);
    if (wanted_len) assert_memory_equal(out.data, wanted, wanted_len);
    buf_clear(&out);
}

static void check(const char *text, size_t len, const char *wanted) {
    for (size_t a = 0; a <= len; a++) {
        for (size_t b = a; b <= len; b++) check_split(text, len, a, b, wanted, strlen(wanted));
    }
}

static void well_formed_text_passes_unchanged_wherever_it_is_split(void **state) {
    (void)state;
    static const char text[] = "a\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                               "\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\x7fz";
    check(text, sizeof text - 1, text);
}

static void a_nul_is_a_character(void **state) {
    (void)state;
    check_split("a\0b\0", 4, 1, 2, "a\0b\0", 4);
}

/* The examples of the Unicode standard, tables 3-8 to 3-11. */
static void every_maximal_part_of_no_character_is_one_replacement(void **state) {
    (void)state;
    check("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 9, BAD BAD BAD BAD BAD BAD BAD BAD "A");
    check("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 9, BAD BAD BAD BAD BAD BAD BAD BAD "A");
    check("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", 9, BAD BAD BAD BAD BAD "A" BAD BAD "B");
    check("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9, BAD BAD BAD BAD "A");
}

static void a_character_that_another_one_interrupts_is_replaced(void **state) {
    (void)state;
    check("\xf0\x9f\x98\xc3\xa9", 5, BAD "\xc3\xa9");
    check("\xc3\xc3\xa9", 3, BAD "\xc3\xa9");
    check("\xe2\x82 ", 3, BAD " ");
}

static void an_unfinished_end_is_one_replacement(void **state) {
    (void)state;
    check("a\xf0\x9f\x98", 4, "a" BAD);
    check("\xe2\x82", 2, BAD);
    check("\xc3", 1, BAD);
}

static void what_is_complete_does_not_wait(void **state) {
    (void)state;
    struct utf8_stream s = {0};
    struct buf out;
    buf_init(&out, 64);
    utf8_stream_push(&s, "ab\xe2\x82", 4, collect, &out);
    assert_string_equal(out.data, "ab");
    assert_int_equal(s.n_held, 2);
    utf8_stream_push(&s, "\xac", 1, collect, &out);
    assert_string_equal(out.data, "ab\xe2\x82\xac");
    assert_int_equal(s.n_held, 0);
    buf_clear(&out);
}

static void refuse(const char *text, size_t len, void *user) {
    (void)text;
    (void)len;
    (void)user;
    fail();
}

static void nothing_in_is_nothing_out(void **state) {
    (void)state;
    struct utf8_stream s = {0};
    utf8_stream_push(&s, "", 0, refuse, NULL);
    utf8_stream_push(&s, "\xf0\x9f", 2, refuse, NULL);
    s = (struct utf8_stream){0};
    utf8_stream_flush(&s, refuse, NULL);
}

/* All at once is the reference: what bytes become must not depend on how they come. */
static void random_bytes_become_the_same_in_any_pieces(void **state) {
    (void)state;
    static const uint8_t likely[] = {'a',  0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xdf,
                                     0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
    struct rng rng;
    rng_init(&rng, 11);
    for (int round = 0; round < 3000; round++) {
        char text[24];
        struct utf8_stream s = {0};
        struct buf whole;
        size_t len = rng_below(&rng, sizeof text + 1);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)likely[rng_below(&rng, BASE_COUNT(likely))];
        buf_init(&whole, 256);
        utf8_stream_push(&s, text, len, collect, &whole);
        utf8_stream_flush(&s, collect, &whole);
        size_t a = rng_below(&rng, (uint32_t)len + 1),
               b = a + rng_below(&rng, (uint32_t)(len - a) + 1);
        check_split(text, len, a, b, whole.data, whole.size);
        buf_clear(&whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_passes_unchanged_wherever_it_is_split),
        cmocka_unit_test(a_nul_is_a_character),
        cmocka_unit_test(every_maximal_part_of_no_character_is_one_replacement),
        cmocka_unit_test(a_character_that_another_one_interrupts_is_replaced),
        cmocka_unit_test(an_unfinished_end_is_one_replacement),
        cmocka_unit_test(what_is_complete_does_not_wait),
        cmocka_unit_test(nothing_in_is_nothing_out),
        cmocka_unit_test(random_bytes_become_the_same_in_any_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
