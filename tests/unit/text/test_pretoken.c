/* Pieces of a text: by example, and against the published patterns, which a small backtracking
 * matcher reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/pretoken.h"
#include "engine/text/unicode.h"

/* ---- the patterns ----
 *
 * A branch is a row of items: a class by its capital or a character that stands for itself, then ?,
 * *, + or nothing. Of the classes
 *
 *     L \p{L}   N \p{N}   S \s   P [^\s\p{L}\p{N}]   Q [^\r\n\p{L}\p{N}]   R [\r\n]   Z [\r\n/]
 *     U [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]   W [\p{Ll}\p{Lm}\p{Lo}\p{M}]
 *
 * and E, which stands for (?!\S). */
struct pattern {
    const char *contractions; /* the first branch: 's 't ... in lower case, or in any case */
    const char *branches[8];
    bool suffix; /* contractions may end the first two branches instead */
};

#define LOWER "lower"
#define ANY "any"

static const struct pattern patterns[] = {
    [PRETOKEN_GPT2] = {LOWER, {" ?L+", " ?N+", " ?P+", "S+E", "S+"}, false},
    [PRETOKEN_CL100K] = {ANY, {"Q?L+", "NN?N?", " ?P+R*", "S*R+", "S+E", "S+"}, false},
    [PRETOKEN_QWEN2] = {ANY, {"Q?L+", "N", " ?P+R*", "S*R+", "S+E", "S+"}, false},
    [PRETOKEN_O200K] = {ANY, {"Q?U*W+", "Q?U+W*", "NN?N?", " ?P+Z*", "S*R+", "S+E", "S+"}, true},
    [PRETOKEN_TEKKEN] = {NULL, {"Q?U*W+", "Q?U+W*", "N", " ?P+Z*", "S*R+", "S+E", "S+"}, false},
};

#define MAX_CPS 64

struct cps {
    uint32_t at[MAX_CPS];
    size_t n;
};

static bool is_in(char class, uint32_t cp) {
    enum unicode_class c = unicode_class(cp);
    bool upper = c == UNICODE_UPPER, lower = c == UNICODE_LOWER;
    bool both = c == UNICODE_LETTER, mark = c == UNICODE_MARK;
    bool letter = upper || lower || both, newline = cp == '\r' || cp == '\n';
    switch (class) {
    case 'L':
        return letter;
    case 'N':
        return c == UNICODE_NUMBER;
    case 'S':
        return c == UNICODE_SPACE;
    case 'P':
        return !letter && c != UNICODE_NUMBER && c != UNICODE_SPACE;
    case 'Q':
        return !letter && c != UNICODE_NUMBER && !newline;
    case 'R':
        return newline;
    case 'Z':
        return newline || cp == '/';
    case 'U':
        return upper || both || mark;
    case 'W':
        return lower || both || mark;
    default:
        return cp == (uint32_t) class;
    }
}

/* Greedy, giving back; returns the end of the match, or SIZE_MAX. */
static size_t match(const char *items, const struct cps *s, size_t at) {
    if (!*items) return at;
    if (*items == 'E') {
        bool follows = at < s->n && !is_in('S', s->at[at]);
        return follows ? SIZE_MAX : match(items + 1, s, at);
    }
    char times = items[1] && strchr("?*+", items[1]) ? items[1] : '1';
    const char *rest = items + (times == '1' ? 1 : 2);
    size_t least = times == '1' || times == '+' ? 1 : 0, most = 0;
    size_t limit = times == '*' || times == '+' ? SIZE_MAX : 1;
    while (most < limit && at + most < s->n && is_in(*items, s->at[at + most])) most++;
    for (size_t n = most + 1; n-- > least;) {
        size_t end = match(rest, s, at + n);
        if (end != SIZE_MAX) return end;
    }
    return SIZE_MAX;
}

/* Unicode folds the long s like S. */
static uint32_t fold(uint32_t cp) {
    return cp == 0x17f ? 's' : cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
}

static size_t contraction(const char *which, const struct cps *s, size_t at) {
    static const char *const list[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; which && i < BASE_COUNT(list); i++) {
        size_t n = 0;
        while (list[i][n] && at + n < s->n) {
            uint32_t cp = strcmp(which, ANY) == 0 ? fold(s->at[at + n]) : s->at[at + n];
            if (cp != (uint32_t)list[i][n]) break;
            n++;
        }
        if (!list[i][n]) return at + n;
    }
    return at;
}

static size_t next_by_pattern(const struct pattern *p, const struct cps *s, size_t at) {
    if (!p->suffix) {
        size_t end = contraction(p->contractions, s, at);
        if (end > at) return end;
    }
    for (size_t i = 0; p->branches[i]; i++) {
        size_t end = match(p->branches[i], s, at);
        if (end == SIZE_MAX) continue;
        return p->suffix && i < 2 ? contraction(p->contractions, s, end) : end;
    }
    fail_msg("The pattern leaves a character out.");
    return s->n;
}

