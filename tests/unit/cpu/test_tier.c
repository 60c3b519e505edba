/* Kernel tiers: their names, their order, what this machine has. */
#include "engine/cpu/tier.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static void every_name_parses_back(void **state) {
    (void)state;
    for (int tier = 0; tier < CPU_N_TIERS; tier++) {
        const char *name = cpu_tier_name((enum cpu_tier)tier);
        assert_non_null(name);
        enum cpu_tier parsed = CPU_N_TIERS;
        assert_true(cpu_tier_parse(name, &parsed));
        assert_int_equal(parsed, tier);
        for (int other = 0; other < tier; other++) {
            assert_string_not_equal(name, cpu_tier_name((enum cpu_tier)other));
        }
    }
    assert_string_equal(cpu_tier_name(CPU_TIER_REF), "ref");
}

static void unknown_names_are_refused_and_change_nothing(void **state) {
    (void)state;
    static const char *const wrong[] = {"",       " ref", "ref ", "re",      "reff",
                                        "AVX2",   "avx",  "sse2", "avx512",  "neon2",
                                        "avx2\n", "best", "0",    "avx2,ref"};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        enum cpu_tier tier = CPU_TIER_I8MM;
        assert_false(cpu_tier_parse(wrong[i], &tier));
        assert_int_equal(tier, CPU_TIER_I8MM);
    }
}

static void the_tier_detected_is_the_highest_available(void **state) {
    (void)state;
    enum cpu_tier best = cpu_tier_detect();
    assert_true(cpu_tier_available(best));
    assert_true(cpu_tier_available(CPU_TIER_REF));
    for (int tier = (int)best + 1; tier < CPU_N_TIERS; tier++) {
        assert_false(cpu_tier_available((enum cpu_tier)tier));
    }
    assert_int_equal(cpu_tier_detect(), best);
}

/* A tier builds on those below it of the same architecture, but for AVX-VNNI: AVX-512 came first.
 */
static void no_tier_is_available_without_those_below_it(void **state) {
    (void)state;
    static const enum cpu_tier x86[] = {CPU_TIER_AVX2, CPU_TIER_AVX512VNNI, CPU_TIER_AVX512BF16};
    static const enum cpu_tier arm[] = {CPU_TIER_NEON, CPU_TIER_DOTPROD, CPU_TIER_I8MM};
    for (size_t i = 1; i < BASE_COUNT(x86); i++) {
        assert_true(x86[i] > x86[i - 1] && arm[i] > arm[i - 1]);
        assert_true(!cpu_tier_available(x86[i]) || cpu_tier_available(x86[i - 1]));
        assert_true(!cpu_tier_available(arm[i]) || cpu_tier_available(arm[i - 1]));
    }
    assert_true(CPU_TIER_AVXVNNI > CPU_TIER_AVX2 && CPU_TIER_AVXVNNI < CPU_TIER_AVX512VNNI);
    assert_true(!cpu_tier_available(CPU_TIER_AVXVNNI) || cpu_tier_available(CPU_TIER_AVX2));
    assert_false(cpu_tier_available(CPU_TIER_AVX2) && cpu_tier_available(CPU_TIER_NEON));
#if defined(__aarch64__)
    assert_true(cpu_tier_available(CPU_TIER_NEON));
#endif
}

#if defined(__x86_64__)
/* The compiler's own detection, where it has one. */
static void the_compiler_sees_the_same_instructions(void **state) {
    (void)state;
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                __builtin_cpu_supports("bmi2");
    assert_int_equal(cpu_tier_available(CPU_TIER_AVX2), avx2);
#if !defined(__clang__) /* 14 does not know the name */
    bool avxvnni = avx2 && __builtin_cpu_supports("avxvnni");
    assert_int_equal(cpu_tier_available(CPU_TIER_AVXVNNI), avxvnni);
#endif
    bool vnni = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512vnni");
    assert_int_equal(cpu_tier_available(CPU_TIER_AVX512VNNI), vnni);
}
#endif

static void *ask(void *arg) {
    *(enum cpu_tier *)arg = cpu_tier_detect();
    return NULL;
}

static void threads_may_ask_at_once(void **state) {
    (void)state;
    pthread_t threads[4];
    enum cpu_tier answers[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &answers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(answers[i], cpu_tier_detect());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_may_ask_at_once), /* first: nobody has asked before */
        cmocka_unit_test(every_name_parses_back),
        cmocka_unit_test(unknown_names_are_refused_and_change_nothing),
        cmocka_unit_test(the_tier_detected_is_the_highest_available),
        cmocka_unit_test(no_tier_is_available_without_those_below_it),
#if defined(__x86_64__)
        cmocka_unit_test(the_compiler_sees_the_same_instructions),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
