/* Loops and what only looks like them, beside a definition that tries every period. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/run/loop.h"

#define N 20000

static int32_t tokens[N];
static int n_tokens;

static void add(int32_t token) {
    assert_true(n_tokens < N);
    tokens[n_tokens++] = token;
}

/* One token a byte. */
static void add_text(const char *text) {
    for (; *text; text++) add((unsigned char)*text);
}

/* A text without repetitions: every token is new. */
static void add_prose(int n) {
    for (int i = 0; i < n; i++) add(1000 + n_tokens);
}

static void add_block(int first, int p, int n_copies) {
    for (int i = 0; i < n_copies * p; i++) add(first + i % p);
}

/* Feeds the tokens one by one as generation does; returns after how many a loop is found, or 0. */
static int found_at(void) {
    static struct loop l;
    loop_init(&l);
    for (int n = 1; n <= n_tokens; n++) {
        if (loop_found(&l, tokens, n)) return n;
    }
    return 0;
}

static int after_prose(int n_prose, int p, int n_copies) {
    n_tokens = 0;
    add_prose(n_prose);
    add_block(1, p, n_copies);
    return found_at();
}

/* ---- loops ---- */

static void a_block_of_any_length_is_found_soon_after_enough_copies(void **state) {
    (void)state;
    for (int p = LOOP_RICH; p <= LOOP_LONGEST; p += p < 40 ? 1 : 61) {
        for (int n_prose = 0; n_prose < 3000; n_prose += 997) {
            int repeated = LOOP_COPIES * p > LOOP_REPEATED ? LOOP_COPIES * p : LOOP_REPEATED;
            int due = n_prose + p + repeated;
            assert_in_range(after_prose(n_prose, p, repeated / p + 3 + LOOP_EVERY / p), due,
                            due + LOOP_EVERY);
        }
    }
    assert_in_range(after_prose(10, LOOP_LONGEST, 5), 1, N);
    assert_int_equal(after_prose(10, LOOP_LONGEST + 1, 12), 0); /* stated, not found */
}

static void a_block_of_few_different_tokens_needs_more(void **state) {
    (void)state;
    for (int p = 1; p < LOOP_RICH; p++) {
        int due = 500 + p + LOOP_REPEATED_POOR;
        assert_in_range(after_prose(500, p, 2000 / p), due, due + LOOP_EVERY);
    }
    /* Its length is not what counts. */
    n_tokens = 0;
    for (int i = 0; i < 3000; i++) add(i % 20 == 0 ? 7 : 3);
    assert_in_range(found_at(), 20 + LOOP_REPEATED_POOR, 20 + LOOP_REPEATED_POOR + LOOP_EVERY);
}

static void blocks_that_repeat_within_themselves_are_found(void **state) {
    (void)state;
    /* Every pair of tokens stands in the block several times. */
    struct rng rng;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        rng_init(&rng, seed);
        int p = 20 + (int)rng_below(&rng, 600);
        n_tokens = 0;
        add_prose(100);
        int first = n_tokens;
        for (int i = 0; i < p; i++) add((int32_t)rng_below(&rng, 9));
        while (n_tokens < N - 1) add(tokens[n_tokens - p]);
        int repeated = LOOP_COPIES * p > LOOP_REPEATED ? LOOP_COPIES * p : LOOP_REPEATED;
        assert_in_range(found_at(), first + repeated, first + p + repeated + LOOP_EVERY);
    }
}

static void a_loop_late_in_a_long_answer_is_found(void **state) {
    (void)state;
    assert_in_range(after_prose(15000, 30, 60), 15000 + LOOP_REPEATED, 15000 + 30 * 20 + 100);
    assert_in_range(after_prose(15000, 400, 8), 15000 + 3 * 400, 15000 + 4 * 400 + LOOP_EVERY);
}

static void one_that_ends_in_time_is_none(void **state) {
    (void)state;
    n_tokens = 0;
    for (int i = 0; i < 20; i++) { /* each a little shorter than it takes, then something new */
        add_block(1, 10, (LOOP_REPEATED - LOOP_EVERY) / 10);
        add_prose(5);
    }
    assert_int_equal(found_at(), 0);
}

static void fewer_copies_than_stated_are_none(void **state) {
    (void)state;
    for (int p = LOOP_REPEATED / LOOP_COPIES + 1; p < LOOP_LONGEST; p += 53) {
        assert_int_equal(after_prose(100, p, LOOP_COPIES), 0); /* the first, and one too few */
        assert_int_not_equal(after_prose(100, p, LOOP_COPIES + 2), 0);
    }
}

/* ---- texts that repeat themselves rightly ---- */

static void data_of_all_kinds_is_no_loop(void **state) {
    (void)state;
    char line[128];
    struct rng rng;
    rng_init(&rng, 1);
    n_tokens = 0;
    for (int i = 0; i < 120; i++) { /* a table */
        snprintf(line, sizeof line, "| %d | item %d | 0.00 | yes |\n", i, i * 7 % 50);
        add_text(line);
    }
    assert_int_equal(found_at(), 0);
    n_tokens = 0;
    for (int i = 0; i < 900; i++) { /* JSON: an array of numbers */
        snprintf(line, sizeof line, "%s%u", i ? ", " : "[", rng_below(&rng, 20));
        add_text(line);
    }
    assert_int_equal(found_at(), 0);
    n_tokens = 0;
    for (int i = 0; i < 90; i++) { /* code with similar lines */
        snprintf(line, sizeof line, "    assert_int_equal(answer[%d], wanted[%d]);\n", i, i);
        add_text(line);
    }
    assert_int_equal(found_at(), 0);
}

