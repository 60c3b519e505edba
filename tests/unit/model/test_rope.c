/* Rotary angles: each kind of context extension against its formula; and what turning does. */
#include "engine/model/rope.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/kern/ops.h"

#define N_ROT 16
#define N_PAIRS (N_ROT / 2)

static struct rope_params plain_params(void) {
    return (struct rope_params){.n_rot = N_ROT,
                                .freq_base = 10000.0f,
                                .scaling = ROPE_SCALING_LINEAR,
                                .factor = 1.0f,
                                .n_ctx_orig = 4096,
                                .attn_factor = 1.0f,
                                .yarn_beta_fast = 32.0f,
                                .yarn_beta_slow = 1.0f};
}

static void assert_close(double a, double b) {
    if (fabs(a - b) > 1e-9 * fmax(fabs(a), fabs(b))) fail_msg("%.12g is not %.12g", a, b);
}

static void speeds_follow_the_base(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    double speed[N_PAIRS];
    assert_close((double)rope_speeds(speed, &rope, 4096), 1.0);
    for (int i = 0; i < N_PAIRS; i++) assert_close(speed[i], pow(10000.0, -2.0 * i / N_ROT));
}

static void linear_scaling_divides_every_speed(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.factor = 8.0f;
    (void)rope_speeds(after, &rope, 4096);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i] * 8.0, before[i]);
}

static void divisors_divide_pair_by_pair(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    static const float divisors[N_PAIRS] = {1, 1, 1.5f, 2, 4, 8, 32, 32};
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.divisors = divisors;
    (void)rope_speeds(after, &rope, 4096);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i] * (double)divisors[i], before[i]);
}

static void long_rope_chooses_by_the_context_asked_for(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    static const float short_ones[N_PAIRS] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const float long_ones[N_PAIRS] = {2, 2, 2, 2, 2, 2, 2, 2};
    rope.divisors_short = short_ones;
    rope.divisors_long = long_ones;
    rope.attn_factor = 1.190238f;
    double within[N_PAIRS], beyond[N_PAIRS];
    assert_close((double)rope_speeds(within, &rope, 4096), (double)1.190238f);
    assert_close((double)rope_speeds(beyond, &rope, 4097), (double)1.190238f);
    for (int i = 0; i < N_PAIRS; i++) assert_close(beyond[i] * 2.0, within[i]);
}

static void yarn_keeps_fast_pairs_and_divides_slow_ones(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.scaling = ROPE_SCALING_YARN;
    rope.factor = 4.0f;
    float magnitude = rope_speeds(after, &rope, 16384);
    assert_true(fabs((double)magnitude - (1.0 + 0.1 * log(4.0))) < 1e-6);
    /* The wave of pair i turns 4096 * speed / 2 pi times: pair 0 over 32 times, pair 7 under once.
     */
    assert_close(after[0], before[0]);
    assert_close(after[N_PAIRS - 1] * 4.0, before[N_PAIRS - 1]);
    for (int i = 0; i < N_PAIRS; i++) {
        assert_true(after[i] <= before[i] && after[i] * 4.0 >= before[i] * 0.999999);
    }
}

/* Where the wave that turns once is longer than the slowest pair's, the ramp ends at n_rot - 1. */
static void the_ramp_of_yarn_ends_within_the_head(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    rope.freq_base = 100.0f;
    rope.n_ctx_orig = 1 << 20;
    rope.yarn_beta_fast = 32000.0f;
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.scaling = ROPE_SCALING_YARN;
    rope.factor = 8.0f;
    (void)rope_speeds(after, &rope, 4096);
    double per_pair = 2 * log(100.0) / N_ROT, turns = (1 << 20) / 6.283185307179586;
    double fast = log(turns / 32000) / per_pair, slow = log(turns) / per_pair;
    assert_true(fast > 1 && fast < 8 && slow > N_ROT - 1);
    for (int i = 0; i < N_PAIRS; i++) {
        double ramp = (i - floor(fast)) / (N_ROT - 1 - floor(fast));
        double keep = 1 - fmin(1, fmax(0, ramp));
        assert_close(after[i], before[i] * (keep + (1 - keep) / 8));
    }
}

static void yarn_by_factor_one_changes_nothing(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.scaling = ROPE_SCALING_YARN;
    assert_close((double)rope_speeds(after, &rope, 4096), 1.0);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i], before[i]);
}

static void yarn_log_multiplier_one_cancels_the_magnitude(void **state) {
    (void)state;
    struct rope_params rope = plain_params();
    double speed[N_PAIRS];
    rope.scaling = ROPE_SCALING_YARN;
    rope.factor = 16.0f;
    rope.yarn_log_multiplier = 1.0f;
    assert_true(fabs((double)rope_speeds(speed, &rope, 65536) - 1.0) < 1e-6);
}

static void angles_are_position_times_speed(void **state) {
    (void)state;
    static const double speed[2] = {1.0, 0.25};
    float cs[4];
    rope_angles(cs, speed, 2.0f, 4, 3);
    assert_true(fabs((double)cs[0] - 2.0 * cos(3.0)) < 1e-6);
    assert_true(fabs((double)cs[1] - 2.0 * sin(3.0)) < 1e-6);
    assert_true(fabs((double)cs[2] - 2.0 * cos(0.75)) < 1e-6);
    assert_true(fabs((double)cs[3] - 2.0 * sin(0.75)) < 1e-6);
}

/* ---- rotation, in every tier ---- */

#define HEAD_DIM 24
#define N_HEADS 5

static void fill(float *x, int n, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int i = 0; i < n; i++) x[i] = rng_normal(&rng);
}

