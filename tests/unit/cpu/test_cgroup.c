/* Limits of control groups, as the kernel writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/cpu/cgroup.h"
#include "support/folder.h"
#include "support/machine.h"

static struct cgroup_limits read_limits(void) {
    return cgroup_read(machine_root());
}

static void the_lowest_limit_of_version_2_on_the_way_up_counts(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "0::/outer/middle/inner\n");
    machine_put("sys/fs/cgroup/outer/middle/inner/cpu.max", "max 100000\n");
    machine_put("sys/fs/cgroup/outer/middle/cpu.max", "250000 100000\n");
    machine_put("sys/fs/cgroup/outer/cpu.max", "75000 50000\n");
    machine_put("sys/fs/cgroup/outer/middle/inner/memory.max", "1048576\n");
    machine_put("sys/fs/cgroup/outer/memory.max", "max\n");
    assert_true(read_limits().quota == 1.5);
    assert_int_equal(read_limits().memory, 1048576);
    machine_put("sys/fs/cgroup/outer/middle/inner/cpu.max", "20000 100000\n");
    assert_true(read_limits().quota == 0.2);
}

/* In a container the root of the mount is the container's own group, whatever its name outside. */
static void a_path_that_only_exists_outside_the_container_ends_at_the_root(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "0::/system.slice/docker-0123456789abcdef.scope\n");
    machine_put("sys/fs/cgroup/cpu.max", "150000 100000\n");
    machine_put("sys/fs/cgroup/memory.max", "536870912\n");
    assert_true(read_limits().quota == 1.5);
    assert_int_equal(read_limits().memory, 536870912);
    machine_put("proc/self/cgroup", "0::/../../other\n");
    assert_true(read_limits().quota == 1.5);
    machine_put("proc/self/cgroup", "0::/\n");
    assert_true(read_limits().quota == 1.5);
}

static void limits_of_version_1_are_read_and_minus_one_is_none(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "4:memory:/m\n2:cpu,cpuacct:/c\n0::/\n");
    machine_put("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "50000\n");
    machine_put("sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000\n");
    machine_put("sys/fs/cgroup/memory/m/memory.limit_in_bytes", "2097152\n");
    assert_true(read_limits().quota == 0.5);
    assert_int_equal(read_limits().memory, 2097152);
    machine_put("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "-1\n");
    assert_true(read_limits().quota == 0);
}

static void nested_groups_of_version_1_count_up_to_the_root(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "2:cpuacct,cpu:/a/b\n1:name=systemd:/a\n");
    machine_put("sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n");
    machine_put("sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n");
    machine_put("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n");
    machine_put("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
    machine_put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
    machine_put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_true(read_limits().quota == 2.5);
}

static void a_hierarchy_under_the_names_of_all_its_controllers_is_found(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "2:cpu,cpuacct:/c\n");
    machine_put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "300000\n");
    machine_put("sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
    assert_true(read_limits().quota == 3);
}

static void a_controller_is_found_by_its_whole_name(void **state) {
    (void)state;
    machine_put("proc/self/cgroup", "3:cpuset:/s\n2:cpuacct:/s\n");
    machine_put("sys/fs/cgroup/cpu/s/cpu.cfs_quota_us", "50000\n");
    machine_put("sys/fs/cgroup/cpu/s/cpu.cfs_period_us", "100000\n");
    assert_true(read_limits().quota == 0);
}

static void garbage_is_no_limit(void **state) {
    (void)state;
    static const char *const quotas[] = {"nonsense", "",        "nan 100000", "-5 100000",
                                         "100000",   "1000 0",  "1000 -7",    "inf inf",
                                         "max",      "0 100000"};
    machine_put("proc/self/cgroup", ":::\n\n9\n0::/x");
    machine_put("sys/fs/cgroup/x/memory.max", "");
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
        machine_put("sys/fs/cgroup/x/cpu.max", quotas[i]);
        assert_true(read_limits().quota == 0);
        assert_int_equal(read_limits().memory, 0);
    }
}

static void no_groups_at_all_are_no_limit(void **state) {
    (void)state;
    assert_true(read_limits().quota == 0);
    assert_int_equal(read_limits().memory, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(the_lowest_limit_of_version_2_on_the_way_up_counts),
        TEST(a_path_that_only_exists_outside_the_container_ends_at_the_root),
        TEST(limits_of_version_1_are_read_and_minus_one_is_none),
        TEST(nested_groups_of_version_1_count_up_to_the_root),
        TEST(a_hierarchy_under_the_names_of_all_its_controllers_is_found),
        TEST(a_controller_is_found_by_its_whole_name),
        TEST(garbage_is_no_limit),
        TEST(no_groups_at_all_are_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
