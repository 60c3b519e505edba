/* When guessing pays: texts and machines of which the answer is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/run/draft_gate.h"

/* A machine: what a row more costs, in passes of one row, and how unsteady its times are. */
struct machine {
    double row, noise;
    bool is_interrupted; /* one pass in 50 takes five times as long */
};

/* A text of which a guess after a match of len tokens is right with this chance, from the len-th
 * on; a wrong one ends the match. */
struct text {
    double right_at_2, right_at_longest;
};

static double chance(const struct text *t, int len) {
    return t->right_at_2 + (t->right_at_longest - t->right_at_2) * (len - 2) / (LOOKUP_LONGEST - 2);
}

struct run {
    double time, plain_time; /* taken, and what it would have been without guesses */
    int n_drafted, n_passes;
};

static double pass_time(const struct machine *m, int k, struct rng *rng) {
    double time = (1 + m->row * k) * exp(m->noise * (double)rng_normal(rng));
    if (m->is_interrupted && rng_below(rng, 50) == 0) time *= 5;
    return time;
}

/* Goes on for so many tokens. The time counted is the machine's own, without its noise. */
static struct run go_on(struct draft_gate *g, const struct text *t, const struct machine *m,
                        int n_tokens, struct rng *rng) {
    struct run r = {0};
    int len = 2, n_right = 0;
    for (int i = 0; i < n_tokens; i++) {
        bool was_right = rng_unit(rng) < chance(t, len);
        draft_gate_learn(g, len, was_right);
        len = !was_right ? 2 : len < LOOKUP_LONGEST ? len + 1 : len;
        r.plain_time += 1;
        if (was_right && n_right > 0) {
            n_right--; /* computed already */
            continue;
        }
        n_right = draft_gate_choose(g, len, DRAFT_MAX);
        assert_in_range(n_right, 0, DRAFT_MAX);
        r.n_drafted += n_right;
        r.n_passes++;
        r.time += 1 + m->row * n_right;
        draft_gate_timed(g, n_right, 20 * pass_time(m, n_right, rng));
    }
    return r;
}

static struct run start(const struct text *t, const struct machine *m, int n_tokens) {
    struct draft_gate g;
    struct rng rng;
    rng_init(&rng, 3);
    draft_gate_init(&g);
    return go_on(&g, t, m, n_tokens, &rng);
}

static const struct machine machines[] = {
    {0.02, 0.02, false}, {0.1, 0.05, true}, {0.2, 0.1, true}, {0.5, 0.05, true}, {1, 0.1, false}};

static void a_text_that_repeats_itself_is_guessed_where_that_is_cheap(void **state) {
    (void)state;
    static const struct text text = {0.6, 0.98};
    static const double at_least[] = {3.5, 2.3, 1.7, 1.15, 0.98};
    for (size_t i = 0; i < BASE_COUNT(machines); i++) {
        struct run r = start(&text, &machines[i], 3000);
        if (r.plain_time / r.time < at_least[i]) {
            fail_msg("machine %zu: %.2f times as fast", i, r.plain_time / r.time);
        }
    }
}

static void a_text_of_its_own_is_never_much_slower_for_it(void **state) {
    (void)state;
    static const struct text texts[] = {{0, 0}, {0.02, 0.1}, {0.1, 0.2}, {0.2, 0.4}, {0.3, 0.3}};
    for (size_t i = 0; i < BASE_COUNT(machines); i++) {
        for (size_t k = 0; k < BASE_COUNT(texts); k++) {
            struct run r = start(&texts[k], &machines[i], 3000);
            if (r.time / r.plain_time > 1.015) {
                fail_msg("machine %zu, text %zu: %.3f of the time", i, k, r.time / r.plain_time);
            }
        }
    }
}

static void nothing_is_guessed_before_a_plain_pass_was_timed(void **state) {
    (void)state;
    struct draft_gate g;
    draft_gate_init(&g);
    for (int i = 0; i < 100; i++) draft_gate_learn(&g, LOOKUP_LONGEST, true);
    assert_int_equal(draft_gate_choose(&g, LOOKUP_LONGEST, DRAFT_MAX), 0);
    draft_gate_timed(&g, 0, 5);
    assert_int_equal(draft_gate_choose(&g, LOOKUP_LONGEST, DRAFT_MAX), DRAFT_MAX);
    assert_int_equal(draft_gate_choose(&g, LOOKUP_LONGEST, 3), 3);
    assert_int_equal(draft_gate_choose(&g, LOOKUP_LONGEST, 0), 0);
}

