/* The index of a text's pairs: what it finds beside a search of the whole text, and forgetting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/run/lookup.h"

#define N_CTX 400

static int length_of_match(const int32_t *tokens, int a, int b) {
    int len = 0;
    while (len < LOOKUP_LONGEST && len <= a && tokens[a - len] == tokens[b - len]) len++;
    return len;
}

/* The longest match with the end of tokens[0..n), at most `newest` occurrences of its last pair
 * ago; 0 if it is no pair. */
static int longest_match(const int32_t *tokens, int n, int newest) {
    int longest = 0;
    for (int p = n - 2; p >= 1 && newest > 0; p--) {
        int len = length_of_match(tokens, p, n - 1);
        if (len >= 2) newest--;
        if (len >= 2 && len > longest) longest = len;
    }
    return longest;
}

/* What was found is what it claims to be. */
static void expect_a_match(const struct lookup *l, const int32_t *tokens, int n) {
    assert_in_range(l->len, 0, LOOKUP_LONGEST);
    if (l->len == 0) return;
    assert_in_range(l->source, l->len, n - 1);
    assert_true(length_of_match(tokens, l->source - 1, n - 1) >= l->len);
}

static void a_text_that_never_repeats_a_pair_lets_nothing_be_expected(void **state) {
    (void)state;
    struct lookup l;
    assert_int_equal(lookup_init(&l, N_CTX, NULL), INGLE_OK);
    int32_t tokens[N_CTX];
    for (int i = 0; i < N_CTX; i++) tokens[i] = i % 2 ? 7 : i;
    for (int n = 1; n <= N_CTX; n++) {
        lookup_find(&l, tokens, n);
        assert_int_equal(l.len, 0);
    }
    lookup_clear(&l);
}

static void the_newest_of_the_longest_matches_is_taken(void **state) {
    (void)state;
    static const int32_t tokens[] = {1, 2, 3, 4, 2, 3, 5, 1, 2, 3, 6, 2, 3, 0, 1, 2, 3};
    static const int n = BASE_COUNT(tokens);
    struct lookup l;
    assert_int_equal(lookup_init(&l, n, NULL), INGLE_OK);
    lookup_find(&l, tokens, n);
    assert_int_equal(l.len, 3);
    assert_int_equal(tokens[l.source], 6);
    /* Of pairs, that which a 0 follows. */
    int32_t other[BASE_COUNT(tokens)];
    memcpy(other, tokens, sizeof tokens);
    lookup_truncate(&l, tokens, n - 3);
    other[n - 3] = 9;
    lookup_find(&l, other, n);
    assert_int_equal(l.len, 2);
    assert_int_equal(other[l.source], 0);
    lookup_clear(&l);
}

/* Followed token by token, a match as long as the text's end really has is never lost, and one is
 * found whenever the pair is among the newest. */
static void matches_are_as_long_as_a_search_of_the_text_finds_them(void **state) {
    (void)state;
    static const uint32_t alphabets[] = {1, 2, 3, 10, 40};
    for (size_t k = 0; k < BASE_COUNT(alphabets); k++) {
        struct rng rng;
        rng_init(&rng, 5 + k);
        struct lookup l;
        int32_t tokens[N_CTX];
        assert_int_equal(lookup_init(&l, N_CTX, NULL), INGLE_OK);
        for (int n = 1; n <= N_CTX; n++) {
            bool is_copy = n > 50 && n % 50 < 30;
            tokens[n - 1] = is_copy ? tokens[n - 50] : (int32_t)rng_below(&rng, alphabets[k]) - 100;
            lookup_find(&l, tokens, n);
            expect_a_match(&l, tokens, n);
            assert_true(l.len >= longest_match(tokens, n, 16));
            assert_true(l.len <= longest_match(tokens, n, N_CTX));
        }
        lookup_clear(&l);
    }
}

static void a_draft_goes_on_where_the_match_was_and_into_itself(void **state) {
    (void)state;
    int32_t tokens[40] = {5, 1, 2, 3, 9, 8, 1, 2};
    struct lookup l;
    assert_int_equal(lookup_init(&l, 40, NULL), INGLE_OK);
    lookup_find(&l, tokens, 8);
    lookup_draft(&l, tokens, 8, 7);
    static const int32_t wanted[] = {3, 9, 8, 1, 2, 3, 9};
    assert_memory_equal(tokens + 8, wanted, sizeof wanted);
    lookup_draft(&l, tokens, 8, 0);
    /* One token again and again. */
    for (int i = 0; i < 12; i++) tokens[i] = 4;
    memset(tokens + 12, 0, 7 * sizeof *tokens);
    lookup_truncate(&l, tokens, 0);
    lookup_find(&l, tokens, 12);
    lookup_draft(&l, tokens, 12, 7);
    for (int i = 12; i < 19; i++) assert_int_equal(tokens[i], 4);
    lookup_clear(&l);
}

