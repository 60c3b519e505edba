/* Stop strings in a stream of text, against a search over the whole text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "engine/run/stop.h"

static bool collect(const char *text, size_t len, void *user) {
    return buf_add(user, text, len);
}

/* Feeds text in pieces of `step` bytes; returns what came out, which the caller clears. */
static struct buf run(const char *const *stops, size_t n_stops, const char *text, size_t step,
                      bool *found) {
    struct stop s;
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(stop_init(&s, stops, n_stops, NULL), INGLE_OK);
    *found = false;
    size_t len = strlen(text);
    for (size_t i = 0; i < len && !*found; i += step) {
        size_t n = step < len - i ? step : len - i;
        *found = stop_feed(&s, text + i, n, collect, &out) == STOP_FOUND;
    }
    if (!*found) assert_true(stop_flush(&s, collect, &out));
    stop_clear(&s);
    return out;
}

static void check(const char *const *stops, size_t n_stops, const char *text, const char *wanted,
                  bool wanted_found) {
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        bool found;
        struct buf out = run(stops, n_stops, text, step, &found);
        assert_string_equal(out.data ? out.data : "", wanted);
        assert_int_equal(found, wanted_found);
        buf_clear(&out);
    }
}

static void text_before_a_stop_string_is_delivered_and_no_more(void **state) {
    (void)state;
    check((const char *[]){"END"}, 1, "abc END def", "abc ", true);
    check((const char *[]){"\n\n", "User:"}, 2, "one\ntwo\n\nUser: x", "one\ntwo", true);
    check((const char *[]){"a"}, 1, "a", "", true);
}

static void a_stop_string_that_never_completes_is_text(void **state) {
    (void)state;
    check((const char *[]){"END"}, 1, "abc EN", "abc EN", false);
    check((const char *[]){"aab"}, 1, "aaaaaac", "aaaaaac", false);
    check(NULL, 0, "plain", "plain", false);
}

static void overlapping_starts_are_found(void **state) {
    (void)state;
    check((const char *[]){"aab"}, 1, "aaaab!", "aa", true);
    check((const char *[]){"abab!"}, 1, "ababab!", "ab", true);
}

static void the_match_complete_first_wins_and_of_those_the_longest(void **state) {
    (void)state;
    check((const char *[]){"abcd", "bc"}, 2, "xabcd", "xa", true);
    check((const char *[]){"cd", "abcd"}, 2, "xabcd", "x", true);
}

static void held_text_is_passed_on_as_soon_as_it_cannot_match(void **state) {
    (void)state;
    struct stop s;
    struct buf out;
    buf_init(&out, 1024);
    assert_int_equal(stop_init(&s, (const char *[]){"stop now"}, 1, NULL), INGLE_OK);
    assert_int_equal(stop_feed(&s, "go stop n", 9, collect, &out), STOP_MORE);
    assert_string_equal(out.data, "go ");
    assert_int_equal(stop_feed(&s, "e", 1, collect, &out), STOP_MORE);
    assert_string_equal(out.data, "go stop ne");
    stop_clear(&s);
    buf_clear(&out);
}

static void characters_are_never_split_between_deliveries(void **state) {
    (void)state;
    /* é and è share their first byte. */
    check((const char *[]){"\xc3\xa9!"}, 1, "\xc3\xa8\xc3\xa9\xc3\xa9!", "\xc3\xa8\xc3\xa9", true);
}

static bool refuse(const char *text, size_t len, void *user) {
    (void)text;
    (void)len;
    (void)user;
    return false;
}

static void a_sink_may_end_the_stream(void **state) {
    (void)state;
    struct stop s;
    assert_int_equal(stop_init(&s, (const char *[]){"x"}, 1, NULL), INGLE_OK);
    assert_int_equal(stop_feed(&s, "abc", 3, refuse, NULL), STOP_SINK_ENDED);
    stop_clear(&s);
}

static void unusable_stop_strings_are_refused_by_number(void **state) {
    (void)state;
    struct stop s;
    ingle_error err;
    assert_int_equal(stop_init(&s, (const char *[]){"ok", ""}, 2, &err), INGLE_BAD_ARGUMENT);
    assert_string_equal(err.msg, "Stop string 2 is empty.");
    assert_int_equal(stop_init(&s, (const char *[]){"\xff"}, 1, &err), INGLE_BAD_ARGUMENT);
    assert_non_null(strstr(err.msg, "UTF-8"));
    assert_int_equal(stop_init(&s, (const char *[]){NULL}, 1, &err), INGLE_BAD_ARGUMENT);
    static char big[STOP_MAX_LEN + 2];
    memset(big, 'x', STOP_MAX_LEN + 1);
    assert_int_equal(stop_init(&s, (const char *[]){big}, 1, &err), INGLE_BAD_ARGUMENT);
    assert_int_equal(stop_init(&s, (const char *[]){"a"}, STOP_MAX_STRINGS + 1, &err),
                     INGLE_BAD_ARGUMENT);
}

/* The definition: the first end at which any string ends; of those the longest. */
static size_t brute_force(const char *const *stops, size_t n_stops, const char *text, bool *found) {
    size_t len = strlen(text);
    for (size_t end = 1; end <= len; end++) {
        size_t best = 0;
        for (size_t i = 0; i < n_stops; i++) {
            size_t n = strlen(stops[i]);
            if (n <= end && n > best && !memcmp(text + end - n, stops[i], n)) best = n;
        }
        if (best) {
            *found = true;
            return end - best;
        }
    }
    *found = false;
    return len;
}

static void random_streams_agree_with_the_definition(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    int n_found = 0;
    for (int round = 0; round < 3000; round++) {
        char stops[3][8], text[64];
        const char *list[3];
        for (int i = 0; i < 3; i++) {
            uint32_t n = 1 + rng_below(&rng, 6);
            for (uint32_t j = 0; j < n; j++) stops[i][j] = (char)('a' + rng_below(&rng, 2));
            stops[i][n] = '\0';
            list[i] = stops[i];
        }
        uint32_t n = rng_below(&rng, 40);
        for (uint32_t j = 0; j < n; j++) text[j] = (char)('a' + rng_below(&rng, 3) % 3);
        text[n] = '\0';
        bool wanted_found, found;
        size_t wanted = brute_force(list, 3, text, &wanted_found);
        struct buf out = run(list, 3, text, 1 + rng_below(&rng, 5), &found);
        assert_int_equal(found, wanted_found);
        assert_int_equal(out.size, wanted);
        if (wanted) assert_memory_equal(out.data, text, wanted);
        n_found += found;
        buf_clear(&out);
    }
    assert_in_range(n_found, 500, 2990); /* both outcomes were really exercised */
}

static void out_of_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    struct stop s;
    for (uint64_t n = 1; n <= 2; n++) {
        mem_fail_at(n, 0);
        assert_int_equal(stop_init(&s, (const char *[]){"abc"}, 1, NULL), INGLE_NO_MEMORY);
    }
    mem_fail_at(0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_before_a_stop_string_is_delivered_and_no_more),
        cmocka_unit_test(a_stop_string_that_never_completes_is_text),
        cmocka_unit_test(overlapping_starts_are_found),
        cmocka_unit_test(the_match_complete_first_wins_and_of_those_the_longest),
        cmocka_unit_test(held_text_is_passed_on_as_soon_as_it_cannot_match),
        cmocka_unit_test(characters_are_never_split_between_deliveries),
        cmocka_unit_test(a_sink_may_end_the_stream),
        cmocka_unit_test(unusable_stop_strings_are_refused_by_number),
        cmocka_unit_test(random_streams_agree_with_the_definition),
        cmocka_unit_test(out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
