/* base/secret: what is shown to be believed. */
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_is_another_and_can_be_written_down(void **state) {
    struct secret a, b, again;
    (void)state;
    assert_int_equal(secret_make(&a, NULL), INGLE_OK);
    assert_int_equal(secret_make(&b, NULL), INGLE_OK);
    assert_int_equal(strlen(a.text), SECRET_LEN);
    assert_string_not_equal(a.text, b.text);
    assert_true(secret_read(&again, a.text, SECRET_LEN));
    assert_true(secret_is(&a, again.text));
    assert_false(secret_is(&a, b.text));
}

static void one_letter_more_less_or_other_is_another_one(void **state) {
    struct secret a;
    char given[SECRET_LEN + 2];
    (void)state;
    assert_int_equal(secret_make(&a, NULL), INGLE_OK);
    for (size_t i = 0; i < SECRET_LEN; i++) {
        memcpy(given, a.text, sizeof a.text);
        given[i] ^= 1;
        assert_false(secret_is(&a, given));
        given[i] = '\0';
        assert_false(secret_is(&a, given));
    }
    memcpy(given, a.text, SECRET_LEN);
    memcpy(given + SECRET_LEN, "0", 2);
    assert_false(secret_is(&a, given));
}

static void none_is_nobodys(void **state) {
    struct secret none = {""}, a;
    (void)state;
    assert_false(secret_is(&none, ""));
    assert_int_equal(secret_make(&a, NULL), INGLE_OK);
    assert_false(secret_is(&a, ""));
    secret_wipe(&a);
    assert_false(secret_is(&a, ""));
}

static void what_is_no_secret_is_not_read(void **state) {
    static const char good[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    static const char wrong[] = {'A', 'g', ' ', '\0', '\n', (char)0xe9};
    struct secret s;
    char text[sizeof good];
    (void)state;
    assert_false(secret_read(&s, good, SECRET_LEN - 1));
    assert_false(secret_read(&s, good, SECRET_LEN + 1));
    for (size_t i = 0; i < sizeof wrong; i++) {
        memcpy(text, good, sizeof good);
        text[i * 7] = wrong[i];
        assert_false(secret_read(&s, text, SECRET_LEN));
        assert_string_equal(s.text, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_another_and_can_be_written_down),
        cmocka_unit_test(one_letter_more_less_or_other_is_another_one),
        cmocka_unit_test(none_is_nobodys),
        cmocka_unit_test(what_is_no_secret_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
