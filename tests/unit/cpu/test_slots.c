/* Which processors are used and how many threads, on the machines that people have. */
#include "engine/cpu/slots.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/machine.h"

static struct cpu_topology read_machine(void) {
    struct cpu_topology t;
    cpu_topology_read(&t, machine_root());
    return t;
}

static void expect_counts(const struct cpu_topology *t, int n_slots, int n_physical, int n_fast) {
    assert_int_equal(t->n_slots, n_slots);
    assert_int_equal(t->n_physical, n_physical);
    assert_int_equal(t->n_fast, n_fast);
}

/* order: the processors' numbers, ended by -1. */
static void expect_order(const struct cpu_topology *t, const int *order) {
    for (int i = 0; i < t->n_slots; i++) assert_int_equal(t->slots[i].cpu, order[i]);
    assert_int_equal(order[t->n_slots], -1);
}

/* counts: those that are missing are 0. */
static void expect_candidates(const struct cpu_topology *t, const int counts[CPU_MAX_CANDIDATES]) {
    int got[CPU_MAX_CANDIDATES] = {0};
    assert_in_range(cpu_candidates(t, got), 1, CPU_MAX_CANDIDATES);
    for (int i = 0; i < CPU_MAX_CANDIDATES; i++) assert_int_equal(got[i], counts[i]);
}

/* 4 performance cores of two processors each, 8 efficiency cores. */
static void intel_hybrid_laptop(const char *allowed) {
    machine_put_cpus("0-15\n", allowed);
    machine_put("sys/devices/cpu_core/cpus", "0-7\n");
    machine_put("sys/devices/cpu_atom/cpus", "8-15\n");
    for (int cpu = 0; cpu < 16; cpu++) {
        char siblings[32];
        snprintf(siblings, sizeof siblings, cpu < 8 ? "%d-%d\n" : "%d\n", cpu < 8 ? cpu & ~1 : cpu,
                 cpu | 1);
        machine_put_cpu(cpu, "topology/thread_siblings_list", siblings);
        machine_put_cpu(cpu, "cpufreq/cpuinfo_max_freq", cpu < 8 ? "4700000\n" : "3400000\n");
    }
}

static void on_an_intel_hybrid_laptop_the_performance_cores_come_first(void **state) {
    (void)state;
    intel_hybrid_laptop("0-15");
    struct cpu_topology t = read_machine();
    assert_int_equal(t.n_cores, 16);
    expect_counts(&t, 16, 12, 4);
    expect_order(&t, (const int[]){0, 2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 1, 3, 5, 7, -1});
    expect_candidates(&t, (const int[CPU_MAX_CANDIDATES]){1, 4, 12, 16});
    assert_int_equal(cpu_default_threads(&t), 4);
}

static void few_threads_of_a_hybrid_machine_keep_to_the_fast_cores(void **state) {
    (void)state;
    intel_hybrid_laptop("0-15");
    struct cpu_topology t = read_machine();
    int cpus[CPU_MAX_SLOTS];
    for (int n = 1; n <= 8; n++) {
        assert_int_equal(cpu_place(&t, n, cpus), 8);
        for (int i = 0; i < 8; i++) assert_in_range(cpus[i], 0, 7);
    }
    for (int n = 9; n <= 17; n++) assert_int_equal(cpu_place(&t, n, cpus), 0);
}

static void what_the_affinity_leaves_of_a_hybrid_machine_is_all_there_is(void **state) {
    (void)state;
    intel_hybrid_laptop("1,9-10");
    struct cpu_topology t = read_machine();
    assert_int_equal(t.n_cores, 16);
    expect_counts(&t, 3, 3, 1);
    expect_order(&t, (const int[]){1, 9, 10, -1});
    int cpus[CPU_MAX_SLOTS];
    assert_int_equal(cpu_place(&t, 1, cpus), 1);
    assert_int_equal(cpus[0], 1);
    /* Efficiency cores only: none is slower than another. */
    machine_put_cpus("0-15\n", "12-15");
    t = read_machine();
    expect_counts(&t, 4, 4, 4);
    assert_int_equal(cpu_default_threads(&t), 4);
    assert_int_equal(cpu_place(&t, 2, cpus), 0);
}

