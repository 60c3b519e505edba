#include "daemon/llamacpp/llamacpp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/compiler.h"

/* Feeds the text a byte at a time, as a stream may come; what stays is checked not to change. */
static size_t feed(struct llama_cut *cut, const char *text) {
    for (size_t n = 1; n <= strlen(text); n++) {
        size_t before = cut->n_safe;
        bool goes_on = llama_cut_feed(cut, text, n);
        assert_true(cut->n_safe >= before);
        assert_true(cut->n_safe <= n);
        if (!goes_on) return cut->n_safe;
    }
    return cut->n_safe;
}

static void a_line_indented_less_ends_the_text_before_it(void **state) {
    (void)state;
    const struct {
        const char *text;
        int n_indent;
        const char *kept;
    } rows[] = {
        {"a\n    b\n  c", 4, "a\n    b\n"},
        {"a\n    b\n\n    c\nd", 4, "a\n    b\n\n    c\n"},
        {"a\n\t\tb\n\tc", 2, "a\n\t\tb\n"},
        {"a\r\n  b\r\n\r\n}\r\n", 2, "a\r\n  b\r\n\r\n"},
        {"a\nb", 1, "a\n"},
        {"a\nb\nc", 0, "a\nb\nc"},
        {"no indent on the first line", 8, "no indent on the first line"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct llama_cut cut = {.n_indent = rows[i].n_indent};
        size_t whole = strlen(rows[i].kept);
        assert_int_equal(feed(&cut, rows[i].text), whole);
        assert_memory_equal(rows[i].text, rows[i].kept, whole);
        struct llama_cut at_once = {.n_indent = rows[i].n_indent};
        (void)llama_cut_feed(&at_once, rows[i].text, strlen(rows[i].text));
        assert_int_equal(at_once.n_safe, whole);
    }
}

static void blanks_wait_until_their_line_is_known(void **state) {
    (void)state;
    struct llama_cut cut = {.n_indent = 4};
    assert_true(llama_cut_feed(&cut, "a\n  ", 4));
    assert_int_equal(cut.n_safe, 2);
    assert_true(llama_cut_feed(&cut, "a\n    b", 7));
    assert_int_equal(cut.n_safe, 7);
    struct llama_cut any = {.n_indent = 0};
    assert_true(llama_cut_feed(&any, "a\n  ", 4));
    assert_int_equal(any.n_safe, 4);
}

static void time_ends_the_text_at_the_end_of_a_line_only(void **state) {
    (void)state;
    static const char text[] = "one line and more\nnext";
    struct llama_cut late = {.max_ms = 1, .begun_ms = clock_ms() - 1000};
    assert_true(llama_cut_feed(&late, text, 10));
    assert_int_equal(late.n_safe, 10);
    assert_false(llama_cut_feed(&late, text, strlen(text)));
    assert_int_equal(late.n_safe, strlen("one line and more\n"));
    struct llama_cut early = {.max_ms = 1e9};
    assert_true(llama_cut_feed(&early, text, strlen(text)));
    assert_int_equal(early.n_safe, strlen(text));
    assert_true(early.has_line);
}

static void nothing_is_added_after_the_end(void **state) {
    (void)state;
    struct llama_cut cut = {.n_indent = 2};
    assert_false(llama_cut_feed(&cut, "a\nb", 3));
    assert_false(llama_cut_feed(&cut, "a\nb\n    c", 9));
    assert_int_equal(cut.n_safe, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_indented_less_ends_the_text_before_it),
        cmocka_unit_test(blanks_wait_until_their_line_is_known),
        cmocka_unit_test(time_ends_the_text_at_the_end_of_a_line_only),
        cmocka_unit_test(nothing_is_added_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
