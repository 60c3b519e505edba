/* Rows of blocks as float32, of every type; and what the types say of themselves. */
#include "engine/kern/dequant.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "engine/kern/block.h"
#include "support/blocks.h"

static const struct {
    enum kern_type type;
    const char *name;
    int elems, bytes;
} types[] = {
    {KERN_F32, "F32", 1, 4},           {KERN_F16, "F16", 1, 2},
    {KERN_BF16, "BF16", 1, 2},         {KERN_Q4_0, "Q4_0", 32, 18},
    {KERN_Q4_1, "Q4_1", 32, 20},       {KERN_Q5_0, "Q5_0", 32, 22},
    {KERN_Q5_1, "Q5_1", 32, 24},       {KERN_Q8_0, "Q8_0", 32, 34},
    {KERN_Q2_K, "Q2_K", 256, 84},      {KERN_Q3_K, "Q3_K", 256, 110},
    {KERN_Q4_K, "Q4_K", 256, 144},     {KERN_Q5_K, "Q5_K", 256, 176},
    {KERN_Q6_K, "Q6_K", 256, 210},     {KERN_IQ4_NL, "IQ4_NL", 32, 18},
    {KERN_IQ4_XS, "IQ4_XS", 256, 136}, {KERN_MXFP4, "MXFP4", 32, 17},
};

static void types_are_as_published(void **state) {
    (void)state;
    int n = 0;
    for (uint32_t id = 0; id < 1000; id++) n += kern_type_info(id) != NULL;
    assert_int_equal(n, BASE_COUNT(types));
    assert_null(kern_type_info(UINT32_MAX));
    assert_null(kern_type_info(KERN_TYPE_MAX));
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        const struct kern_type_info *info = kern_type_info(types[i].type);
        assert_non_null(info);
        assert_string_equal(info->name, types[i].name);
        assert_int_equal(info->block_elems, types[i].elems);
        assert_int_equal(info->block_bytes, types[i].bytes);
        assert_int_equal(kern_row_size(types[i].type, 0), 0);
        assert_int_equal(kern_row_size(types[i].type, 512), 512 / types[i].elems * types[i].bytes);
        int64_t wide = (int64_t)1 << 40;
        assert_true(kern_row_size(types[i].type, wide) ==
                    (uint64_t)wide / (uint64_t)types[i].elems * (uint64_t)types[i].bytes);
        enum kern_act act = info->act;
        assert_int_equal(act, types[i].elems == 256        ? KERN_ACT_Q8_256
                              : types[i].elems == 32       ? KERN_ACT_Q8_32
                              : types[i].type == KERN_BF16 ? KERN_ACT_BF16
                              : types[i].type == KERN_F16  ? KERN_ACT_F16
                                                           : KERN_ACT_F32);
    }
}

static void rows_of_any_length_and_place_have_their_values(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        enum kern_type type = types[i].type;
        for (int n_blocks = 0; n_blocks <= 5; n_blocks++) {
            uint8_t bytes[5 * BLOCKS_MAX_BYTES + 8];
            float values[5 * 256 + 1];
            size_t apart = (size_t)n_blocks % 4; /* from any alignment */
            for (int b = 0; b < n_blocks; b++) {
                blocks_random(&rng, type, bytes + apart + b * types[i].bytes);
            }
            int n = n_blocks * types[i].elems;
            values[n] = 4711;
            kern_dequant_row(type, bytes + apart, values, n);
            assert_true(values[n] == 4711);
            for (int k = 0; k < n; k++) {
                const uint8_t *p = bytes + apart + k / types[i].elems * types[i].bytes;
                double wanted = blocks_value(type, p, k % types[i].elems);
                if (fabs(wanted) > (double)FLT_MAX) wanted = copysign((double)INFINITY, wanted);
                if ((double)values[k] == wanted) continue;
                double bound = blocks_magnitude(type, p, k % types[i].elems) * 0x1p-22 + 0x1p-149;
                assert_true(fabs((double)values[k] - wanted) <= bound);
                assert_true(types[i].elems != 1);
            }
        }
    }
}

static void all_halves_are_their_numbers(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits <= 0xffff; bits++) {
        const uint8_t p[2] = {(uint8_t)bits, (uint8_t)(bits >> 8)};
        float f16, bf16;
        kern_dequant_row(KERN_F16, p, &f16, 1);
        kern_dequant_row(KERN_BF16, p, &bf16, 1);
        double wanted = blocks_value(KERN_F16, p, 0);
        assert_true(isnan(wanted) ? isnan(f16) : (double)f16 == wanted);
        wanted = blocks_value(KERN_BF16, p, 0);
        assert_true(isnan(wanted) ? isnan(bf16) : (double)bf16 == wanted);
        assert_int_equal(signbit(f16) != 0, bits >> 15);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_as_published),
        cmocka_unit_test(rows_of_any_length_and_place_have_their_values),
        cmocka_unit_test(all_halves_are_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
