/* f16 and bf16: every number there and back, rounding at and about every tie. */
#include "engine/kern/half.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

static bool is_nan16(uint16_t h) {
    return (h & 0x7c00) == 0x7c00 && (h & 0x3ff);
}

static bool is_nan_bf16(uint16_t h) {
    return (h & 0x7f80) == 0x7f80 && (h & 0x7f);
}

static void every_f16_round_trips(void **state) {
    (void)state;
    for (uint32_t h = 0; h <= 0xffff; h++) {
        uint16_t back = f32_to_f16(f16_to_f32((uint16_t)h));
        assert_int_equal(back, is_nan16((uint16_t)h) ? h | 0x200 : h); /* NaN becomes quiet */
    }
}

static void every_bf16_round_trips(void **state) {
    (void)state;
    for (uint32_t h = 0; h <= 0xffff; h++) {
        uint16_t back = f32_to_bf16(bf16_to_f32((uint16_t)h));
        assert_int_equal(back, is_nan_bf16((uint16_t)h) ? h | 0x40 : h);
    }
}

/* Between each number and the next: the tie goes to the even one, a hair less or more to the
 * nearer. */
static void ties_between_f16_go_to_the_even_one(void **state) {
    (void)state;
    for (uint16_t h = 0; h < 0x7bff; h++) {
        float low = f16_to_f32(h), high = f16_to_f32((uint16_t)(h + 1));
        float tie = low + (high - low) / 2; /* exact */
        uint16_t even = h % 2 ? (uint16_t)(h + 1) : h;
        assert_int_equal(f32_to_f16(tie), even);
        assert_int_equal(f32_to_f16(-tie), even | 0x8000);
        assert_int_equal(f32_to_f16(nextafterf(tie, 0)), h);
        assert_int_equal(f32_to_f16(nextafterf(tie, INFINITY)), h + 1);
        assert_int_equal(f32_to_f16(nextafterf(high, 0)), h + 1);
    }
}

static void ties_between_bf16_go_to_the_even_one(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 0x7f7f; h++) {
        uint32_t tie = h << 16 | 0x8000;
        assert_int_equal(f32_to_bf16(float_from_bits(tie)), h % 2 ? h + 1 : h);
        assert_int_equal(f32_to_bf16(float_from_bits(tie | 0x80000000)),
                         (h % 2 ? h + 1 : h) | 0x8000);
        assert_int_equal(f32_to_bf16(float_from_bits(tie - 1)), h);
        assert_int_equal(f32_to_bf16(float_from_bits(tie + 1)), h + 1);
    }
}

static void what_is_too_large_becomes_infinite(void **state) {
    (void)state;
    assert_int_equal(f32_to_f16(65504), 0x7bff);
    assert_int_equal(f32_to_f16(nextafterf(65520, 0)), 0x7bff);
    assert_int_equal(f32_to_f16(65520), 0x7c00);
    assert_int_equal(f32_to_f16(-65520), 0xfc00);
    assert_int_equal(f32_to_f16(65536), 0x7c00);
    assert_int_equal(f32_to_f16(3e38f), 0x7c00);
    assert_int_equal(f32_to_f16(INFINITY), 0x7c00);
    assert_int_equal(f32_to_f16(-INFINITY), 0xfc00);
    assert_true(f32_to_f16_bits(65520) == 65536); /* here there is no largest */
    assert_true(f32_to_f16_bits(-INFINITY) == -INFINITY);
    assert_int_equal(f32_to_bf16(INFINITY), 0x7f80);
    assert_int_equal(f32_to_bf16(float_from_bits(0x7f7fffff)), 0x7f80); /* the largest float */
    assert_int_equal(f32_to_bf16(float_from_bits(0x7f7f7fff)), 0x7f7f);
}

