/* Blocks taken apart and made values again, against the tables of the published formats. */
#include "engine/kern/block.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/blocks.h"

static void expect_values(enum kern_type type, const uint8_t *p) {
    struct kern_block block;
    float values[KERN_MAX_BLOCK];
    kern_block_decode(type, p, &block);
    kern_block_values(type, &block, values);
    for (int e = 0; e < kern_type_info(type)->block_elems; e++) {
        double wanted = blocks_value(type, p, e);
        if (isnan(wanted)) {
            assert_true(isnan(values[e]));
            continue;
        }
        if (fabs(wanted) > (double)FLT_MAX) { /* the largest scales of MXFP4 */
            assert_true((double)values[e] == copysign((double)INFINITY, wanted));
            continue;
        }
        /* Three operations at most, each rounded to float. */
        double error = fabs((double)values[e] - wanted);
        if (error > 0x1p-22 * blocks_magnitude(type, p, e) + 0x1p-149) {
            fail_msg("%s, element %d: %.9g, not %.9g", kern_type_info(type)->name, e,
                     (double)values[e], wanted);
        }
        /* Products of a half-precision scale and a small number need no rounding. */
        if (kern_type_info(type)->block_elems == 32 && !kern_code(type)->has_min) {
            assert_true((double)values[e] == wanted);
        }
    }
}

static void random_blocks_have_the_values_of_their_tables(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t i = 0; i < BASE_COUNT(blocks_coded); i++) {
        for (int n = 0; n < 300; n++) {
            uint8_t p[BLOCKS_MAX_BYTES];
            blocks_random(&rng, blocks_coded[i], p);
            expect_values(blocks_coded[i], p);
        }
    }
}

/* Every bit alone, in a block of zeros and in one of ones. */
static void every_bit_of_a_block_means_what_its_table_says(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(blocks_coded); i++) {
        int n_bytes = kern_type_info(blocks_coded[i])->block_bytes;
        for (int bit = 0; bit < 8 * n_bytes; bit++) {
            uint8_t p[BLOCKS_MAX_BYTES];
            for (int base = 0; base < 2; base++) {
                /* 0x3c is not NaN as the high byte of a scale, nor with any one bit changed. */
                memset(p, base ? 0x3c : 0, sizeof p);
                p[bit / 8] ^= (uint8_t)(1 << bit % 8);
                expect_values(blocks_coded[i], p);
            }
        }
    }
}

static void faults_in_a_scale_show_in_the_values(void **state) {
    (void)state;
    static const uint16_t faults[] = {0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff};
    struct rng rng;
    rng_init(&rng, 2);
    for (size_t i = 0; i < BASE_COUNT(blocks_coded); i++) {
        for (size_t n = 0; n < BASE_COUNT(faults); n++) {
            uint8_t p[BLOCKS_MAX_BYTES];
            enum kern_type type = blocks_coded[i];
            blocks_random(&rng, type, p);
            int at = type == KERN_Q2_K ? 80 : type == KERN_Q3_K ? 108 : type == KERN_Q6_K ? 208 : 0;
            memcpy(p + at, &faults[n], 2);
            expect_values(type, p);
        }
    }
}

static void all_exponents_of_mxfp4_are_powers_of_two(void **state) {
    (void)state;
    for (int e = 0; e < 255; e++) {
        uint8_t p[17] = {(uint8_t)e, 0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0xed, 0x0f};
        expect_values(KERN_MXFP4, p);
    }
}

static void a_zero_scale_keeps_the_sign_of_zero(void **state) {
    (void)state;
    uint8_t p[18] = {0, 0x80}; /* d = -0, all codes 0: (0 - 8) * -0 = +0 */
    struct kern_block block;
    float values[32];
    kern_block_decode(KERN_Q4_0, p, &block);
    kern_block_values(KERN_Q4_0, &block, values);
    assert_true(values[0] == 0 && !signbit(values[0]));
    p[1] = 0;
    kern_block_decode(KERN_Q4_0, p, &block);
    kern_block_values(KERN_Q4_0, &block, values);
    assert_true(values[0] == 0 && signbit(values[0]));
}

static void the_codes_of_float_types_are_none(void **state) {
    (void)state;
    assert_null(kern_code(KERN_F32));
    assert_null(kern_code(KERN_F16));
    assert_null(kern_code(KERN_BF16));
    for (size_t i = 0; i < BASE_COUNT(blocks_coded); i++) {
        const struct kern_code *c = kern_code(blocks_coded[i]);
        assert_non_null(c);
        assert_in_range(c->n_sub, 1, KERN_MAX_SUB);
        assert_true(c->nibbles || c->crumbs || c->bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_blocks_have_the_values_of_their_tables),
        cmocka_unit_test(every_bit_of_a_block_means_what_its_table_says),
        cmocka_unit_test(faults_in_a_scale_show_in_the_values),
        cmocka_unit_test(all_exponents_of_mxfp4_are_powers_of_two),
        cmocka_unit_test(a_zero_scale_keeps_the_sign_of_zero),
        cmocka_unit_test(the_codes_of_float_types_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
