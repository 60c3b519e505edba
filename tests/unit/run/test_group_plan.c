/* engine/run/group_plan: who has a part in the next pass, and how large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/run/group_plan.h"

#define MOST 8

#define FOREGROUND INGLE_URGENCY_INTERACTIVE
#define TASK INGLE_URGENCY_TASK
#define BACKGROUND INGLE_URGENCY_BACKGROUND

/* Turns in order of arrival; n_left 0 ends them. */
struct turns {
    struct group_turn t[MOST];
    int n;
};

static struct group_turn *link_turns(struct turns *q) {
    struct group_turn *first = NULL, **end = &first;
    q->n = 0;
    while (q->n < MOST && q->t[q->n].n_left > 0) {
        struct group_turn *t = &q->t[q->n++];
        if (t->n_seqs == 0) t->n_seqs = 1;
        *end = t;
        t->next = NULL;
        end = &t->next;
    }
    return first;
}

static void expect_plan(struct turns *q, int room, int piece, const int *wanted) {
    group_plan(link_turns(q), room, piece);
    for (int i = 0; i < q->n && i < MOST; i++) {
        if (q->t[i].n_now != wanted[i]) {
            fail_msg("turn %d gets %d, not %d", i, q->t[i].n_now, wanted[i]);
        }
    }
}

static void every_step_goes_along_and_a_prompt_takes_the_rest(void **state) {
    (void)state;
    struct turns q = {.t = {{.n_left = 1000}, {.n_left = 1}, {.n_left = 8}, {.n_left = 1}}};
    expect_plan(&q, 512, 512, (const int[MOST]){502, 1, 8, 1});
    expect_plan(&q, 512, 64, (const int[MOST]){64, 1, 8, 1});
    expect_plan(&q, 10, 64, (const int[MOST]){0, 1, 8, 1});
}

static void prompts_go_by_urgency_and_then_by_arrival(void **state) {
    (void)state;
    struct turns q = {.t = {{.n_left = 100, .urgency = BACKGROUND},
                            {.n_left = 100, .urgency = TASK},
                            {.n_left = 100, .urgency = FOREGROUND},
                            {.n_left = 100, .urgency = FOREGROUND},
                            {.n_left = 1, .urgency = BACKGROUND}}};
    expect_plan(&q, 512, 64, (const int[MOST]){0, 0, 64, 0, 1});
    expect_plan(&q, 512, 150, (const int[MOST]){0, 0, 100, 50, 1});
    expect_plan(&q, 512, 320, (const int[MOST]){20, 100, 100, 100, 1});
    expect_plan(&q, 151, 512, (const int[MOST]){0, 0, 100, 50, 1});
}

static void what_goes_whole_or_not_at_all_waits_until_it_fits(void **state) {
    (void)state;
    struct turns q = {.t = {{.n_left = 5}, {.n_left = 60, .n_seqs = 3, .is_whole = true}}};
    expect_plan(&q, 64, 16, (const int[MOST]){5, 0});
    assert_int_equal(q.t[1].n_passed_over, 1);
    expect_plan(&q, 65, 16, (const int[MOST]){5, 60});
    assert_int_equal(q.t[1].n_passed_over, 0);
}

/* Passes until the last turn has had a part, while those before it are always there again. */
static int wait_of_the_last(struct turns *q, int room, int piece) {
    int n_passes = 0;
    struct group_turn *first = link_turns(q);
    do {
        group_plan(first, room, piece);
        n_passes++;
    } while (q->t[q->n - 1].n_now == 0 && n_passes < 1000);
    return n_passes;
}

static void nobody_waits_for_ever(void **state) {
    (void)state;
    struct turns prompts = {.t = {{.n_left = 100000, .urgency = FOREGROUND},
                                  {.n_left = 100000, .urgency = BACKGROUND}}};
    assert_int_equal(wait_of_the_last(&prompts, 512, 64), 17);
    prompts.t[1].urgency = TASK;
    assert_int_equal(wait_of_the_last(&prompts, 512, 64), 9);
    struct turns steps = {.t = {{.n_left = 1}, {.n_left = 1}, {.n_left = 1}}};
    assert_in_range(wait_of_the_last(&steps, 1, 1), 2, 20);
    struct turns whole = {.t = {{.n_left = 8}, {.n_left = 64, .is_whole = true}}};
    assert_in_range(wait_of_the_last(&whole, 64, 16), 2, 10);
}

