/* Quantisers: how far values may move, what must not move at all, and inputs of every temper. That
 * the bytes are those of the published quantisers is checked by oracle/blocks. */
#include "engine/kern/quant.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/kern/dequant.h"
#include "support/blocks.h"

#define N 1024
#define MAX_ROW (N * 4)

static void fill(float *x, uint64_t seed, float scale) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int i = 0; i < N; i++) x[i] = scale * rng_normal(&rng);
}

/* Quantises x within bytes that must not change, and dequantises. */
static void round_trip(enum kern_type type, const float *x, float *back) {
    static uint8_t row[MAX_ROW + 16];
    size_t size = kern_row_size(type, N);
    memset(row, 0x5a, sizeof row);
    kern_quant_row(type, x, row, N);
    for (size_t i = size; i < size + 16; i++) assert_int_equal(row[i], 0x5a);
    kern_dequant_row(type, row, back, N);
}

static double relative_error(const float *x, const float *back) {
    double error = 0, total = 0;
    for (int i = 0; i < N; i++) {
        double d = (double)x[i] - (double)back[i];
        error += d * d;
        total += (double)x[i] * (double)x[i];
    }
    return sqrt(error / total);
}

/* Errors of normally distributed values: root mean square, relative. About 2^-bits; measured, plus
 * a fifth. */
static const struct {
    enum kern_type type;
    double bound;
} types[] = {
    {KERN_F32, 0},        {KERN_F16, 2.5e-4},  {KERN_BF16, 2e-3},  {KERN_Q8_0, 0.0065},
    {KERN_Q6_K, 0.021},   {KERN_Q5_K, 0.040},  {KERN_Q5_0, 0.053}, {KERN_Q5_1, 0.047},
    {KERN_Q4_K, 0.080},   {KERN_Q4_0, 0.105},  {KERN_Q4_1, 0.095}, {KERN_IQ4_NL, 0.085},
    {KERN_IQ4_XS, 0.090}, {KERN_MXFP4, 0.135}, {KERN_Q3_K, 0.180}, {KERN_Q2_K, 0.350},
};

static void errors_are_those_of_the_number_of_bits(void **state) {
    (void)state;
    static const float scales[] = {1, 1e-3f, 300};
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        for (size_t i = 0; i < BASE_COUNT(scales); i++) {
            float x[N], back[N];
            fill(x, i + 1, scales[i]);
            round_trip(types[t].type, x, back);
            double error = relative_error(x, back);
            if (error > types[t].bound || (types[t].bound > 0 && error < types[t].bound / 3)) {
                fail_msg("%s: %g", kern_type_info(types[t].type)->name, error);
            }
        }
    }
}

/* No value of a block moves further than a step of its levels, or two at the clipped end. */
static void no_value_moves_further_than_its_step(void **state) {
    (void)state;
    static const struct {
        enum kern_type type;
        double steps; /* between the ends of the range */
    } rows[] = {
        {KERN_Q8_0, 254}, {KERN_Q4_0, 16}, {KERN_Q5_0, 32}, {KERN_Q4_1, 15}, {KERN_Q5_1, 31}};
    for (size_t t = 0; t < BASE_COUNT(rows); t++) {
        bool affine = rows[t].type == KERN_Q4_1 || rows[t].type == KERN_Q5_1;
        float x[N], back[N];
        fill(x, 77, 1);
        round_trip(rows[t].type, x, back);
        for (int b = 0; b < N; b += 32) {
            double low = 0, high = 0, most = 0;
            for (int i = b; i < b + 32; i++) {
                low = fmin(low, (double)x[i]);
                high = fmax(high, (double)x[i]);
                most = fmax(most, fabs((double)x[i]));
            }
            double step = (affine ? high - low : 2 * most) / rows[t].steps;
            /* Half a step, a whole one where the range is one level short; and the rounding of
             * the scales to halves. */
            bool is_short = rows[t].type == KERN_Q4_0 || rows[t].type == KERN_Q5_0;
            double bound = step * (is_short ? 1 : 0.5) + 3 * most * 0x1p-11;
            for (int i = b; i < b + 32; i++) {
                assert_true(fabs((double)x[i] - (double)back[i]) <= bound);
            }
        }
    }
}

/* Where the scale is a value over a whole number, values that came from blocks go back as they
 * were. */
static void what_was_quantised_stays_as_it_is(void **state) {
    (void)state;
    static const enum kern_type stable[] = {KERN_F32,  KERN_F16,  KERN_BF16,
                                            KERN_Q8_0, KERN_Q4_0, KERN_Q5_0};
    for (size_t t = 0; t < BASE_COUNT(stable); t++) {
        float x[N], once[N], twice[N];
        fill(x, 5, 2);
        round_trip(stable[t], x, once);
        round_trip(stable[t], once, twice);
        for (int i = 0; i < N; i++) assert_true(once[i] == twice[i]);
    }
}