static void rulers_and_runs_are_no_loop(void **state) {
    (void)state;
    n_tokens = 0;
    for (int i = 0; i < 12; i++) { /* rulers between headings */
        for (int k = 0; k < 100; k++) add('=');
        add_text("\n");
        add_prose(3);
    }
    assert_int_equal(found_at(), 0);
    static const char runs[] = " [({-.\n";
    for (const char *c = runs; *c; c++) {
        n_tokens = 0;
        for (int i = 0; i < 800; i++) add(*c);
        add_prose(200);
        assert_int_equal(found_at(), 0);
    }
    n_tokens = 0;
    for (int i = 0; i < 300; i++) add_text("ha ");
    add_text("very funny");
    assert_int_equal(found_at(), 0);
    n_tokens = 0;
    for (int row = 0; row < 20; row++) { /* a matrix of zeros */
        for (int k = 0; k < 20; k++) add_text(k ? ",0" : "[0");
        add_text("],\n");
    }
    assert_int_equal(found_at(), 0);
}

static void refrains_and_requested_repetitions_are_no_loop(void **state) {
    (void)state;
    static const char refrain[] = "Row, row, row your boat, gently down the stream. Merrily, "
                                  "merrily, merrily, merrily, life is but a dream.\n";
    n_tokens = 0;
    for (int verse = 0; verse < 30; verse++) {
        add_text(refrain);
        add_text(refrain);
        add_prose(60);
    }
    assert_int_equal(found_at(), 0);
    n_tokens = 0;
    for (int i = 0; i < 50; i++) add_block(5000, 9, 1); /* fifty lines of nine tokens */
    assert_int_equal(found_at(), 0);
    assert_int_equal(after_prose(100, 300, 3), 0); /* three copies of a letter */
}

static void texts_at_random_are_no_loop(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (uint32_t n_words = 2; n_words < 1000; n_words *= 3) {
        n_tokens = 0;
        while (n_tokens < N) add((int32_t)rng_below(&rng, n_words));
        assert_int_equal(found_at(), 0);
    }
}

/* ---- the definition ---- */

static int n_different(const int32_t *block, int p) {
    int n = 0;
    for (int i = 0; i < p; i++) {
        int k = 0;
        while (block[k] != block[i]) k++;
        n += k == i;
    }
    return n;
}

static bool is_loop(int n) {
    int n_seen = n < LOOP_WINDOW ? n : LOOP_WINDOW;
    for (int p = 1; p <= LOOP_LONGEST; p++) {
        int repeated = 0;
        while (repeated + p < n_seen && tokens[n - 1 - repeated] == tokens[n - 1 - repeated - p]) {
            repeated++;
        }
        if (repeated < LOOP_REPEATED || repeated < LOOP_COPIES * p) continue;
        bool is_poor = n_different(tokens + n - p, p) < LOOP_RICH;
        if (repeated >= (is_poor ? LOOP_REPEATED_POOR : LOOP_REPEATED)) return true;
    }
    return false;
}

static void what_is_found_is_what_is_defined(void **state) {
    (void)state;
    static struct loop l;
    struct rng rng;
    int n_loops = 0, n_looked = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        rng_init(&rng, seed);
        n_tokens = 0;
        /* Pieces of copies at random distances, near the limits. */
        while (n_tokens < 7000) {
            int p = 1 + (int)rng_below(&rng, rng_below(&rng, 2) ? 12 : 700);
            int n = (int)rng_below(&rng, (uint32_t)(p * 5 + 1300));
            for (int i = 0; i < p; i++) add((int32_t)rng_below(&rng, 12));
            for (int i = 0; i < n && n_tokens < 7000; i++) add(tokens[n_tokens - p]);
        }
        loop_init(&l);
        for (int n = LOOP_EVERY; n <= n_tokens; n += LOOP_EVERY) {
            bool is_found = loop_found(&l, tokens, n);
            if (n % 512 == 0) {
                assert_int_equal(is_found, is_loop(n));
                n_looked++;
                n_loops += is_found;
            }
        }
    }
    assert_true(n_loops > 50 && n_looked - n_loops > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_of_any_length_is_found_soon_after_enough_copies),
        cmocka_unit_test(a_block_of_few_different_tokens_needs_more),
        cmocka_unit_test(blocks_that_repeat_within_themselves_are_found),
        cmocka_unit_test(a_loop_late_in_a_long_answer_is_found),
        cmocka_unit_test(one_that_ends_in_time_is_none),
        cmocka_unit_test(fewer_copies_than_stated_are_none),
        cmocka_unit_test(data_of_all_kinds_is_no_loop),
        cmocka_unit_test(rulers_and_runs_are_no_loop),
        cmocka_unit_test(refrains_and_requested_repetitions_are_no_loop),
        cmocka_unit_test(texts_at_random_are_no_loop),
        cmocka_unit_test(what_is_found_is_what_is_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