static void what_is_too_small_becomes_zero_with_its_sign(void **state) {
    (void)state;
    assert_int_equal(f32_to_f16(0.0f), 0);
    assert_int_equal(f32_to_f16(-0.0f), 0x8000);
    assert_int_equal(f32_to_f16(0x1p-25f), 0); /* the tie below the least */
    assert_int_equal(f32_to_f16(-0x1p-25f), 0x8000);
    assert_int_equal(f32_to_f16(nextafterf(0x1p-25f, 1)), 1);
    assert_int_equal(f32_to_f16(0x1p-149f), 0);
    assert_int_equal(f32_to_bf16(0x1p-149f), 0);
    assert_int_equal(f32_to_bf16(-0.0f), 0x8000);
}

static void a_nan_stays_one_whatever_its_bits(void **state) {
    (void)state;
    static const uint32_t nans[] = {0x7f800001, 0x7fc00000, 0x7fffffff, 0x7f801fff,
                                    0xff800001, 0xffc00000, 0xffffffff, 0x7f80ffff};
    for (size_t i = 0; i < sizeof nans / sizeof nans[0]; i++) {
        float f = float_from_bits(nans[i]);
        assert_true(is_nan16(f32_to_f16(f)));
        assert_true(is_nan_bf16(f32_to_bf16(f)));
        assert_true(isnan(f16_to_f32(f32_to_f16(f))));
        assert_true(isnan(f32_to_f16_bits(f)));
        assert_int_equal(f32_to_f16(f) >> 15, nans[i] >> 31);
        assert_int_equal(f32_to_bf16(f) >> 15, nans[i] >> 31);
    }
}

/* To the nearest multiple of the unit in the last place, in double precision. */
static double nearest(double x, int n_bits, int min_exponent) {
    int exponent;
    (void)frexp(x, &exponent);
    if (exponent - 1 < min_exponent) exponent = min_exponent + 1;
    double unit = ldexp(1.0, exponent - n_bits);
    return nearbyint(x / unit) * unit;
}

static void random_floats_round_like_a_second_formula(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    for (int i = 0; i < 500000; i++) {
        /* Half of them in the range of f16, the others anywhere. */
        uint32_t bits = rng_u32(&rng);
        if (i % 2) bits = (bits & 0x807fffff) | (97 + rng_below(&rng, 48)) << 23;
        float x = float_from_bits(bits);
        if (!isfinite(x)) continue;
        double wanted = nearest((double)x, 11, -14);
        if (fabs(wanted) > 65504) wanted = copysign((double)INFINITY, wanted);
        assert_true((double)f16_to_f32(f32_to_f16(x)) == wanted);
        /* The same bits without an end of the range, but for floats that are subnormal. */
        if (fabsf(x) >= 0x1p-126f) {
            wanted = nearest((double)x, 11, -126);
            if (fabs(wanted) > (double)FLT_MAX) wanted = copysign((double)INFINITY, wanted);
            assert_true((double)f32_to_f16_bits(x) == wanted);
        }
        wanted = nearest((double)x, 8, -126);
        if (fabs(wanted) > 0x1.fep127) wanted = copysign((double)INFINITY, wanted);
        assert_true((double)bf16_to_f32(f32_to_bf16(x)) == wanted);
    }
}

static void the_scale_of_mxfp4_is_a_power_of_two_even_below_the_normal_floats(void **state) {
    (void)state;
    for (int e = 0; e < 256; e++) {
        assert_true((double)e8m0_half_to_f32((uint8_t)e) == ldexp(1.0, e - 128));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_f16_round_trips),
        cmocka_unit_test(every_bf16_round_trips),
        cmocka_unit_test(ties_between_f16_go_to_the_even_one),
        cmocka_unit_test(ties_between_bf16_go_to_the_even_one),
        cmocka_unit_test(what_is_too_large_becomes_infinite),
        cmocka_unit_test(what_is_too_small_becomes_zero_with_its_sign),
        cmocka_unit_test(a_nan_stays_one_whatever_its_bits),
        cmocka_unit_test(random_floats_round_like_a_second_formula),
        cmocka_unit_test(the_scale_of_mxfp4_is_a_power_of_two_even_below_the_normal_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
