/* cli/doctor: what is said of machines that are not this one. */
#include "cli/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/machine.h"

static struct doctor_finding look(const char *name) {
    struct doctor_finding f = {.state = DOCTOR_WRONG};
    for (size_t i = 0; i < doctor_n_kernel + doctor_n_user; i++) {
        const struct doctor_check *c =
            i < doctor_n_kernel ? &doctor_kernel[i] : &doctor_user[i - doctor_n_kernel];
        if (strcmp(c->name, name) != 0) continue;
        c->look(&f, machine_root());
        return f;
    }
    fail_msg("no check '%s'", name);
    return f;
}

static void expect(const char *name, enum doctor_state state, const char *found,
                   const char *remedy) {
    struct doctor_finding f = look(name);
    if (f.state != state || !strstr(f.found, found) || !strstr(f.remedy, remedy)) {
        fail_msg("%s: %d '%s' '%s'", name, (int)f.state, f.found, f.remedy);
    }
    assert_int_equal(f.remedy[0] != '\0', remedy[0] != '\0');
}

#define SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

static void swap_is_told_by_what_it_lies_on(void **state) {
    (void)state;
    machine_put("proc/swaps", SWAPS);
    expect("swap", DOCTOR_OK, "none", "");
    machine_put("proc/swaps", SWAPS "/dev/zram0    partition 100 0 100\n");
    expect("swap", DOCTOR_OK, "in memory", "");
    machine_put("proc/swaps", SWAPS "/dev/sda2     partition 100 0 -2\n");
    expect("swap", DOCTOR_LACKS, "/dev/sda2", "Encrypt it");
    machine_put("proc/swaps", SWAPS "/dev/dm-1     partition 100 0 -2\n");
    expect("swap", DOCTOR_LACKS, "/dev/dm-1", "Encrypt it");
    machine_put("sys/block/dm-1/dm/uuid", "LVM-abc\n");
    expect("swap", DOCTOR_LACKS, "/dev/dm-1", "Encrypt it");
    machine_put("sys/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap\n");
    expect("swap", DOCTOR_OK, "encrypted", "");
    machine_put("proc/swaps", SWAPS "/dev/dm-1     partition 100 0 -2\n/swapfile file 100 0 -3\n");
    expect("swap", DOCTOR_LACKS, "/swapfile", "Encrypt it");
}

static void settings_of_the_kernel_are_told(void **state) {
    (void)state;
    expect("ptrace", DOCTOR_LACKS, "no Yama", "");
    machine_put("proc/sys/kernel/yama/ptrace_scope", "0\n");
    expect("ptrace", DOCTOR_LACKS, "scope 0", "sysctl");
    machine_put("proc/sys/kernel/yama/ptrace_scope", "1\n");
    expect("ptrace", DOCTOR_OK, "scope 1", "");
    machine_put("proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n");
    expect("core dumps", DOCTOR_OK, "/usr/lib/systemd/systemd-coredump", "");
    machine_put("proc/sys/kernel/core_pattern", "core\n");
    expect("core dumps", DOCTOR_OK, "'core'", "");
    expect("io_uring", DOCTOR_OK, "on in this kernel", "");
    machine_put("proc/sys/kernel/io_uring_disabled", "2\n");
    expect("io_uring", DOCTOR_OK, "off in this kernel", "");
    expect("huge pages", DOCTOR_LACKS, "none in this kernel", "");
    machine_put("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    expect("huge pages", DOCTOR_LACKS, "turned off", "madvise");
    machine_put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    expect("huge pages", DOCTOR_OK, "", "");
}

static void hardware_is_looked_for(void **state) {
    (void)state;
    expect("hardware key", DOCTOR_LACKS, "no TPM", "");
    machine_put("dev/tpmrm0", "");
    struct doctor_finding f = look("hardware key");
    assert_true(f.state == DOCTOR_OK || strstr(f.found, "no systemd-creds"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swap_is_told_by_what_it_lies_on),
        cmocka_unit_test(settings_of_the_kernel_are_told),
        cmocka_unit_test(hardware_is_looked_for),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