/* Any queue: what a pass takes fits, is part of what is there, and is not nothing. */
static void every_pass_takes_something_that_fits(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    for (int round = 0; round < 20000; round++) {
        struct turns q = {0};
        int room = 1 + (int)rng_below(&rng, 100), piece = 1 + (int)rng_below(&rng, 100);
        int n = 1 + (int)rng_below(&rng, MOST), rows = 0, prompt_rows = 0;
        for (int i = 0; i < n; i++) {
            bool is_whole = rng_below(&rng, 6) == 0;
            int most = is_whole ? room : rng_below(&rng, 2) ? 8 : 200;
            q.t[i] = (struct group_turn){.n_left = 1 + (int)rng_below(&rng, (uint32_t)most),
                                         .is_whole = is_whole,
                                         .urgency = (ingle_session_urgency)rng_below(&rng, 3),
                                         .n_passed_over = (int)rng_below(&rng, 20)};
        }
        group_plan(link_turns(&q), room, piece);
        for (int i = 0; i < n; i++) {
            const struct group_turn *t = &q.t[i];
            assert_in_range(t->n_now, 0, t->n_left);
            if (t->is_whole) assert_true(t->n_now == 0 || t->n_now == t->n_left);
            rows += t->n_now;
            if (!group_turn_is_step(t)) prompt_rows += t->n_now;
        }
        assert_in_range(rows, 1, room);
        assert_in_range(prompt_rows, 0, piece);
    }
}

static void a_piece_is_what_makes_a_pass_three_times_as_long(void **state) {
    (void)state;
    struct group_pace p = {0};
    assert_int_equal(group_pace_beside(&p), GROUP_PIECE_FIRST);
    group_pace_timed(&p, 1, 32, 20); /* not known what it would have taken without */
    assert_int_equal(group_pace_beside(&p), GROUP_PIECE_FIRST);
    for (int i = 0; i < 100; i++) group_pace_timed(&p, 1, 0, 4);
    assert_int_equal(group_pace_beside(&p), GROUP_PIECE_FIRST);
    for (int i = 0; i < 100; i++) group_pace_timed(&p, 2, 32, 4 + 32 * 0.125);
    assert_in_range(group_pace_beside(&p), 63, 64); /* 4 + 64 * 0.125 = 3 * 4 */
    for (int i = 0; i < 100; i++) group_pace_timed(&p, 1, 64, 4 + 64 * 4);
    assert_int_equal(group_pace_beside(&p), GROUP_PIECE_LEAST);
    for (int i = 0; i < 200; i++) group_pace_timed(&p, 3, 16, 4 + 16 * 0.001);
    assert_int_equal(group_pace_beside(&p), GROUP_PIECE_MOST);
}

static void a_pass_of_prompts_alone_is_bounded_in_time(void **state) {
    (void)state;
    struct group_pace p = {0};
    assert_int_equal(group_pace_alone(&p, true), INT32_MAX);
    group_pace_timed(&p, 0, 500, 500);
    assert_in_range(group_pace_alone(&p, true), 249, 250);
    assert_in_range(group_pace_alone(&p, false), 99, 100);
    for (int i = 0; i < 200; i++) group_pace_timed(&p, 0, 500, 500 * 100);
    assert_int_equal(group_pace_alone(&p, true), GROUP_ALONE_LEAST);
    assert_int_equal(group_pace_alone(&p, false), GROUP_ALONE_LEAST_NOT_URGENT);
    for (int i = 0; i < 200; i++) group_pace_timed(&p, 0, 500, 10);
    assert_true(group_pace_alone(&p, false) > 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_goes_along_and_a_prompt_takes_the_rest),
        cmocka_unit_test(prompts_go_by_urgency_and_then_by_arrival),
        cmocka_unit_test(what_goes_whole_or_not_at_all_waits_until_it_fits),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(every_pass_takes_something_that_fits),
        cmocka_unit_test(a_piece_is_what_makes_a_pass_three_times_as_long),
        cmocka_unit_test(a_pass_of_prompts_alone_is_bounded_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
