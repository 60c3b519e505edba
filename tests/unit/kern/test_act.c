/* Activations: how their arrays lie, and what every tier writes into them. */
#include "engine/kern/act.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/kern/half.h"
#include "engine/kern/ops.h"

#define N_TOKENS 3

/* ---- layout ---- */

/* Counts the bytes of one array as taken. */
static void claim(uint8_t *taken, const uint8_t *storage, size_t size, const void *array,
                  size_t n_bytes) {
    size_t at = (size_t)((const uint8_t *)array - storage);
    assert_true(at <= size && n_bytes <= size - at);
    assert_int_equal(at % 64, 0);
    for (size_t i = 0; i < n_bytes; i++) assert_int_equal(taken[at + i]++, 0);
}

static void arrays_are_aligned_apart_and_within_their_storage(void **state) {
    (void)state;
    static const int cols[] = {1, 32, 255, 256, 257, 576, 1024};
    for (int kind = 0; kind < KERN_N_ACT; kind++) {
        for (size_t i = 0; i < BASE_COUNT(cols); i++) {
            for (int n = 1; n <= 5; n += 2) {
                size_t size = kern_acts_size((enum kern_act)kind, n, cols[i]);
                assert_int_equal(size % 64, 0);
                uint8_t *storage = mem_aligned(64, size), *taken = calloc(size, 1);
                assert_true(storage && taken);
                struct kern_acts a;
                kern_acts_init(&a, (enum kern_act)kind, n, cols[i], storage);
                assert_int_equal(a.kind, kind);
                assert_int_equal(a.n_cols, cols[i]);
                assert_int_equal(a.stride, (cols[i] + 255) / 256 * 256);
                size_t all = (size_t)n * (size_t)a.stride;
                bool is_float = kind == KERN_ACT_F32 || kind == KERN_ACT_F16;
                bool is_wide = kind == KERN_ACT_Q8_256, is_q8 = is_wide || kind == KERN_ACT_Q8_32;
                assert_int_equal(a.x != NULL, is_float);
                assert_int_equal(a.h != NULL, kind == KERN_ACT_BF16);
                assert_int_equal(a.q != NULL && a.d != NULL && a.nsum != NULL, is_q8);
                assert_int_equal(a.sum16 != NULL && a.sum32 != NULL, is_wide);
                if (is_float) claim(taken, storage, size, a.x, 4 * all);
                if (a.h) claim(taken, storage, size, a.h, 2 * all);
                if (is_q8) {
                    claim(taken, storage, size, a.q, all);
                    claim(taken, storage, size, a.d, 4 * all / (is_wide ? 256 : 32));
                    claim(taken, storage, size, a.nsum, 4 * all / (is_wide ? 16 : 32));
                }
                if (is_wide) {
                    claim(taken, storage, size, a.sum16, 2 * all / 16);
                    claim(taken, storage, size, a.sum32, 2 * all / 32);
                }
                free(taken);
                mem_free(storage);
            }
        }
    }
}

/* ---- contents ---- */

struct made {
    struct kern_acts a;
    uint8_t *storage;
    size_t size;
};

/* Row 1 of three is written, over zeros. */
static struct made make(const struct kern_ops *ops, enum kern_act kind, const float *x,
                        int n_cols) {
    struct made m = {.size = kern_acts_size(kind, N_TOKENS, n_cols)};
    m.storage = mem_aligned(64, m.size);
    assert_non_null(m.storage);
    kern_acts_init(&m.a, kind, N_TOKENS, n_cols, m.storage);
    ops->act[kind](&m.a, 1, x);
    return m;
}

static void fill(float *x, int n, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int i = 0; i < n; i++) x[i] = rng_normal(&rng) * (float)(1 + i % 3);
}

static void each_tier(void (*test)(const struct kern_ops *ops)) {
    for (int tier = 0; tier < CPU_N_TIERS; tier++) {
        if (!cpu_tier_available((enum cpu_tier)tier)) continue;
        struct kern_ops ops;
        kern_ops_init(&ops, (enum cpu_tier)tier);
        test(&ops);
    }
}

/* To 11 significant bits, of any exponent. */
static double round_11(double x) {
    int exponent;
    (void)frexp(x, &exponent);
    double unit = ldexp(1.0, exponent - 11);
    return nearbyint(x / unit) * unit;
}

static void check_floats(const struct kern_ops *ops) {
    static const int cols[] = {1, 7, 64, 100, 256, 300};
    for (size_t i = 0; i < BASE_COUNT(cols); i++) {
        float x[300];
        int n = cols[i];
        fill(x, n, i);
        if (n > 20) x[3] = 0.0f, x[4] = -0.0f, x[5] = 3e38f, x[6] = -1e-30f;
        for (int kind = KERN_ACT_F32; kind <= KERN_ACT_BF16; kind++) {
            struct made m = make(ops, (enum kern_act)kind, x, n);
            size_t stride = (size_t)m.a.stride;
            for (size_t k = 0; k < N_TOKENS * stride; k++) {
                bool is_set = k >= stride && k < stride + (size_t)n;
                double was = is_set ? (double)x[k - stride] : 0;
                if (kind == KERN_ACT_F32) assert_true((double)m.a.x[k] == was);
                if (kind == KERN_ACT_F16) assert_true((double)m.a.x[k] == round_11(was));
                if (kind == KERN_ACT_BF16) {
                    assert_int_equal(m.a.h[k], is_set ? f32_to_bf16((float)was) : 0);
                }
            }
            mem_free(m.storage);
        }
    }
}

