/* What is read of /proc and /sys, on made-up machines. */
#include "engine/cpu/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/machine.h"

static void this_machine_has_a_core_and_memory(void **state) {
    (void)state;
    struct cpu_topology t;
    cpu_topology_read(&t, "");
    assert_true(t.n_cores >= 1);
    assert_in_range(t.n_usable, 1, t.n_cores);
    assert_true(t.memory > 1 << 20);
}

static void a_machine_that_says_nothing_is_unknown_not_an_error(void **state) {
    (void)state;
    struct cpu_topology t;
    cpu_topology_read(&t, machine_root());
    assert_string_equal(t.name, "");
    assert_true(t.quota == 0);
    assert_int_equal(t.l2, 0);
    assert_true(t.n_usable >= 1);
}

static void name_and_caches_are_read(void **state) {
    (void)state;
    machine_put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t: a\n");
    const char *rows[][3] = {{"1", "Data", "48K"},
                             {"1", "Instruction", "32K"},
                             {"2", "Unified", "2048K"},
                             {"3", "Unified", "32M"}};
    for (int i = 0; i < 4; i++) {
        const char *names[] = {"level", "type", "size"};
        for (int k = 0; k < 3; k++) {
            char path[128];
            snprintf(path, sizeof path, "sys/devices/system/cpu/cpu0/cache/index%d/%s", i,
                     names[k]);
            machine_put(path, rows[i][k]);
        }
    }
    struct cpu_topology t;
    cpu_topology_read(&t, machine_root());
    assert_string_equal(t.name, "Some CPU @ 2.00GHz");
    assert_int_equal(t.l1d, 48 << 10);
    assert_int_equal(t.l2, 2 << 20);
    assert_int_equal(t.l3, 32 << 20);
}

static void limits_of_the_container_count_where_they_are_lower(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "0::/\n");
    machine_put("sys/fs/cgroup/cpu.max", "50000 100000\n");
    machine_put("sys/fs/cgroup/memory.max", "1048576\n");
    struct cpu_topology t;
    cpu_topology_read(&t, machine_root());
    assert_true(t.quota == 0.5);
    assert_int_equal(t.n_usable, 1);
    assert_int_equal(t.memory, 1048576);
    machine_put("sys/fs/cgroup/memory.max", "9223372036854771712\n");
    cpu_topology_read(&t, machine_root());
    assert_true(t.memory > 1048576 && t.memory < (uint64_t)1 << 62);
}

static void garbage_is_ignored(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", ":::\n\n9\n0::/x");
    machine_put("sys/fs/cgroup/x/cpu.max", "nonsense");
    machine_put("sys/fs/cgroup/x/memory.max", "");
    machine_put("proc/cpuinfo", "model name");
    machine_put("sys/devices/system/cpu/cpu0/cache/index0/level", "");
    struct cpu_topology t;
    cpu_topology_read(&t, machine_root());
    assert_true(t.quota == 0);
    assert_string_equal(t.name, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(this_machine_has_a_core_and_memory),
        TEST(a_machine_that_says_nothing_is_unknown_not_an_error),
        TEST(name_and_caches_are_read),
        TEST(limits_of_the_container_count_where_they_are_lower),
        TEST(garbage_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
