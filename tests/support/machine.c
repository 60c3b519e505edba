#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"

const char *machine_root(void) {
    return folder_file("");
}

void machine_put(const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s%s", machine_root(), path);
    for (char *p = full + strlen(machine_root()); (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
    (void)unlink(full); /* some file systems write a file at once that replaces its bytes */
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

void machine_put_cpu(int cpu, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d/%s", cpu, file);
    machine_put(path, text);
}

void machine_put_cpus(const char *online, const char *allowed) {
    char status[256];
    snprintf(status, sizeof status,
             "Name:\tingle\nCpus_allowed:\tff\nCpus_allowed_list:\t%s\nMems_allowed_list:\t0\n",
             allowed);
    machine_put("sys/devices/system/cpu/online", online);
    machine_put("proc/thread-self/status", status);
}