/* Grown, cut and grown differently, at random: as if all had been entered just once. */
static void what_is_forgotten_leaves_no_trace(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    struct lookup used;
    int32_t tokens[N_CTX];
    assert_int_equal(lookup_init(&used, N_CTX, NULL), INGLE_OK);
    int n = 0;
    for (int round = 0; round < 300; round++) {
        int n_more = 1 + (int)rng_below(&rng, 60);
        for (int i = 0; i < n_more && n < N_CTX; i++) {
            tokens[n++] = (int32_t)rng_below(&rng, 4);
            lookup_find(&used, tokens, n);
        }
        n = (int)rng_below(&rng, (uint32_t)n);
        lookup_truncate(&used, tokens, n);
        assert_int_equal(used.len, 0);

        struct lookup fresh;
        assert_int_equal(lookup_init(&fresh, N_CTX, NULL), INGLE_OK);
        tokens[n++] = (int32_t)rng_below(&rng, 4);
        lookup_find(&used, tokens, n);
        lookup_find(&fresh, tokens, n);
        assert_int_equal(used.len, fresh.len);
        if (used.len) assert_int_equal(used.source, fresh.source);
        assert_memory_equal(used.newest, fresh.newest, sizeof(int32_t) << used.bits);
        lookup_clear(&fresh);
    }
    lookup_truncate(&used, tokens, 0);
    for (int i = 0; i < 1 << used.bits; i++) assert_int_equal(used.newest[i], 0);
    lookup_clear(&used);
}

static void the_last_token_may_still_become_another(void **state) {
    (void)state;
    int32_t tokens[] = {1, 2, 3, 1, 2};
    struct lookup l;
    assert_int_equal(lookup_init(&l, 5, NULL), INGLE_OK);
    lookup_find(&l, tokens, 5);
    assert_int_equal(l.len, 2);
    tokens[4] = 9;
    lookup_restart(&l);
    lookup_find(&l, tokens, 5);
    assert_int_equal(l.len, 0);
    assert_int_equal(l.n_entered, 4);
    lookup_clear(&l);
}

static void every_size_of_context_works_and_takes_memory_once(void **state) {
    (void)state;
    static const int sizes[] = {1, 2, 3, 64, 65, 1000};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        static int32_t tokens[1000];
        uint64_t live = mem_live();
        struct lookup l;
        assert_int_equal(lookup_init(&l, sizes[i], NULL), INGLE_OK);
        uint64_t count = mem_count();
        for (int n = 1; n <= sizes[i]; n++) {
            tokens[n - 1] = INT32_MAX - n % 3;
            lookup_find(&l, tokens, n);
            expect_a_match(&l, tokens, n);
        }
        lookup_truncate(&l, tokens, sizes[i] / 2);
        assert_int_equal(mem_count(), count);
        lookup_clear(&l);
        assert_int_equal(mem_live(), live);
    }
}

static void without_memory_there_is_an_error_and_nothing_to_release(void **state) {
    (void)state;
    uint64_t live = mem_live();
    struct lookup l;
    ingle_error err = {0};
    mem_fail_at(1, 0);
    ingle_status status = lookup_init(&l, 100, &err);
    mem_fail_at(0, 0);
    assert_int_equal(status, INGLE_NO_MEMORY);
    assert_non_null(strstr(err.msg, "index of the context's tokens"));
    assert_null(l.newest);
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_never_repeats_a_pair_lets_nothing_be_expected),
        cmocka_unit_test(the_newest_of_the_longest_matches_is_taken),
        cmocka_unit_test(matches_are_as_long_as_a_search_of_the_text_finds_them),
        cmocka_unit_test(a_draft_goes_on_where_the_match_was_and_into_itself),
        cmocka_unit_test(what_is_forgotten_leaves_no_trace),
        cmocka_unit_test(the_last_token_may_still_become_another),
        cmocka_unit_test(every_size_of_context_works_and_takes_memory_once),
        cmocka_unit_test(without_memory_there_is_an_error_and_nothing_to_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
