/* Rotary angles: each kind of context extension against its formula. */
#include "engine/model/rope.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N_ROT 16
#define N_PAIRS (N_ROT / 2)

static struct rope_params plain(void) {
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
    struct rope_params rope = plain();
    double speed[N_PAIRS];
    assert_close((double)rope_speeds(speed, &rope, 4096), 1.0);
    for (int i = 0; i < N_PAIRS; i++) assert_close(speed[i], pow(10000.0, -2.0 * i / N_ROT));
}

static void linear_scaling_divides_every_speed(void **state) {
    (void)state;
    struct rope_params rope = plain();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.factor = 8.0f;
    (void)rope_speeds(after, &rope, 4096);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i] * 8.0, before[i]);
}

static void divisors_divide_pair_by_pair(void **state) {
    (void)state;
    struct rope_params rope = plain();
    static const float divisors[N_PAIRS] = {1, 1, 1.5f, 2, 4, 8, 32, 32};
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.divisors = divisors;
    (void)rope_speeds(after, &rope, 4096);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i] * (double)divisors[i], before[i]);
}

static void long_rope_chooses_by_the_context_asked_for(void **state) {
    (void)state;
    struct rope_params rope = plain();
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
    struct rope_params rope = plain();
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

static void yarn_by_factor_one_changes_nothing(void **state) {
    (void)state;
    struct rope_params rope = plain();
    double before[N_PAIRS], after[N_PAIRS];
    (void)rope_speeds(before, &rope, 4096);
    rope.scaling = ROPE_SCALING_YARN;
    assert_close((double)rope_speeds(after, &rope, 4096), 1.0);
    for (int i = 0; i < N_PAIRS; i++) assert_close(after[i], before[i]);
}

static void yarn_log_multiplier_one_cancels_the_magnitude(void **state) {
    (void)state;
    struct rope_params rope = plain();
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_follow_the_base),
        cmocka_unit_test(linear_scaling_divides_every_speed),
        cmocka_unit_test(divisors_divide_pair_by_pair),
        cmocka_unit_test(long_rope_chooses_by_the_context_asked_for),
        cmocka_unit_test(yarn_keeps_fast_pairs_and_divides_slow_ones),
        cmocka_unit_test(yarn_by_factor_one_changes_nothing),
        cmocka_unit_test(yarn_log_multiplier_one_cancels_the_magnitude),
        cmocka_unit_test(angles_are_position_times_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
