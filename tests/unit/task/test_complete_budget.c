/* What of a text fits: random texts, random budgets, several ways to count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "task/complete_budget.h"

/* A token a byte; words; and one that no sum of parts foretells: pieces of three bytes, and one
 * more for every line after the first. */
static ingle_status count_bytes(void *user, const char *text, size_t len, size_t *n,
                                ingle_error *err) {
    (void)user, (void)text, (void)err;
    *n = len;
    return INGLE_OK;
}

static ingle_status count_words(void *user, const char *text, size_t len, size_t *n,
                                ingle_error *err) {
    (void)user, (void)err;
    *n = 0;
    for (size_t i = 0; i < len; i++) *n += i == 0 || text[i] == ' ' || text[i] == '\n';
    return INGLE_OK;
}

static ingle_status count_oddly(void *user, const char *text, size_t len, size_t *n,
                                ingle_error *err) {
    (void)user, (void)err;
    *n = (len + 2) / 3;
    const char *newline = len ? memchr(text, '\n', len - 1) : NULL;
    while (newline) {
        ++*n;
        newline = memchr(newline + 1, '\n', len - 1 - (size_t)(newline + 1 - text));
    }
    return INGLE_OK;
}

static const struct budget_counter counters[] = {
    {count_bytes, NULL}, {count_words, NULL}, {count_oddly, NULL}};

static size_t random_text(char *text, size_t cap, struct rng *r) {
    size_t n = 0, wanted = rng_below(r, (uint32_t)cap - 4);
    uint32_t newlines = 1 + rng_below(r, 40);
    while (n < wanted) {
        if (rng_below(r, newlines) == 0)
            text[n++] = '\n';
        else if (rng_below(r, 6) == 0)
            n += utf8_put(text + n, 0xe9 + rng_below(r, 0x2000));
        else
            text[n++] = (char)(rng_below(r, 4) ? 'a' : ' ');
    }
    return n;
}

static size_t counted(const struct budget_counter *c, const char *text, size_t len) {
    size_t n = 0;
    if (len > 0) assert_int_equal(c->count(c->user, text, len, &n, NULL), INGLE_OK);
    return n;
}

static void cuts_never_exceed_their_budget_and_hold_the_line(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 3);
    static char text[4096];
    for (int round = 0; round < 20000; round++) {
        size_t len = random_text(text, sizeof text, &r), max = rng_below(&r, 600);
        const struct budget_counter *c = &counters[rng_below(&r, 3)];
        struct budget_cut before, after;
        assert_int_equal(budget_before(&before, c, text, len, max, NULL), INGLE_OK);
        assert_int_equal(budget_after(&after, c, text, len, max, NULL), INGLE_OK);
        assert_true(before.n_tokens <= max && after.n_tokens <= max);
        assert_int_equal(before.n_tokens, counted(c, text + before.from, len - before.from));
        assert_int_equal(after.n_tokens, counted(c, text, after.to));
        assert_true(before.to == len && after.from == 0 && after.to <= len);
        size_t line = len;
        while (line > 0 && text[line - 1] != '\n') line--;
        const char *newline = memchr(text, '\n', len);
        size_t first = newline ? (size_t)(newline - text) + 1 : len;
        /* The place's line is whole, or nothing but a part of it is there because it cannot be. */
        if (before.in_line)
            assert_true(before.from >= line);
        else
            assert_true(before.from <= line && (!before.from || text[before.from - 1] == '\n'));
        if (after.in_line)
            assert_true(after.to <= first);
        else
            assert_true(after.to >= first && (after.to == len || text[after.to - 1] == '\n'));
        if (counted(c, text + line, len - line) <= max) assert_false(before.in_line);
        if (counted(c, text, first) <= max) assert_false(after.in_line);
        assert_true(utf8_is_valid(text + before.from, len - before.from));
        assert_true(utf8_is_valid(text, after.to));
    }
}

static void a_text_that_fits_is_whole(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 5);
    static char text[2048];
    for (int round = 0; round < 2000; round++) {
        size_t len = random_text(text, sizeof text, &r);
        struct budget_cut cut;
        assert_int_equal(budget_before(&cut, &counters[0], text, len, len, NULL), INGLE_OK);
        assert_int_equal(cut.from, 0);
        assert_int_equal(budget_after(&cut, &counters[0], text, len, len, NULL), INGLE_OK);
        assert_int_equal(cut.to, len);
    }
}

/* Typing goes on at the end: the first line shown is the same for most of it. */
static void the_first_line_stays_while_a_person_types(void **state) {
    (void)state;
    static char text[65536];
    size_t len = 0;
    for (int line = 0; line < 1000; line++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "    call_%d(argument);\n", line);
    }
    struct budget_cut cut;
    size_t last = SIZE_MAX;
    int n_moves = 0;
    for (int typed = 0; typed < 400; typed++) {
        text[len++] = typed % 20 == 19 ? '\n' : 'x';
        assert_int_equal(budget_before(&cut, &counters[1], text, len, 300, NULL), INGLE_OK);
        assert_true(cut.n_tokens >= 150); /* and it is no small part of what would fit */
        n_moves += cut.from != last;
        last = cut.from;
    }
    assert_true(n_moves <= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_never_exceed_their_budget_and_hold_the_line),
        cmocka_unit_test(a_text_that_fits_is_whole),
        cmocka_unit_test(the_first_line_stays_while_a_person_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
