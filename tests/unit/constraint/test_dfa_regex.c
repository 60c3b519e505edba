/* engine/constraint/dfa_regex: regular expressions of ECMA-262 with the flag u. What matches is
 * compared with node over thousands of random patterns in tests/oracle; here are the rules one by
 * one. */
#include "engine/constraint/dfa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

#define EURO "\xe2\x82\xac"
#define SMILE "\xf0\x9f\x98\x80"

static struct dfa *regex(const char *pattern, bool search) {
    struct dfa *d;
    ingle_error err;
    if (dfa_regex(&d, pattern, strlen(pattern), search, &err) != INGLE_OK) {
        fail_msg("%s: %s", pattern, err.msg);
    }
    return d;
}

struct verdict {
    const char *pattern, *text;
    bool ok;
};

static void judge(const struct verdict *verdicts, size_t n, bool search) {
    for (size_t i = 0; i < n; i++) {
        struct dfa *d = regex(verdicts[i].pattern, search);
        const char *text = verdicts[i].text;
        if (dfa_match(d, text, strlen(text)) != verdicts[i].ok) {
            fail_msg("/%s/ of '%s' should be %d", verdicts[i].pattern, text, verdicts[i].ok);
        }
        dfa_free(d);
    }
}

#define JUDGE(verdicts, search) judge(verdicts, sizeof(verdicts) / sizeof *(verdicts), search)

static void whole_texts_match(void **state) {
    (void)state;
    static const struct verdict verdicts[] = {
        {"", "", true},
        {"", "a", false},
        {"abc", "abc", true},
        {"abc", "ab", false},
        {"a|bc|", "bc", true},
        {"a|bc|", "", true},
        {"a|bc|", "abc", false},
        {"(?:a|b)*c+d?", "abbacc", true},
        {"(?:a|b)*c+d?", "abba", false},
        {"a{2}", "aa", true},
        {"a{2}", "aaa", false},
        {"a{2,}", "aaaa", true},
        {"a{2,3}", "aaaa", false},
        {"(ab){0,2}?c", "ababc", true},
        {"a{0}", "", true},
        {"a{0}", "a", false},
        {"(){1000000000}x", "x", true},
        {"(?:(?:){0,1000000000}){1000000000}x", "x", true},
        {"(a*)*b", "aaab", true},
        {"(?<name>a)(?<$_\\u{61}\xc3\xa9>b)", "ab", true},
        {"[]", "", false},
        {"[]|x", "x", true},
        {"[^]", SMILE, true},
        {".", EURO, true},
        {".", "\n", false},
        {".", "\xe2\x80\xa8", false},
        {".", "\xe2\x80\xa7", true},
        {"\\u{1f600}", SMILE, true},
        {"\\ud83d\\ude00", SMILE, true},
        {"[\\ud83d\\ude00-\\u{1f602}]", SMILE, true},
        {"\\ud83d", SMILE, false},
        {"[^\\ud83d]", SMILE, true},
        {"[\\ud7ff-\\ue000]", "\xee\x80\x80", true},
        {"\\x41\\ca\\t\\n\\v\\f\\r", "A\1\t\n\v\f\r", true},
        {"[\\b\\-x]", "\b", true},
        {"[a\\-z]", "b", false},
        {"[-a]", "-", true},
        {"[a-]", "-", true},
        {"[\\d-]", "-", true},
        {"[^a-c" EURO "]", EURO, false},
        {"\\w\\W\\d\\D\\s\\S", "_-0x\xef\xbb\xbfz", true},
        {"\\w", "\xc3\xa9", false},
        {"\\d", "\xdf\x80", false},
        {"\\s", "\xe1\x9a\x80", true},
        {"\\s", "\xe2\x80\x8b", false},
        {"\\p{Lu}\\p{L}\\P{L}\\p{Letter}",
         "\xc3\x89\xc3\xa9"
         "1a",
         true},
        {"\\p{Script=Greek}+", "\xce\xb1\xce\xb2", true},
        {"\\p{sc=Grek}", "a", false},
        {"\\p{scx=Deva}", "\xe0\xa5\xa4", true},
        {"\\p{General_Category=Decimal_Number}", "\xdf\x80", true},
        {"\\p{Emoji_Presentation}", SMILE, true},
        {"[^\\p{L}\\d]", "!", true},
        {"[^\\P{L}]", "a", true},
        {"\\p{ASCII}", "\x7f", true},
        {"\\p{Any}", SMILE, true},
    };
    JUDGE(verdicts, false);
    struct dfa *d = regex("\\0[\\0]", false);
    assert_int_equal(dfa_match(d, "\0\0", 2), 1);
    dfa_free(d);
    assert_int_equal(dfa_regex(&d, "a\0b", 3, false, NULL), INGLE_OK);
    assert_int_equal(dfa_match(d, "a\0b", 3), 1);
    dfa_free(d);
}