/* A machine so slow that times are all that counts: guesses stop, and are tried again when they
 * have become cheap. */
static void guesses_stop_when_they_become_dear_and_come_back(void **state) {
    (void)state;
    static const struct text text = {0.7, 0.7};
    static const struct machine dear = {0.9, 0.02, false}, cheap = {0.05, 0.02, false};
    struct draft_gate g;
    struct rng rng;
    rng_init(&rng, 4);
    draft_gate_init(&g);
    assert_true(go_on(&g, &text, &cheap, 500, &rng).n_drafted > 500);
    (void)go_on(&g, &text, &dear, 500, &rng);
    struct run r = go_on(&g, &text, &dear, 2000, &rng);
    assert_true(r.time < 1.015 * r.plain_time);
    (void)go_on(&g, &text, &cheap, 1000, &rng);
    assert_true(go_on(&g, &text, &cheap, 500, &rng).n_drafted > 500);
}

static void a_text_that_begins_to_repeat_itself_is_noticed_within_some_tokens(void **state) {
    (void)state;
    static const struct text own = {0.02, 0.02}, same = {0.97, 0.99};
    static const struct machine machine = {0.1, 0.05, true};
    struct draft_gate g;
    struct rng rng;
    rng_init(&rng, 5);
    draft_gate_init(&g);
    assert_true(go_on(&g, &own, &machine, 2000, &rng).n_drafted < 40);
    (void)go_on(&g, &same, &machine, 60, &rng);
    struct run r = go_on(&g, &same, &machine, 300, &rng);
    assert_true(r.plain_time / r.time > 2);
}

/* The machine has slowed down for all passes alike: that makes guesses neither dear nor cheap. */
static void a_slower_machine_is_not_taken_for_dear_guesses(void **state) {
    (void)state;
    struct draft_gate g;
    draft_gate_init(&g);
    double slow = 1;
    for (int i = 0; i < 500; i++) {
        slow *= 1.01;
        draft_gate_learn(&g, LOOKUP_LONGEST, i % 8 != 0);
        int k = draft_gate_choose(&g, LOOKUP_LONGEST, DRAFT_MAX);
        if (i > 0) assert_true(k > 0 || i % 8 == 1 || g.since_plain >= 64);
        draft_gate_timed(&g, i % 8 == 0 ? 0 : k, slow * (i % 8 == 0 ? 1 : 1 + 0.1 * k));
        for (int j = 1; j <= DRAFT_MAX; j++) assert_true(g.cost[j] >= 1 && g.cost[j] < 1 + 0.3 * j);
    }
}

static void times_of_any_kind_do_no_harm(void **state) {
    (void)state;
    static const double times[] = {0, 1e-300, 1e300, 1, 0.001, 1e6};
    struct draft_gate g;
    struct rng rng;
    rng_init(&rng, 6);
    draft_gate_init(&g);
    for (int i = 0; i < 5000; i++) {
        draft_gate_learn(&g, 2 + (int)rng_below(&rng, 7), rng_below(&rng, 2) == 0);
        int k = draft_gate_choose(&g, 2 + (int)rng_below(&rng, 7), DRAFT_MAX);
        assert_in_range(k, 0, DRAFT_MAX);
        draft_gate_timed(&g, (int)rng_below(&rng, DRAFT_MAX + 1), times[rng_below(&rng, 6)]);
        for (int j = 1; j <= DRAFT_MAX; j++) assert_true(g.cost[j] >= 1 && g.cost[j] <= 1 + j);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_repeats_itself_is_guessed_where_that_is_cheap),
        cmocka_unit_test(a_text_of_its_own_is_never_much_slower_for_it),
        cmocka_unit_test(nothing_is_guessed_before_a_plain_pass_was_timed),
        cmocka_unit_test(guesses_stop_when_they_become_dear_and_come_back),
        cmocka_unit_test(a_text_that_begins_to_repeat_itself_is_noticed_within_some_tokens),
        cmocka_unit_test(a_slower_machine_is_not_taken_for_dear_guesses),
        cmocka_unit_test(times_of_any_kind_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
