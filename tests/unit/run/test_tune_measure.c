/* Tuning: what is chosen from which speeds, and that they are measured at all. */
#include "engine/run/tune_measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "support/process.h"
#include "support/sanitized.h"

static void another_number_must_be_a_tenth_faster(void **state) {
    (void)state;
    static const struct {
        double speeds[3]; /* of 1, 4, 8 threads */
        int usual, chosen;
    } rows[] = {
        {{10, 20, 21}, 4, 4},   {{10, 20, 22.1}, 4, 8}, {{22.1, 20, 10}, 4, 1},
        {{21.9, 20, 10}, 4, 4}, {{30, 20, 31}, 4, 8},   {{31, 20, 30}, 4, 1},
        {{10, 20, 20}, 8, 8},   {{10, 20, 10}, 8, 4},   {{10, 10, 10}, 1, 1},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct tune_result r = {.n = 3, .counts = {1, 4, 8}};
        memcpy(r.speeds, rows[i].speeds, sizeof rows[i].speeds);
        assert_true(tune_is_complete(&r));
        assert_int_equal(tune_choose(&r, rows[i].usual), rows[i].chosen);
    }
}

static void a_number_never_undisturbed_makes_the_result_incomplete(void **state) {
    (void)state;
    assert_false(tune_is_complete(&(struct tune_result){.n = 2, .speeds = {1, 0}}));
    assert_false(tune_is_complete(&(struct tune_result){.n = 2, .speeds = {0, 1}}));
    assert_true(tune_is_complete(&(struct tune_result){.n = 2, .speeds = {1, 1, 0}}));
}

/* Whether this machine is quiet cannot be asked for, nor how fast it is: speeds are above 0 or it
 * was not. */
static void a_race_gives_speeds_or_says_that_it_was_disturbed(void **state) {
    (void)state;
    static struct cpu_topology t;
    cpu_topology_read(&t, "");
    uint64_t live = mem_live();
    for (int tier = 0; tier < CPU_N_TIERS; tier++) {
        if (!cpu_tier_available((enum cpu_tier)tier)) continue;
        struct tune_result r = {.n = 3, .counts = {1, 2, 3}};
        assert_int_equal(tune_measure(&r, &t, (enum cpu_tier)tier, NULL), INGLE_OK);
        for (int i = 0; i < r.n; i++) assert_true(r.speeds[i] >= 0 && r.speeds[i] < 1e5);
        if (!SANITIZED) assert_int_equal(process_n_threads(1), 1); /* those have their own */
        assert_int_equal(mem_live(), live);
    }
}

static void a_tiny_machine_is_measured_too(void **state) {
    (void)state;
    static struct cpu_topology t;
    cpu_topology_read(&t, "");
    t.memory = 1 << 20;
    t.l3 = SIZE_MAX;
    struct tune_result r = {.n = 1, .counts = {1}};
    assert_int_equal(tune_measure(&r, &t, cpu_tier_detect(), NULL), INGLE_OK);
}

static void every_failed_allocation_is_reported_and_cleaned_up(void **state) {
    (void)state;
    static struct cpu_topology t;
    cpu_topology_read(&t, "");
    t.memory = 16 << 20;
    uint64_t live = mem_live();
    int n_failed = 0;
    for (uint64_t n = 1;; n++) {
        struct tune_result r = {.n = 2, .counts = {1, 2}};
        ingle_error err = {0};
        mem_fail_at(n, 0);
        ingle_status status = tune_measure(&r, &t, cpu_tier_detect(), &err);
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        if (!SANITIZED) assert_int_equal(process_n_threads(1), 1); /* those have their own */
        if (status == INGLE_OK) break;
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_false(tune_is_complete(&r));
        n_failed++;
    }
    assert_int_equal(n_failed, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_number_must_be_a_tenth_faster),
        cmocka_unit_test(a_number_never_undisturbed_makes_the_result_incomplete),
        cmocka_unit_test(a_race_gives_speeds_or_says_that_it_was_disturbed),
        cmocka_unit_test(a_tiny_machine_is_measured_too),
        cmocka_unit_test(every_failed_allocation_is_reported_and_cleaned_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
