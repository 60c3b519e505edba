/* engine/constraint/dfa: sets of texts and what can be made of them. */
#include "engine/constraint/dfa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"

static struct dfa *any(void) {
    struct dfa *d;
    assert_int_equal(dfa_any(&d, NULL), INGLE_OK);
    return d;
}

static struct dfa *length(uint32_t min, uint32_t max) {
    struct dfa *d;
    assert_int_equal(dfa_length(&d, min, max, NULL), INGLE_OK);
    return d;
}

/* Texts in one string, apart by '|'. */
static struct dfa *texts(const char *list) {
    const char *data[64];
    size_t lens[64], n = 0;
    for (const char *at = list;; at += lens[n - 1] + 1) {
        data[n] = at;
        lens[n++] = strcspn(at, "|");
        if (!at[lens[n - 1]]) break;
    }
    struct dfa *d;
    assert_int_equal(dfa_texts(&d, data, lens, n, NULL), INGLE_OK);
    return d;
}

static uint32_t match(const struct dfa *d, const char *text) {
    return dfa_match(d, text, strlen(text));
}

static uint64_t count(const struct dfa *d, uint32_t label, uint64_t max) {
    uint64_t n;
    assert_int_equal(dfa_count(&n, d, label, max, NULL), INGLE_OK);
    return n;
}

/* What the header promises of every automaton. */
static void check(const struct dfa *d) {
    for (uint32_t s = 1; s <= d->n_states; s++) {
        assert_int_equal(d->left[s] == 0, d->labels[s] != 0);
        assert_int_not_equal(d->left[s], UINT32_MAX);
        if (d->left[s]) assert_int_equal(d->left[dfa_step(d, s, d->finish[s])] + 1, d->left[s]);
        for (uint32_t k = 0; k < d->n_classes; k++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + k];
            assert_true(to <= d->n_states);
            if (to) assert_true(d->left[s] <= d->left[to] + 1);
        }
    }
    for (uint32_t k = 0; k < d->n_classes; k++) assert_int_equal(d->next[k], DFA_DEAD);
    assert_int_equal(d->labels[DFA_DEAD], 0);
}

static void same(const struct dfa *a, const struct dfa *b) {
    assert_int_equal(a->n_states, b->n_states);
    assert_int_equal(a->n_classes, b->n_classes);
    assert_int_equal(a->start, b->start);
    assert_memory_equal(a->classes, b->classes, 256);
    size_t cells = ((size_t)a->n_states + 1) * a->n_classes;
    assert_memory_equal(a->next, b->next, cells * sizeof *a->next);
    assert_memory_equal(a->labels, b->labels, (a->n_states + 1) * sizeof *a->labels);
}

static void any_is_exactly_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"plain \x7f", true},
        {"\xc2\x80\xdf\xbf", true},
        {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf1\x80\x80\x80", true},
        {"\x80", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"a\xe2\x82", false},
    };
    struct dfa *d = any();
    check(d);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(match(d, cases[i].text), cases[i].ok);
    }
    assert_int_equal(dfa_match(d, "a\0b", 3), 1);
    assert_int_equal(count(d, 0, 100), DFA_INFINITE);
    dfa_free(d);
}