/* 8 cores of two processors each, and a rating that prefers some by a little. */
static void amd_desktop(const char *allowed) {
    static const int ratings[8] = {186, 196, 166, 231, 176, 231, 206, 216};
    machine_put_cpus("0-15\n", allowed);
    for (int cpu = 0; cpu < 16; cpu++) {
        char text[32];
        snprintf(text, sizeof text, "%d,%d\n", cpu % 8, cpu % 8 + 8);
        machine_put_cpu(cpu, "topology/thread_siblings_list", text);
        snprintf(text, sizeof text, "%d\n", ratings[cpu % 8]);
        machine_put_cpu(cpu, "acpi_cppc/highest_perf", text);
        machine_put_cpu(cpu, "cpufreq/cpuinfo_max_freq", "5573000\n");
    }
}

static void on_an_amd_desktop_every_core_is_fast_and_used_once(void **state) {
    (void)state;
    amd_desktop("0-15");
    struct cpu_topology t = read_machine();
    expect_counts(&t, 16, 8, 8);
    expect_order(&t, (const int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1});
    expect_candidates(&t, (const int[CPU_MAX_CANDIDATES]){1, 8, 16});
    assert_int_equal(cpu_default_threads(&t), 8);
    int cpus[CPU_MAX_SLOTS];
    assert_int_equal(cpu_place(&t, 8, cpus), 0);
}

static void a_cpuset_of_one_sibling_pair_is_one_core(void **state) {
    (void)state;
    amd_desktop("3,11");
    struct cpu_topology t = read_machine();
    expect_counts(&t, 2, 1, 1);
    assert_int_equal(t.n_usable, 2);
    expect_order(&t, (const int[]){3, 11, -1});
    expect_candidates(&t, (const int[CPU_MAX_CANDIDATES]){1, 2});
    assert_int_equal(cpu_default_threads(&t), 1);
    /* Second halves only: each stands for its core. */
    machine_put_cpus("0-15\n", "10-13");
    t = read_machine();
    expect_counts(&t, 4, 4, 4);
}

static void on_a_phone_the_little_cores_come_last(void **state) {
    (void)state;
    machine_put_cpus("0-7\n", "0-7");
    for (int cpu = 0; cpu < 8; cpu++) {
        char siblings[32];
        snprintf(siblings, sizeof siblings, "%d\n", cpu);
        machine_put_cpu(cpu, "topology/thread_siblings_list", siblings);
        machine_put_cpu(cpu, "cpu_capacity", cpu < 4 ? "261\n" : cpu < 7 ? "871\n" : "1024\n");
        machine_put_cpu(cpu, "cpufreq/cpuinfo_max_freq", "3000000\n");
    }
    struct cpu_topology t = read_machine();
    expect_counts(&t, 8, 8, 4);
    expect_order(&t, (const int[]){4, 5, 6, 7, 0, 1, 2, 3, -1});
    expect_candidates(&t, (const int[CPU_MAX_CANDIDATES]){1, 4, 8});
    int cpus[CPU_MAX_SLOTS];
    assert_int_equal(cpu_place(&t, 4, cpus), 4);
    assert_int_equal(cpus[3], 7);
    assert_int_equal(cpu_place(&t, 5, cpus), 0);
}

static void a_quota_leaves_threads_for_its_whole_cores(void **state) {
    (void)state;
    static const struct {
        const char *quota;
        int n_threads;
    } rows[] = {{"150000 100000", 1},   {"20000 100000", 1},  {"200000 100000", 2},
                {"399999 100000", 3},   {"800000 100000", 8}, {"1600000 100000", 8},
                {"99999999999999 1", 8}};
    amd_desktop("0-15");
    machine_put("proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        machine_put("sys/fs/cgroup/cpu.max", rows[i].quota);
        struct cpu_topology t = read_machine();
        assert_int_equal(cpu_default_threads(&t), rows[i].n_threads);
        expect_counts(&t, 16, 8, 8);
        int counts[CPU_MAX_CANDIDATES];
        int n = cpu_candidates(&t, counts);
        assert_int_equal(counts[0], 1);
        assert_int_equal(counts[n - 1], t.n_usable);
    }
    machine_put("sys/fs/cgroup/cpu.max", "150000 100000");
    struct cpu_topology t = read_machine();
    expect_candidates(&t, (const int[CPU_MAX_CANDIDATES]){1});
}

