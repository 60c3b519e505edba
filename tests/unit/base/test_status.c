/* base/status: codes, sentences and exit codes. */
#include "base/status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_its_name_text_and_exit_code(void **state) {
    (void)state;
#define CHECK_ROW(code, name, exit_code, text)                                                     \
    assert_int_equal(INGLE_##name, code);                                                          \
    assert_string_equal(ingle_status_name(INGLE_##name), #name);                                   \
    assert_string_equal(ingle_status_text(INGLE_##name), text);                                    \
    assert_int_equal(status_exit_code(INGLE_##name), exit_code);
    INGLE_STATUS_MAP(CHECK_ROW)
#undef CHECK_ROW
}

static void an_unknown_code_still_has_a_name_and_a_failing_exit_code(void **state) {
    (void)state;
    const int codes[] = {-1, 11, 1000000};
    for (size_t i = 0; i < BASE_COUNT(codes); i++) {
        assert_string_equal(ingle_status_name((ingle_status)codes[i]), "UNKNOWN");
        assert_true(strlen(ingle_status_text((ingle_status)codes[i])) > 0);
        assert_int_equal(status_exit_code((ingle_status)codes[i]), 1);
    }
}

static void setting_fills_code_place_and_sentence_and_returns_the_code(void **state) {
    (void)state;
    ingle_error err = {0};
    assert_int_equal(status_set(&err, INGLE_INVALID, 77, "The %s is %d.", "thing", 5),
                     INGLE_INVALID);
    assert_int_equal(err.code, INGLE_INVALID);
    assert_int_equal(err.where, 77);
    assert_string_equal(err.msg, "The thing is 5.");
}

static void the_error_record_may_be_null(void **state) {
    (void)state;
    assert_int_equal(status_set(NULL, INGLE_LIMIT, 1, "Too %s.", "many"), INGLE_LIMIT);
    assert_int_equal(status_no_memory(NULL, "a table", 8), INGLE_NO_MEMORY);
    assert_int_equal(status_errno(NULL, ENOENT, "open", "x"), INGLE_NOT_FOUND);
}

static void a_sentence_too_long_loses_its_middle_and_keeps_its_ends(void **state) {
    (void)state;
    char path[5000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    const size_t n_rest = strlen("Cannot open '': it is no file.");
    for (size_t len = 150; len < 4200; len = len < 260 ? len + 1 : 2 * len) {
        ingle_error err;
        memset(&err, 0x7f, sizeof err);
        assert_int_equal(status_set(&err, INGLE_INVALID, 0, "Cannot open '%.*s': it is no file.",
                                    (int)len, path),
                         INGLE_INVALID);
        assert_true(strlen(err.msg) < sizeof err.msg);
        assert_int_equal(strncmp(err.msg, "Cannot open 'aaa", 16), 0);
        assert_non_null(strstr(err.msg, "aaa': it is no file."));
        assert_int_equal(strstr(err.msg, "...") != NULL, len + n_rest >= sizeof err.msg);
    }
    ingle_error err;
    assert_int_equal(status_set(&err, INGLE_INVALID, 0, "%s", path), INGLE_INVALID);
    assert_true(strlen(err.msg) < sizeof err.msg);
}

static void a_character_is_left_out_whole(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        char path[1024] = "xxxx";
        for (size_t at = shift; at < 900; at += 4) memcpy(path + at, "\xf0\x9f\x94\xa5", 5);
        ingle_error err;
        assert_int_equal(status_set(&err, INGLE_INVALID, 0, "'%s' is odd.", path), INGLE_INVALID);
        const char *gap = strstr(err.msg, "...");
        assert_non_null(gap);
        assert_int_equal((unsigned char)gap[-4], 0xf0);
        assert_int_equal((unsigned char)gap[3], 0xf0);
    }
}

static void out_of_memory_names_the_thing_and_its_size(void **state) {
    (void)state;
    ingle_error err = {0};
    assert_int_equal(status_no_memory(&err, "the key table", UINT64_MAX), INGLE_NO_MEMORY);
    assert_int_equal(err.code, INGLE_NO_MEMORY);
    assert_non_null(strstr(err.msg, "the key table"));
    assert_non_null(strstr(err.msg, "18446744073709551615 bytes."));
}

static void errno_maps_to_the_documented_codes(void **state) {
    (void)state;
    static const struct {
        int errnum;
        ingle_status code;
    } rows[] = {{ENOENT, INGLE_NOT_FOUND}, {ENOTDIR, INGLE_NOT_FOUND}, {ENOMEM, INGLE_NO_MEMORY},
                {ENOSPC, INGLE_LIMIT},     {EDQUOT, INGLE_LIMIT},      {EMFILE, INGLE_LIMIT},
                {EFBIG, INGLE_LIMIT},      {ELOOP, INGLE_FAILED},      {EACCES, INGLE_FAILED},
                {EIO, INGLE_FAILED},       {EINTR, INGLE_FAILED}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        ingle_error err = {0};
        assert_int_equal(status_errno(&err, rows[i].errnum, "open", "/a/b"), rows[i].code);
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.msg, "annot open '/a/b': "));
        assert_non_null(strstr(err.msg, strerror(rows[i].errnum)));
        assert_int_equal(err.msg[strlen(err.msg) - 1], '.');
        bool no_way = rows[i].errnum == EACCES || rows[i].errnum == ELOOP;
        assert_int_equal(status_unreadable(&err, rows[i].errnum, "open", "/a/b"),
                         no_way ? INGLE_NOT_FOUND : rows[i].code);
        assert_non_null(strstr(err.msg, strerror(rows[i].errnum)));
    }
}

static ingle_status forward(ingle_status code, int *reached) {
    INGLE_TRY(code);
    *reached = 1;
    return INGLE_OK;
}

static void try_returns_a_failure_at_once_and_passes_success(void **state) {
    (void)state;
    int reached = 0;
    assert_int_equal(forward(INGLE_REFUSED, &reached), INGLE_REFUSED);
    assert_int_equal(reached, 0);
    assert_int_equal(forward(INGLE_OK, &reached), INGLE_OK);
    assert_int_equal(reached, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_name_text_and_exit_code),
        cmocka_unit_test(an_unknown_code_still_has_a_name_and_a_failing_exit_code),
        cmocka_unit_test(setting_fills_code_place_and_sentence_and_returns_the_code),
        cmocka_unit_test(the_error_record_may_be_null),
        cmocka_unit_test(a_sentence_too_long_loses_its_middle_and_keeps_its_ends),
        cmocka_unit_test(a_character_is_left_out_whole),
        cmocka_unit_test(out_of_memory_names_the_thing_and_its_size),
        cmocka_unit_test(errno_maps_to_the_documented_codes),
        cmocka_unit_test(try_returns_a_failure_at_once_and_passes_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