static void floats_are_kept_or_rounded_and_nothing_else_is_touched(void **state) {
    (void)state;
    each_tier(check_floats);
}

/* What act.h says of a block of n values. */
static void check_block(const struct kern_acts *a, size_t at, const float *x, int n) {
    float greatest = 0;
    bool fault = false;
    for (int i = 0; i < n; i++) {
        fault = fault || !isfinite(x[i]);
        greatest = fmaxf(greatest, fabsf(x[i]));
    }
    float d = a->d[at / (size_t)n];
    bool is_zero = fault || greatest < KERN_ACT_TINY;
    if (fault) assert_true(isnan(d));
    if (!fault) assert_true(d == (is_zero ? 0 : greatest / 127));
    float factor = is_zero ? 0 : 127 / greatest;
    for (int i = 0; i < n; i++) {
        int q = is_zero ? 0 : (int)nearbyintf(x[i] * factor);
        assert_int_equal(a->q[at + (size_t)i], q);
    }
}

static void check_sums(const struct kern_acts *a) {
    size_t all = N_TOKENS * (size_t)a->stride, width = a->sum16 ? 16 : 32;
    for (size_t at = 0; at < all; at += width) {
        int sum = 0, sum32 = 0;
        for (size_t i = 0; i < width; i++) sum += a->q[at + i];
        for (size_t i = 0; i < 32; i++) sum32 += a->q[at / 32 * 32 + i];
        assert_int_equal(a->nsum[at / width], -sum);
        if (a->sum16) assert_int_equal(a->sum16[at / 16], sum);
        if (a->sum32) assert_int_equal(a->sum32[at / 32], sum32);
    }
}

static void check_integers(const struct kern_ops *ops, const float *x, int n_cols) {
    for (int kind = KERN_ACT_Q8_32; kind <= KERN_ACT_Q8_256; kind++) {
        int n = kind == KERN_ACT_Q8_32 ? 32 : 256;
        if (n_cols % n != 0) continue;
        struct made m = make(ops, (enum kern_act)kind, x, n_cols);
        size_t stride = (size_t)m.a.stride;
        for (int k = 0; k < n_cols; k += n) check_block(&m.a, stride + (size_t)k, x + k, n);
        check_sums(&m.a);
        for (size_t k = 0; k < N_TOKENS * stride; k++) {
            bool is_set = k >= stride && k < stride + (size_t)n_cols;
            if (!is_set) assert_int_equal(m.a.q[k], 0);
        }
        mem_free(m.storage);
    }
}

static void check_random(const struct kern_ops *ops) {
    static const int cols[] = {32, 96, 256, 544, 768};
    for (size_t i = 0; i < BASE_COUNT(cols); i++) {
        float x[768];
        fill(x, cols[i], 50 + i);
        check_integers(ops, x, cols[i]);
        for (int k = 0; k < cols[i]; k++) x[k] *= 1e30f;
        check_integers(ops, x, cols[i]);
        for (int k = 0; k < cols[i]; k++) x[k] *= 1e-34f;
        check_integers(ops, x, cols[i]);
    }
}

static void blocks_are_scaled_to_127_and_rounded_to_even(void **state) {
    (void)state;
    each_tier(check_random);
}

static void check_odd(const struct kern_ops *ops) {
    static const float odd[] = {0.0f,    -0.0f,     KERN_ACT_TINY, KERN_ACT_TINY * 0.999f,
                                FLT_MIN, 0x1p-149f, FLT_MAX,       -FLT_MAX,
                                NAN,     INFINITY,  -INFINITY,     1.0f};
    for (size_t i = 0; i < BASE_COUNT(odd); i++) {
        for (int place = 0; place < 256; place += 37) {
            float x[256];
            /* Alone among zeros; then among values half a step from an integer. */
            memset(x, 0, sizeof x);
            x[place] = odd[i];
            check_integers(ops, x, 256);
            for (int k = 0; k < 256; k++) x[k] = (float)(k % 127) + 0.5f;
            for (int k = 5; k < 256; k += 32) x[k] = -127;
            x[place] = odd[i];
            check_integers(ops, x, 256);
        }
    }
}

static void zeros_tiny_and_huge_values_ties_and_faults_are_as_documented(void **state) {
    (void)state;
    each_tier(check_odd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_aligned_apart_and_within_their_storage),
        cmocka_unit_test(floats_are_kept_or_rounded_and_nothing_else_is_touched),
        cmocka_unit_test(blocks_are_scaled_to_127_and_rounded_to_even),
        cmocka_unit_test(zeros_tiny_and_huge_values_ties_and_faults_are_as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