static void processors_that_are_not_online_are_not_counted(void **state) {
    (void)state;
    machine_put_cpus("0,2-3\n", "0-127");
    struct cpu_topology t = read_machine();
    assert_int_equal(t.n_cores, 3);
    expect_counts(&t, 3, 3, 3);
    expect_order(&t, (const int[]){0, 2, 3, -1});
}

static void speeds_that_not_all_processors_tell_are_not_compared(void **state) {
    (void)state;
    machine_put_cpus("0-1\n", "0-1");
    machine_put_cpu(0, "cpu_capacity", "1024\n");
    machine_put_cpu(0, "cpufreq/cpuinfo_max_freq", "1000\n");
    machine_put_cpu(1, "cpufreq/cpuinfo_max_freq", "3000\n");
    struct cpu_topology t = read_machine();
    expect_counts(&t, 2, 2, 1);
    assert_int_equal(t.slots[0].cpu, 1);
    machine_put_cpu(1, "cpufreq/cpuinfo_max_freq", "0\n");
    t = read_machine();
    expect_counts(&t, 2, 2, 2);
}

static void lists_that_make_no_sense_still_leave_a_processor(void **state) {
    (void)state;
    static const char *const lists[] = {
        "", "\n", "x", "-3", "5-2", "0-", "0-999999999999999999999", ",,,", "4000-5000"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (int where = 0; where < 4; where++) {
            machine_put_cpus(where == 0 ? lists[i] : "0-1", where == 1 ? lists[i] : "0-1");
            machine_put("sys/devices/cpu_core/cpus", where == 2 ? lists[i] : "1");
            machine_put_cpu(0, "topology/thread_siblings_list", where == 3 ? lists[i] : "0");
            struct cpu_topology t = read_machine();
            assert_in_range(t.n_slots, 1, 2);
            assert_in_range(t.n_fast, 1, t.n_physical);
            assert_in_range(t.n_physical, 1, t.n_slots);
            assert_true(t.n_cores >= 1);
            assert_in_range(cpu_default_threads(&t), 1, t.n_usable);
        }
    }
}

static void more_processors_than_have_room_are_left_alone(void **state) {
    (void)state;
    machine_put_cpus("0-999999999999999999", "0-99999");
    struct cpu_topology t = read_machine();
    expect_counts(&t, CPU_MAX_SLOTS, CPU_MAX_SLOTS, CPU_MAX_SLOTS);
}

static void this_machine_is_read_as_the_system_tells_it(void **state) {
    (void)state;
    struct cpu_topology t;
    cpu_topology_read(&t, "");
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) skip();
    assert_int_equal(t.n_slots, CPU_COUNT(&set));
    for (int i = 0; i < t.n_slots; i++) assert_true(CPU_ISSET((size_t)t.slots[i].cpu, &set));
    /* Narrowed by this thread for itself. */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)t.slots[t.n_slots - 1].cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    struct cpu_topology narrow;
    cpu_topology_read(&narrow, "");
    assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
    expect_counts(&narrow, 1, 1, 1);
    assert_int_equal(narrow.slots[0].cpu, t.slots[t.n_slots - 1].cpu);
    assert_int_equal(narrow.n_cores, t.n_cores);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(on_an_intel_hybrid_laptop_the_performance_cores_come_first),
        TEST(few_threads_of_a_hybrid_machine_keep_to_the_fast_cores),
        TEST(what_the_affinity_leaves_of_a_hybrid_machine_is_all_there_is),
        TEST(on_an_amd_desktop_every_core_is_fast_and_used_once),
        TEST(a_cpuset_of_one_sibling_pair_is_one_core),
        TEST(on_a_phone_the_little_cores_come_last),
        TEST(a_quota_leaves_threads_for_its_whole_cores),
        TEST(processors_that_are_not_online_are_not_counted),
        TEST(speeds_that_not_all_processors_tell_are_not_compared),
        TEST(lists_that_make_no_sense_still_leave_a_processor),
        TEST(more_processors_than_have_room_are_left_alone),
        TEST(this_machine_is_read_as_the_system_tells_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
