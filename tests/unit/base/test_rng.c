/* base/rng: the published stream of PCG32, and the shapes of what is made from it. */
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"

static void seed_42_gives_the_published_stream(void **state) {
    (void)state;
    /* pcg-cpp, test-high/expected/check-pcg32_oneseq.out, round 1 */
    static const uint32_t published[] = {0xc2f57bd6, 0x6b07c4a9, 0x72b7b29b,
                                         0x44215383, 0xf5af5ead, 0x68beb632};
    struct rng r;
    rng_init(&r, 42);
    for (size_t i = 0; i < BASE_COUNT(published); i++) assert_int_equal(rng_u32(&r), published[i]);
}

static void the_same_seed_replays_and_another_does_not(void **state) {
    (void)state;
    struct rng a, b, c;
    rng_init(&a, 7);
    rng_init(&b, 7);
    rng_init(&c, 8);
    int n_same = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t draw = rng_u32(&a);
        assert_int_equal(draw, rng_u32(&b));
        n_same += draw == rng_u32(&c);
    }
    assert_true(n_same < 3);
}

static void below_stays_below_and_reaches_all(void **state) {
    (void)state;
    static const uint32_t limits[] = {1, 2, 3, 10, 100};
    struct rng r;
    rng_init(&r, 1);
    for (size_t i = 0; i < BASE_COUNT(limits); i++) {
        uint32_t n = limits[i];
        int seen[100] = {0};
        for (uint32_t k = 0; k < 1000 * n; k++) {
            uint32_t draw = rng_below(&r, n);
            assert_true(draw < n);
            seen[draw]++;
        }
        for (uint32_t k = 0; k < n; k++) assert_in_range(seen[k], 850, 1150);
    }
}

static void below_a_limit_near_2_to_32_is_not_biased(void **state) {
    (void)state;
    /* Taking the remainder of 3 * 2^30 without rejection would hit the first third twice as often.
     */
    struct rng r;
    rng_init(&r, 2);
    int n_first = 0;
    for (int i = 0; i < 30000; i++) n_first += rng_below(&r, 3u << 30) < 1u << 30;
    assert_in_range(n_first, 9600, 10400);
    assert_true(rng_below(&r, UINT32_MAX) < UINT32_MAX);
}

static void unit_is_in_0_to_1_without_1_and_even(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 3);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double draw = rng_unit(&r);
        assert_true(draw >= 0 && draw < 1);
        assert_true(draw * 0x1p53 == trunc(draw * 0x1p53));
        sum += draw;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
}

static void normal_has_mean_0_and_deviation_1_and_is_finite(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 4);
    double sum = 0, squares = 0;
    int n_within_1 = 0;
    for (int i = 0; i < 100000; i++) {
        double draw = (double)rng_normal(&r);
        assert_true(isfinite(draw));
        sum += draw;
        squares += draw * draw;
        n_within_1 += fabs(draw) < 1;
    }
    assert_true(fabs(sum / 100000) < 0.02);
    assert_true(fabs(squares / 100000 - 1) < 0.02);
    assert_in_range(n_within_1, 67500, 69100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_42_gives_the_published_stream),
        cmocka_unit_test(the_same_seed_replays_and_another_does_not),
        cmocka_unit_test(below_stays_below_and_reaches_all),
        cmocka_unit_test(below_a_limit_near_2_to_32_is_not_biased),
        cmocka_unit_test(unit_is_in_0_to_1_without_1_and_even),
        cmocka_unit_test(normal_has_mean_0_and_deviation_1_and_is_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