/* DIGITS is two patterns, one after the other. */
static size_t next_digits(const struct cps *s, size_t at) {
    struct cps between = {.n = at};
    if (is_in('N', s->at[at])) return at + 1;
    while (between.n < s->n && !is_in('N', s->at[between.n])) between.n++;
    memcpy(between.at, s->at, between.n * sizeof *s->at);
    return next_by_pattern(&patterns[PRETOKEN_GPT2], &between, at);
}

static size_t wanted_next(enum pretoken_kind kind, const struct cps *s, size_t at) {
    return kind == PRETOKEN_DIGITS ? next_digits(s, at) : next_by_pattern(&patterns[kind], s, at);
}

static void check_text(enum pretoken_kind kind, const struct cps *s) {
    bool saw_end;
    uint8_t text[4 * MAX_CPS];
    size_t offset[MAX_CPS + 1], len = 0, at = 0;
    for (size_t i = 0; i < s->n; i++) {
        offset[i] = len;
        len += unicode_encode(s->at[i], text + len);
    }
    offset[s->n] = len;
    while (at < s->n) {
        size_t wanted = wanted_next(kind, s, at);
        size_t end = pretoken_next(kind, text, len, offset[at], &saw_end);
        if (end != offset[wanted])
            fail_msg("kind %d, '%.*s': the piece at %zu ends at %zu, not %zu.", (int)kind, (int)len,
                     (char *)text, offset[at], end, offset[wanted]);
        at = wanted;
    }
}

static void random_texts_are_cut_as_the_patterns_say(void **state) {
    (void)state;
    static const uint32_t alphabet[] = {
        'a',  'e',  's',    't',     'l',    'v',    'r',    'S',   'L',    'E',   'A',
        0xe9, 0xc9, 0x1c5,  0x2b0,   0x4e2d, 0x301,  0x903,  '1',   '2',    0x663, 0xbd,
        ' ',  ' ',  '\n',   '\r',    '\t',   0xa0,   0x3000, 0x85,  '\'',   '\'',  '!',
        '/',  '.',  0x200d, 0x1f600, 0x17f,  0x2019, '_',    0x378, 0x1d49c};
    static const enum pretoken_kind kinds[] = {PRETOKEN_GPT2,  PRETOKEN_DIGITS, PRETOKEN_CL100K,
                                               PRETOKEN_QWEN2, PRETOKEN_O200K,  PRETOKEN_TEKKEN};
    struct rng rng;
    rng_init(&rng, 3);
    for (int round = 0; round < 60000; round++) {
        struct cps s = {.n = 1 + rng_below(&rng, 14)};
        /* Of a few characters at a time, so that runs are long. */
        uint32_t first = rng_below(&rng, BASE_COUNT(alphabet)), n = 1 + rng_below(&rng, 42);
        for (size_t i = 0; i < s.n; i++)
            s.at[i] = alphabet[(first + rng_below(&rng, n) * 5) % BASE_COUNT(alphabet)];
        for (size_t k = 0; k < BASE_COUNT(kinds); k++) check_text(kinds[k], &s);
    }
}

/* ---- examples ---- */

/* `wanted` has a bar between pieces. */
static void check(enum pretoken_kind kind, const char *wanted) {
    char text[256], found[512];
    bool saw_end;
    size_t len = 0, n = 0;
    for (const char *c = wanted; *c; c++) {
        if (*c != '|') text[len++] = *c;
    }
    for (size_t at = 0; at < len;) {
        size_t end = pretoken_next(kind, (const uint8_t *)text, len, at, &saw_end);
        assert_in_range(end, at + 1, len);
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%.*s", at ? "|" : "", (int)(end - at),
                              text + at);
        at = end;
    }
    assert_string_equal(found, wanted);
}

static void words_numbers_and_symbols_part_and_take_one_space_along(void **state) {
    (void)state;
    check(PRETOKEN_GPT2, "Hello| world|!!| 2024|th| (|a|)");
    check(PRETOKEN_CL100K, "Hello| world|!!| |202|4|th| (|a|)");
    check(PRETOKEN_QWEN2, "Hello| world|!!| |2|0|2|4|th");
    check(PRETOKEN_DIGITS, "Hello| world| |2|0|2|4|th");
    check(PRETOKEN_O200K, "Hello| world|!!| |202|4|th");
}

static void contractions_stand_alone(void **state) {
    (void)state;
    check(PRETOKEN_GPT2, "we|'ll| don|'t| I|'m| she|'d|'ve|'re|'s");
    check(PRETOKEN_CL100K, "we|'LL| don|'T| he|'Re|x");
    check(PRETOKEN_O200K, "we'll| don't| he'S|x");
    check(PRETOKEN_TEKKEN, "we|'ll");
}

static void gpt2_knows_contractions_in_lower_case_only(void **state) {
    (void)state;
    check(PRETOKEN_GPT2, "WE|'|LL");
}