static void patterns_are_found_anywhere(void **state) {
    (void)state;
    static const struct verdict verdicts[] = {
        {"b", "abc", true},
        {"b", "ac", false},
        {"^b", "bc", true},
        {"^b", "ab", false},
        {"b$", "ab", true},
        {"b$", "b\n", false},
        {"^a|b$", "xb", true},
        {"^a|b$", "ax", true},
        {"^a|b$", "xax", false},
        {"(?:^|,)x(?:,|$)", "a,x,b", true},
        {"(?:^|,)x(?:,|$)", "a,xb", false},
        {"^^a$$", "a", true},
        {"a^b", "a\nb", false},
        {"\\bfoo\\b", "a foo.", true},
        {"\\bfoo\\b", "foo", true},
        {"\\bfoo\\b", "afoo", false},
        {"\\Bo\\B", "foo o", true},
        {"\\Bo\\B", "fo", false},
        {"\\b", "", false},
        {"\\B", "", true},
        {"\\b", "\xc3\xa9", false},
        {"(?=.*\\d)(?=.*[a-z])^.{4,}$", "ab1d", true},
        {"^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false},
        {"^(?!.*secret)[a-z ]+$", "no secrets", false},
        {"^(?!.*secret)[a-z ]+$", "nothing", true},
        {"^(?:(?!ab)[ab])*$", "bbaa", true},
        {"^(?:(?!ab)[ab])*$", "bab", false},
        {"a(?=b)c", "abc", false},
        {"^a(?=b)bc$", "abc", true},
        {"^(?=(?!b)a|c)", "ax", true},
        {"^(?=(?!b)a|c)", "bx", false},
        {"^(?!(?!a))", "a", true},
        {"x(?=$|\\by)", "x", true},
        {"^(?:a(?=.*z)|b)+$", "abz", false},
        {"^(?:a(?=.*b)|b)+$", "aab", true},
        {"^(?:a(?=.*b)|b)+$", "aba", false},
        {"(?=^)a", "ba", false},
        {"(?=\\b)a", "ba", false},
        {"(?!\\b)a", "ba", true},
        {"^\\S(|(.|\\n)*\\S)$", "a b", true},
        {"^\\S(|(.|\\n)*\\S)$", "a ", false},
        {"\\p{Letter}cole",
         "l'\xc3\xa9"
         "cole",
         true},
        {"[a-z]cole",
         "l'\xc3\xa9"
         "cole",
         false},
    };
    JUDGE(verdicts, true);
}

static void what_is_no_expression_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        ingle_status status;
        size_t where;
        const char *rule;
    } cases[] = {
        {"(a", INGLE_INVALID, 0, "does not end"},
        {"a)", INGLE_INVALID, 1, "closes what was not opened"},
        {"x]", INGLE_INVALID, 1, "closes what was not opened"},
        {"x}", INGLE_INVALID, 1, "closes what was not opened"},
        {"a{,2}", INGLE_INVALID, 1, "no quantifier"},
        {"a{1", INGLE_INVALID, 1, "no quantifier"},
        {"{1}", INGLE_INVALID, 0, "nothing to repeat"},
        {"a**", INGLE_INVALID, 2, "nothing to repeat"},
        {"|*", INGLE_INVALID, 1, "nothing to repeat"},
        {"^*", INGLE_INVALID, 1, "nothing to repeat"},
        {"(?=a)*", INGLE_INVALID, 5, "nothing to repeat"},
        {"\\b+", INGLE_INVALID, 2, "nothing to repeat"},
        {"a{3,2}", INGLE_INVALID, 1, "out of order"},
        {"[b-a]", INGLE_INVALID, 1, "out of order"},
        {"[\\d-z]", INGLE_INVALID, 1, "bounds no range"},
        {"[\\p{L}--]", INGLE_INVALID, 1, "bounds no range"},
        {"[a-\\w]", INGLE_INVALID, 1, "bounds no range"},
        {"[a", INGLE_INVALID, 0, "does not end"},
        {"[a-", INGLE_INVALID, 0, "does not end"},
        {"\\", INGLE_INVALID, 0, "ends with a backslash"},
        {"\\a", INGLE_INVALID, 0, "no such escape"},
        {"\\-", INGLE_INVALID, 0, "no such escape"},
        {"[\\B]", INGLE_INVALID, 1, "no such escape"},
        {"[\\1]", INGLE_INVALID, 1, "no such escape"},
        {"\\00", INGLE_INVALID, 0, "no such escape"},
        {"\\c1", INGLE_INVALID, 0, "needs a letter"},
        {"\\x4", INGLE_INVALID, 0, "two hexadecimal"},
        {"\\u123", INGLE_INVALID, 0, "four hexadecimal"},
        {"\\u{110000}", INGLE_INVALID, 0, "no such code point"},
        {"\\u{}", INGLE_INVALID, 0, "needs hexadecimal"},
        {"\\p{Foo}", INGLE_INVALID, 0, "no such property"},
        {"\\p{Script}", INGLE_INVALID, 0, "no such property"},
        {"\\p{L", INGLE_INVALID, 0, "in braces"},
        {"\\pL", INGLE_INVALID, 0, "in braces"},
        {"(?<a>x)(?<a>y)", INGLE_INVALID, 10, "two groups"},
        {"(?<1>x)", INGLE_INVALID, 3, "no name of a group"},
        {"(?<>x)", INGLE_INVALID, 3, "empty name"},
        {"(?<a", INGLE_INVALID, 4, "does not end"},
        {"(?a)", INGLE_INVALID, 0, "no such group"},
        {"(a)\\2", INGLE_INVALID, 3, "no group of this number"},
        {"\\k<a>", INGLE_INVALID, 0, "names no group"},
        {"\\k", INGLE_INVALID, 0, "needs a name"},
        {"a\xff", INGLE_INVALID, 1, "not UTF-8"},
        {"(a)x\\1", INGLE_REFUSED, 4, "a backreference at offset 4"},
        {"\\1(a)", INGLE_REFUSED, 0, "a backreference"},
        {"(?<a>x)\\k<a>", INGLE_REFUSED, 7, "a backreference"},
        {"x(?<=a)", INGLE_REFUSED, 1, "a lookbehind"},
        {"x(?<!a)", INGLE_REFUSED, 1, "a lookbehind"},
        {"(?i:a)", INGLE_REFUSED, 0, "modifiers"},
        {"(a{1000}){1000}", INGLE_LIMIT, 0, "written out"},
        {"(?:a|b)*a(?:a|b){30}", INGLE_LIMIT, 0, "too"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dfa *d;
        ingle_error err = {0};
        ingle_status status = dfa_regex(&d, cases[i].pattern, strlen(cases[i].pattern), true, &err);
        if (status != cases[i].status || err.where != cases[i].where ||
            !strstr(err.msg, cases[i].rule)) {
            fail_msg("%s: %d at %d, %s", cases[i].pattern, status, (int)err.where, err.msg);
        }
        assert_null(d);
    }
}