static void zeros_stay_zeros(void **state) {
    (void)state;
    for (size_t t = 0; t < BASE_COUNT(blocks_all); t++) {
        for (int negative = 0; negative <= 1; negative++) {
            float x[N], back[N];
            for (int i = 0; i < N; i++) x[i] = negative ? -0.0f : 0.0f;
            round_trip(blocks_all[t], x, back);
            for (int i = 0; i < N; i++) assert_true(back[i] == 0);
        }
    }
}

/* A block of one value has it nearly exactly: the scale is made of it. Where levels are few and
 * symmetric it need not be a level. */
static void a_constant_row_stays_nearly_constant(void **state) {
    (void)state;
    static const float values[] = {1, -1, 0.3f, -1000, 0.02f};
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        for (size_t v = 0; v < BASE_COUNT(values); v++) {
            float x[N], back[N];
            for (int i = 0; i < N; i++) x[i] = values[v];
            round_trip(types[t].type, x, back);
            double bound = types[t].type == KERN_MXFP4 ? 0.25 : 0.04;
            for (int i = 0; i < N; i++) {
                double error = fabs((double)back[i] / (double)values[v] - 1);
                if (error > bound) {
                    fail_msg("%s: %g of %g", kern_type_info(types[t].type)->name, error,
                             (double)values[v]);
                }
                assert_true(back[i] == back[0]);
            }
        }
    }
}

/* One block differs; the others must not notice. */
static void blocks_do_not_depend_on_each_other(void **state) {
    (void)state;
    static const float others[] = {0, 1e4f, 1e-30f};
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        float x[N], alone[N], back[N];
        fill(x, 8, 1);
        round_trip(types[t].type, x, alone);
        for (size_t k = 0; k < BASE_COUNT(others); k++) {
            for (int i = 256; i < 512; i++) x[i] = others[k];
            round_trip(types[t].type, x, back);
            for (int i = 0; i < N; i++) {
                if (i < 256 || i >= 512) assert_true(back[i] == alone[i]);
            }
        }
    }
}

/* Values so small that the scale, a half, becomes zero or loses bits: no more than they are. */
static void tiny_values_come_back_no_larger(void **state) {
    (void)state;
    static const float scales[] = {1e-6f, 1e-8f, 1e-20f, 1e-37f, 1e-42f};
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        for (size_t i = 0; i < BASE_COUNT(scales); i++) {
            float x[N], back[N], most = 0;
            fill(x, 3, scales[i]);
            round_trip(types[t].type, x, back);
            for (int k = 0; k < N; k++) most = fmaxf(most, fabsf(x[k]));
            /* The smallest half above zero, times the largest level. */
            float least = 0x1p-24f * 128;
            for (int k = 0; k < N; k++) assert_true(fabsf(back[k]) <= 2 * fmaxf(most, least));
        }
    }
}

/* As large as a half times the largest level can say. */
static void huge_values_come_back_nearly(void **state) {
    (void)state;
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        if (types[t].type == KERN_F16) continue; /* itself a half */
        float x[N], back[N];
        fill(x, 4, 6000);
        round_trip(types[t].type, x, back);
        for (int i = 0; i < N; i++) assert_true(isfinite(back[i]));
        assert_true(relative_error(x, back) <= types[t].bound);
    }
}

/* Not finite is against the contract; but the damage stays in the block, and nothing is written
 * past the row. */
static void a_fault_stays_in_its_block(void **state) {
    (void)state;
    static const float faults[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX};
    for (size_t t = 0; t < BASE_COUNT(types); t++) {
        float x[N], alone[N], back[N];
        fill(x, 8, 1);
        round_trip(types[t].type, x, alone);
        for (size_t k = 0; k < BASE_COUNT(faults); k++) {
            float faulty[N];
            memcpy(faulty, x, sizeof x);
            faulty[300] = faults[k];
            round_trip(types[t].type, faulty, back);
            for (int i = 0; i < N; i++) {
                if (i < 256 || i >= 512) assert_true(back[i] == alone[i]);
            }
            for (int i = 256; i < 512; i++) faulty[i] = faults[k]; /* nothing else at all */
            round_trip(types[t].type, faulty, back);
            for (int i = 0; i < 256; i++) assert_true(back[i] == alone[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_those_of_the_number_of_bits),
        cmocka_unit_test(no_value_moves_further_than_its_step),
        cmocka_unit_test(what_was_quantised_stays_as_it_is),
        cmocka_unit_test(zeros_stay_zeros),
        cmocka_unit_test(a_constant_row_stays_nearly_constant),
        cmocka_unit_test(blocks_do_not_depend_on_each_other),
        cmocka_unit_test(tiny_values_come_back_no_larger),
        cmocka_unit_test(huge_values_come_back_nearly),
        cmocka_unit_test(a_fault_stays_in_its_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