static void lengths_count_characters(void **state) {
    (void)state;
    struct dfa *d = length(2, 3);
    check(d);
    assert_int_equal(match(d, "a"), 0);
    assert_int_equal(match(d, "a\xe2\x82\xac"), 1);
    assert_int_equal(match(d, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"), 1);
    assert_int_equal(match(d, "aaaa"), 0);
    assert_int_equal(count(d, 0, 1000), 1000);
    dfa_free(d);
    d = length(1, 1);
    assert_int_equal(count(d, 0, UINT64_MAX - 1), 0x110000 - 0x800);
    dfa_free(d);
    d = length(3, UINT32_MAX);
    assert_int_equal(match(d, "ab"), 0);
    assert_int_equal(match(d, "abc"), 1);
    assert_int_equal(match(d, "abcdefgh"), 1);
    dfa_free(d);
    d = length(3, 2);
    assert_true(dfa_is_empty(d));
    check(d);
    dfa_free(d);
}

static void lists_know_each_text_by_its_index(void **state) {
    (void)state;
    struct dfa *d = texts("one|two|three||two|\xe2\x82\xac");
    check(d);
    assert_int_equal(match(d, "one"), 1);
    assert_int_equal(match(d, "two"), 2);
    assert_int_equal(match(d, "three"), 3);
    assert_int_equal(match(d, ""), 4);
    assert_int_equal(match(d, "\xe2\x82\xac"), 6);
    assert_int_equal(match(d, "tw"), 0);
    assert_int_equal(match(d, "twoo"), 0);
    assert_int_equal(count(d, 0, 100), 5);
    assert_int_equal(count(d, 2, 100), 1);
    assert_int_equal(count(d, 5, 100), 0);
    assert_int_equal(count(d, 0, 3), 3);
    dfa_free(d);
    assert_int_equal(dfa_texts(&d, NULL, NULL, 0, NULL), INGLE_OK);
    assert_true(dfa_is_empty(d));
    assert_int_equal(count(d, 0, 10), 0);
    dfa_free(d);
    const char *bad = "ab\xff";
    size_t len = 3;
    ingle_error err;
    assert_int_equal(dfa_texts(&d, &bad, &len, 1, &err), INGLE_INVALID);
    assert_null(d);
}

static void sets_combine_as_sets_do(void **state) {
    (void)state;
    struct dfa *a = texts("a|b|ab"), *b = texts("b|c"), *d, *e;
    assert_int_equal(dfa_and(&d, a, b, NULL), INGLE_OK);
    check(d);
    assert_int_equal(match(d, "b"), 1);
    assert_int_equal(count(d, 0, 10), 1);
    dfa_free(d);
    assert_int_equal(dfa_or(&d, a, b, NULL), INGLE_OK);
    check(d);
    assert_int_equal(count(d, 0, 10), 4);
    assert_int_equal(dfa_not(&e, d, NULL), INGLE_OK);
    check(e);
    assert_int_equal(match(e, "b"), 0);
    assert_int_equal(match(e, "ab"), 0);
    assert_int_equal(match(e, ""), 1);
    assert_int_equal(match(e, "ba"), 1);
    assert_int_equal(match(e, "\xe2\x82"), 0);
    assert_int_equal(match(e, "\xe2\x82\xac"), 1);
    dfa_free(d);
    assert_int_equal(dfa_and(&d, a, e, NULL), INGLE_OK);
    assert_true(dfa_is_empty(d));
    dfa_free(e);
    assert_int_equal(dfa_not(&e, d, NULL), INGLE_OK);
    dfa_free(d);
    d = any();
    same(d, e);
    dfa_free(d);
    assert_int_equal(dfa_not(&d, e, NULL), INGLE_OK);
    assert_true(dfa_is_empty(d));
    dfa_free(a), dfa_free(b), dfa_free(d), dfa_free(e);
}

static uint32_t pair_label(uint32_t a, uint32_t b, void *user) {
    assert_string_equal(user, "mine");
    return a * 10 + b + 1;
}

static void products_label_as_they_are_told(void **state) {
    (void)state;
    struct dfa *a = texts("x|y"), *b = texts("y|z"), *d;
    char mine[] = "mine";
    assert_int_equal(dfa_product(&d, a, b, true, pair_label, mine, NULL), INGLE_OK);
    check(d);
    assert_int_equal(match(d, "x"), 11);
    assert_int_equal(match(d, "y"), 22);
    assert_int_equal(match(d, "z"), 3);
    assert_int_equal(match(d, "elsewhere"), 1);
    assert_int_equal(match(d, "\xff"), 0);
    assert_int_equal(count(d, 22, 10), 1);
    assert_int_equal(count(d, 1, 10), DFA_INFINITE);
    dfa_free(a), dfa_free(b), dfa_free(d);
}

static void equal_sets_have_equal_automata(void **state) {
    (void)state;
    struct dfa *a = length(0, 4), *b = length(2, 9), *c = length(2, 4), *d;
    assert_int_equal(dfa_and(&d, a, b, NULL), INGLE_OK);
    same(c, d);
    dfa_free(a), dfa_free(b);
    assert_int_equal(dfa_not(&a, d, NULL), INGLE_OK);
    assert_int_equal(dfa_not(&b, a, NULL), INGLE_OK);
    same(b, c);
    dfa_free(a), dfa_free(b), dfa_free(c), dfa_free(d);
}

/* Random lists against plain comparison. */
static void random_lists_hold_their_texts_and_no_others(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 200; round++) {
        char data[16][8];
        const char *list[16];
        size_t lens[16], n = 1 + rng_below(&rng, 16);
        for (size_t i = 0; i < n; i++) {
            lens[i] = rng_below(&rng, 8);
            for (size_t k = 0; k < lens[i]; k++) data[i][k] = (char)('a' + rng_below(&rng, 2));
            list[i] = data[i];
        }
        struct dfa *d;
        assert_int_equal(dfa_texts(&d, list, lens, n, NULL), INGLE_OK);
        check(d);
        for (unsigned probe = 0; probe < 256; probe++) {
            char text[8];
            size_t len = 0;
            for (unsigned bits = probe | 256; bits > 1; bits >>= 1) {
                if (len < 7) text[len++] = (char)('a' + (bits & 1));
            }
            len = probe % 8;
            uint32_t want = 0;
            for (size_t i = n; i-- > 0;) {
                if (lens[i] == len && memcmp(list[i], text, len) == 0) want = (uint32_t)i + 1;
            }
            assert_int_equal(dfa_match(d, text, len), want);
        }
        dfa_free(d);
    }
}

static void texts_without_some_texts(void **state) {
    (void)state;
    static const char *const list[] = {"ab", "bca", "\xe2\x82\xac"};
    static const size_t lens[] = {2, 3, 3};
    struct dfa *d;
    assert_int_equal(dfa_without(&d, list, lens, 3, NULL), INGLE_OK);
    check(d);
    assert_int_equal(match(d, ""), 1);
    assert_int_equal(match(d, "bbcbca"), 0);
    assert_int_equal(match(d, "bbcb"), 1);
    assert_int_equal(match(d, "aab"), 0);
    assert_int_equal(match(d, "acb\xe2\x82\xab"), 1);
    assert_int_equal(match(d, "x\xe2\x82\xac"), 0);
    assert_int_equal(match(d, "\xff"), 0);
    dfa_free(d);
    assert_int_equal(dfa_without(&d, list, lens, 0, NULL), INGLE_OK);
    struct dfa *all = any();
    same(d, all);
    dfa_free(d), dfa_free(all);
    const size_t none = 0;
    assert_int_equal(dfa_without(&d, list, &none, 1, NULL), INGLE_OK);
    assert_true(dfa_is_empty(d));
    dfa_free(d);
}

static void what_is_too_large_is_a_limit(void **state) {
    (void)state;
    struct dfa *d;
    ingle_error err;
    assert_int_equal(dfa_length(&d, 0, 4000000000u, &err), INGLE_LIMIT);
    assert_null(d);
    d = length(8000, 8000);
    check(d);
    dfa_free(d);
    assert_int_equal(dfa_length(&d, 9000, 9000, &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "too many states"));
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    struct dfa *a = texts("one|two|three"), *b = length(3, 3);
    const size_t two = 2;
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live(), number;
        struct dfa *both = NULL, *rest = NULL;
        mem_fail_at(n, 0);
        ingle_status status = dfa_and(&both, a, b, NULL);
        if (status == INGLE_OK) status = dfa_not(&rest, both, NULL);
        dfa_free(rest);
        rest = NULL;
        if (status == INGLE_OK) status = dfa_without(&rest, &(const char *){"ab"}, &two, 1, NULL);
        if (status == INGLE_OK) status = dfa_count(&number, rest, 0, 10, NULL);
        mem_fail_at(0, 0);
        dfa_free(both);
        dfa_free(rest);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) {
            assert_true(n > 40);
            break;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
    }
    dfa_free(a), dfa_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_is_exactly_utf8),
        cmocka_unit_test(lengths_count_characters),
        cmocka_unit_test(lists_know_each_text_by_its_index),
        cmocka_unit_test(sets_combine_as_sets_do),
        cmocka_unit_test(products_label_as_they_are_told),
        cmocka_unit_test(equal_sets_have_equal_automata),
        cmocka_unit_test(random_lists_hold_their_texts_and_no_others),
        cmocka_unit_test(texts_without_some_texts),
        cmocka_unit_test(what_is_too_large_is_a_limit),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
