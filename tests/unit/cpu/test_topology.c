/* What is read of /proc and /sys, on made-up machines. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/cpu/topology.h"

static char root[64];

/* Writes a file under the made-up root, directories included. */
static void put(const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_root(void **state) {
    (void)state;
    strcpy(root, "/tmp/ingle-topology-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int remove_root(void **state) {
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

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
    cpu_topology_read(&t, root);
    assert_string_equal(t.name, "");
    assert_true(t.quota == 0);
    assert_int_equal(t.l2, 0);
    assert_true(t.n_usable >= 1);
}

static void name_and_caches_are_read(void **state) {
    (void)state;
    put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t: a\n");
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
            put(path, rows[i][k]);
        }
    }
    struct cpu_topology t;
    cpu_topology_read(&t, root);
    assert_string_equal(t.name, "Some CPU @ 2.00GHz");
    assert_int_equal(t.l1d, 48 << 10);
    assert_int_equal(t.l2, 2 << 20);
    assert_int_equal(t.l3, 32 << 20);
}

static void the_lowest_cgroup_2_limit_on_the_way_up_counts(void **state) {
    (void)state;
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "1048576\n");
    put("sys/fs/cgroup/outer/memory.max", "max\n");
    struct cpu_topology t;
    cpu_topology_read(&t, root);
    assert_true(t.quota == 1.5);
    assert_true(t.n_usable <= 2);
    assert_int_equal(t.memory, 1048576);
}

static void cgroup_1_limits_are_read_and_minus_one_is_none(void **state) {
    (void)state;
    put("proc/self/cgroup", "4:memory:/m\n2:cpu,cpuacct:/c\n0::/\n");
    put("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "50000\n");
    put("sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/memory/m/memory.limit_in_bytes", "2097152\n");
    struct cpu_topology t;
    cpu_topology_read(&t, root);
    assert_true(t.quota == 0.5);
    assert_int_equal(t.n_usable, 1);
    assert_int_equal(t.memory, 2097152);
    put("sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "-1\n");
    cpu_topology_read(&t, root);
    assert_true(t.quota == 0);
}

static void garbage_is_ignored(void **state) {
    (void)state;
    put("proc/self/cgroup", ":::\n\n9\n0::/x");
    put("sys/fs/cgroup/x/cpu.max", "nonsense");
    put("sys/fs/cgroup/x/memory.max", "");
    put("proc/cpuinfo", "model name");
    put("sys/devices/system/cpu/cpu0/cache/index0/level", "");
    struct cpu_topology t;
    cpu_topology_read(&t, root);
    assert_true(t.quota == 0);
    assert_string_equal(t.name, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        TEST(this_machine_has_a_core_and_memory),
        TEST(a_machine_that_says_nothing_is_unknown_not_an_error),
        TEST(name_and_caches_are_read),
        TEST(the_lowest_cgroup_2_limit_on_the_way_up_counts),
        TEST(cgroup_1_limits_are_read_and_minus_one_is_none),
        TEST(garbage_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