/* The converter's order of rows: new row 2i + j is old row j * n_rot / 2 + i. */
static void permute(float *to, const float *from, int n_rot) {
    for (int h = 0; h < N_HEADS; h++, to += HEAD_DIM, from += HEAD_DIM) {
        for (int i = 0; i < n_rot / 2; i++) {
            to[2 * i] = from[i];
            to[2 * i + 1] = from[n_rot / 2 + i];
        }
        for (int i = n_rot; i < HEAD_DIM; i++) to[i] = from[i];
    }
}

static void each_tier(void (*test)(const struct kern_ops *ops, int n_rot)) {
    for (int tier = 0; tier < CPU_N_TIERS; tier++) {
        if (!cpu_tier_available((enum cpu_tier)tier)) continue;
        struct kern_ops ops;
        kern_ops_init(&ops, (enum cpu_tier)tier);
        for (int n_rot = 2; n_rot <= HEAD_DIM; n_rot += 2) test(&ops, n_rot);
    }
}

static void compare_pairings(const struct kern_ops *ops, int n_rot) {
    float plain[N_HEADS * HEAD_DIM], permuted[N_HEADS * HEAD_DIM], wanted[N_HEADS * HEAD_DIM];
    float cs[HEAD_DIM];
    double speed[HEAD_DIM / 2];
    struct rope_params rope = plain_params();
    rope.n_rot = n_rot;
    rope_angles(cs, speed, rope_speeds(speed, &rope, 4096), n_rot, 1234);
    fill(plain, N_HEADS * HEAD_DIM, 1);
    permute(permuted, plain, n_rot);
    ops->rope(plain, cs, N_HEADS, HEAD_DIM, n_rot, true);
    ops->rope(permuted, cs, N_HEADS, HEAD_DIM, n_rot, false);
    permute(wanted, plain, n_rot);
    for (int i = 0; i < N_HEADS * HEAD_DIM; i++)
        assert_true(fabsf(permuted[i] - wanted[i]) < 1e-6f);
}

static void pairs_side_by_side_and_far_apart_are_the_same_rows_in_another_order(void **state) {
    (void)state;
    each_tier(compare_pairings);
}

static void compare_tails(const struct kern_ops *ops, int n_rot) {
    for (int neox = 0; neox <= 1; neox++) {
        float before[N_HEADS * HEAD_DIM], after[N_HEADS * HEAD_DIM], cs[HEAD_DIM];
        for (int i = 0; i < n_rot / 2; i++) cs[2 * i] = 0, cs[2 * i + 1] = 2; /* and doubled */
        fill(before, N_HEADS * HEAD_DIM, 2);
        memcpy(after, before, sizeof after);
        ops->rope(after, cs, N_HEADS, HEAD_DIM, n_rot, neox);
        for (int i = 0; i < N_HEADS * HEAD_DIM; i++) {
            bool is_tail = i % HEAD_DIM >= n_rot;
            assert_int_equal(after[i] == before[i], is_tail);
        }
    }
}

static void a_partial_rotation_leaves_the_tail_of_a_head_alone(void **state) {
    (void)state;
    each_tier(compare_tails);
}

static void position_0_is_not_turned_and_a_turn_keeps_the_length(void **state) {
    (void)state;
    struct kern_ops ops;
    kern_ops_init(&ops, CPU_TIER_REF);
    struct rope_params rope = plain_params();
    double speed[N_PAIRS];
    (void)rope_speeds(speed, &rope, 4096);
    float x[N_ROT], before[N_ROT], cs[N_ROT];
    fill(before, N_ROT, 3);
    for (int pos = 0; pos < 5000; pos += 999) {
        memcpy(x, before, sizeof x);
        rope_angles(cs, speed, 1.0f, N_ROT, pos);
        ops.rope(x, cs, 1, N_ROT, N_ROT, true);
        if (pos == 0) assert_memory_equal(x, before, sizeof x);
        for (int i = 0; i < N_PAIRS; i++) {
            assert_true(fabsf(hypotf(x[i], x[i + N_PAIRS]) -
                              hypotf(before[i], before[i + N_PAIRS])) < 1e-5f);
        }
    }
}

static void long_rope_with_divisors_of_one_is_plain_but_for_the_magnitude(void **state) {
    (void)state;
    static const float ones[N_PAIRS] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct rope_params rope = plain_params();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.divisors_long = rope.divisors_short = ones;
    rope.attn_factor = 1.25f;
    assert_close((double)rope_speeds(after, &rope, 8192), 1.25);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i], before[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_follow_the_base),
        cmocka_unit_test(linear_scaling_divides_every_speed),
        cmocka_unit_test(divisors_divide_pair_by_pair),
        cmocka_unit_test(long_rope_chooses_by_the_context_asked_for),
        cmocka_unit_test(yarn_keeps_fast_pairs_and_divides_slow_ones),
        cmocka_unit_test(the_ramp_of_yarn_ends_within_the_head),
        cmocka_unit_test(yarn_by_factor_one_changes_nothing),
        cmocka_unit_test(yarn_log_multiplier_one_cancels_the_magnitude),
        cmocka_unit_test(angles_are_position_times_speed),
        cmocka_unit_test(pairs_side_by_side_and_far_apart_are_the_same_rows_in_another_order),
        cmocka_unit_test(a_partial_rotation_leaves_the_tail_of_a_head_alone),
        cmocka_unit_test(position_0_is_not_turned_and_a_turn_keeps_the_length),
        cmocka_unit_test(long_rope_with_divisors_of_one_is_plain_but_for_the_magnitude),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