static void limit(const char *pattern, size_t len, const char *rule) {
    struct dfa *d;
    ingle_error err = {0};
    uint64_t live = mem_live();
    assert_int_equal(dfa_regex(&d, pattern, len, true, &err), INGLE_LIMIT);
    if (!strstr(err.msg, rule)) fail_msg("%s", err.msg);
    assert_int_equal(mem_live(), live);
}

static void hostile_patterns_are_bounded(void **state) {
    (void)state;
    static char text[400000];
    memset(text, '(', sizeof text);
    limit(text, 60000, "nested too deeply");
    limit(text, sizeof text, "more than 65536 bytes");
    for (size_t i = 0; i < 60000; i++) text[i] = i % 2 ? '|' : (char)('a' + i % 26);
    struct dfa *d;
    assert_int_equal(dfa_regex(&d, text, 60000, true, NULL), INGLE_OK);
    dfa_free(d);
    size_t n = 0;
    for (int i = 0; i < 9000; i++) n += (size_t)snprintf(text + n, 16, "|\\u{%x}", 0x4e00 + 2 * i);
    assert_int_equal(dfa_regex(&d, text, n, false, NULL), INGLE_LIMIT);
    n = 0;
    for (int i = 0; i < 2000; i++) n += (size_t)snprintf(text + n, 16, "(?=.*%c)", 'a' + i % 26);
    limit(text, n, "looks ahead too often");
    n = (size_t)snprintf(text, 4, "^");
    for (int i = 0; i < 26; i++) n += (size_t)snprintf(text + n, 16, "(?=.*%c)", 'a' + i % 26);
    limit(text, n, "too");
    n = 0;
    for (int i = 0; i < 200; i++) n += (size_t)snprintf(text + n, 8, "(?=a*");
    for (int i = 0; i < 200; i++) n += (size_t)snprintf(text + n, 8, "b)");
    ingle_status status = dfa_regex(&d, text, n, true, NULL);
    assert_true(status == INGLE_OK || status == INGLE_LIMIT);
    dfa_free(d);
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const char pattern[] = "^(?=.*\\d\\b)(?!x)(?<n>[\\p{Lu}_]|y){1,2}.*$";
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live();
        struct dfa *d;
        mem_fail_at(n, 0);
        ingle_status status = dfa_regex(&d, pattern, sizeof pattern - 1, true, NULL);
        mem_fail_at(0, 0);
        dfa_free(d);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) {
            assert_true(n > 100);
            return;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts_match),
        cmocka_unit_test(patterns_are_found_anywhere),
        cmocka_unit_test(what_is_no_expression_is_refused_with_its_place),
        cmocka_unit_test(hostile_patterns_are_bounded),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