static void of_several_spaces_the_last_joins_the_next_word(void **state) {
    (void)state;
    check(PRETOKEN_GPT2, "a|   | b|\n\n|\t|c");
    check(PRETOKEN_CL100K, "a|   | b");
    check(PRETOKEN_CL100K, "a|   ");
    check(PRETOKEN_GPT2, "a|\n\n\n");
    check(PRETOKEN_CL100K, "a|  |\tb");
}

static void newlines_end_a_run_of_spaces_and_of_symbols(void **state) {
    (void)state;
    check(PRETOKEN_CL100K, "a| \n\n|  | b");
    check(PRETOKEN_CL100K, "a|!\r\n\n|b");
    check(PRETOKEN_O200K, "a|/\n/\n|b");
    check(PRETOKEN_CL100K, "a|/\n|/\n|b");
    check(PRETOKEN_GPT2, "a|!|\n|b");
}

static void any_character_but_a_newline_may_lead_a_word(void **state) {
    (void)state;
    check(PRETOKEN_CL100K, "(a|\tb|\xc2\xa0"
                           "c|\n|d");
    check(PRETOKEN_GPT2, "(|a");
}

static void a_word_ends_where_case_begins_anew(void **state) {
    (void)state;
    check(PRETOKEN_O200K, "camel|Case|XMLHttp|Request|ABC");
    check(PRETOKEN_TEKKEN, "camel|Case");
    check(PRETOKEN_CL100K, "camelCaseXML");
    check(PRETOKEN_O200K, "Αβ|Αβ|ΑΒ");
}

static void combining_marks_belong_to_words_of_o200k_only(void **state) {
    (void)state;
    check(PRETOKEN_O200K, "e\xcc\x81t");
    check(PRETOKEN_CL100K, "e|\xcc\x81t");
    check(PRETOKEN_GPT2, "e|\xcc\x81|t");
}

static void numbers_of_any_script_are_numbers(void **state) {
    (void)state;
    check(PRETOKEN_CL100K, "١٢٣|٤½|x");
    check(PRETOKEN_QWEN2, "١|٢|Ⅷ|²");
    check(PRETOKEN_GPT2, "a| ١٢٣½|b");
    check(PRETOKEN_CL100K, "三百"); /* those are letters */
}

static void lines_are_runs_of_newlines_and_of_all_else(void **state) {
    (void)state;
    check(PRETOKEN_LINES, "a b 1!|\n\n|\r c|\n");
}

/* ---- names ---- */

static void names_stand_for_rules(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct pretoken_rule rule;
    } some[] = {{"llama-bpe", {PRETOKEN_CL100K, true, true}},
                {"lfm2", {PRETOKEN_CL100K, true, true}},
                {"smaug-bpe", {PRETOKEN_CL100K, false, false}},
                {"dbrx", {PRETOKEN_CL100K, false, false}},
                {"qwen2", {PRETOKEN_QWEN2, false, false}},
                {"gpt-2", {PRETOKEN_GPT2, false, false}},
                {"smollm", {PRETOKEN_DIGITS, false, false}},
                {"starcoder", {PRETOKEN_DIGITS, false, false}},
                {"refact", {PRETOKEN_DIGITS, false, false}},
                {"gpt-4o", {PRETOKEN_O200K, false, false}},
                {"tekken", {PRETOKEN_TEKKEN, true, true}}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        struct pretoken_rule rule;
        assert_true(pretoken_find(some[i].name, strlen(some[i].name), &rule));
        assert_int_equal(rule.kind, some[i].rule.kind);
        assert_int_equal(rule.whole_first, some[i].rule.whole_first);
        assert_int_equal(rule.add_bos, some[i].rule.add_bos);
    }
}

static void other_names_stand_for_none(void **state) {
    (void)state;
    static const char *const wrong[] = {"",      "default", "gpt",   "gpt-22",
                                        "GPT-2", "falcon",  "qwen35"};
    struct pretoken_rule rule;
    for (size_t i = 0; i < BASE_COUNT(wrong); i++)
        assert_false(pretoken_find(wrong[i], strlen(wrong[i]), &rule));
    assert_false(pretoken_find("gpt-2\0", 6, &rule));
    assert_false(pretoken_find("gpt-2", 4, &rule));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_are_cut_as_the_patterns_say),
        cmocka_unit_test(words_numbers_and_symbols_part_and_take_one_space_along),
        cmocka_unit_test(contractions_stand_alone),
        cmocka_unit_test(gpt2_knows_contractions_in_lower_case_only),
        cmocka_unit_test(of_several_spaces_the_last_joins_the_next_word),
        cmocka_unit_test(newlines_end_a_run_of_spaces_and_of_symbols),
        cmocka_unit_test(any_character_but_a_newline_may_lead_a_word),
        cmocka_unit_test(a_word_ends_where_case_begins_anew),
        cmocka_unit_test(combining_marks_belong_to_words_of_o200k_only),
        cmocka_unit_test(numbers_of_any_script_are_numbers),
        cmocka_unit_test(lines_are_runs_of_newlines_and_of_all_else),
        cmocka_unit_test(names_stand_for_rules),
        cmocka_unit_test(other_names_stand_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
