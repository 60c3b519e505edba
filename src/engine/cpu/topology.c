#include "engine/cpu/topology.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"

#define PATH_CAP 1024
#define TEXT_CAP 8192

/* The start of a small file as text; false if it cannot be read or the path is too long. */
BASE_PRINTF(3, 4)
static bool read_text(char *text, size_t cap, const char *fmt, ...) {
    char path[PATH_CAP];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof path) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = read(fd, text + n, cap - 1 - n)) > 0) n += (size_t)got;
    close(fd);
    text[n] = '\0';
    return true;
}

/* /proc/cpuinfo: "model name\t: Some Processor @ 2.00GHz" on x86, "Model" on some ARM boards. */
static void read_name(struct cpu_topology *t, const char *root) {
    char text[TEXT_CAP];
    if (!read_text(text, sizeof text, "%s/proc/cpuinfo", root)) return;
    const char *p = strstr(text, "model name");
    if (!p) p = strstr(text, "\nModel");
    p = p ? strchr(p, ':') : NULL;
    if (!p) return;
    p += 1 + strspn(p + 1, " \t");
    size_t n = strcspn(p, "\n");
    if (n >= sizeof t->name) n = sizeof t->name - 1;
    memcpy(t->name, p, n);
}

/* "48K", "2048K", "32M" */
static size_t parse_cache_size(const char *text) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || value > (SIZE_MAX >> 21)) return 0;
    return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : value;
}

static void read_caches(struct cpu_topology *t, const char *root) {
    for (int i = 0; i < 8; i++) {
        const char *dir = "sys/devices/system/cpu/cpu0/cache";
        char level[16], type[32], size[32];
        if (!read_text(level, sizeof level, "%s/%s/index%d/level", root, dir, i)) return;
        if (!read_text(type, sizeof type, "%s/%s/index%d/type", root, dir, i)) return;
        if (!read_text(size, sizeof size, "%s/%s/index%d/size", root, dir, i)) return;
        if (strncmp(type, "Instruction", 11) == 0) continue;
        if (level[0] == '1') t->l1d = parse_cache_size(size);
        if (level[0] == '2') t->l2 = parse_cache_size(size);
        if (level[0] == '3') t->l3 = parse_cache_size(size);
    }
}

static int affinity_cores(int n_cores) {
    cpu_set_t sets[8]; /* 8,192 CPUs: the most a kernel is built for */
    if (sched_getaffinity(0, sizeof sets, sets) != 0) return n_cores;
    int count = CPU_COUNT_S(sizeof sets, sets);
    return count > 0 ? count : n_cores;
}

/* Path of this process in a hierarchy of /proc/self/cgroup: the line "0::/path" (version 2) or
 * "7:cpu,cpuacct:/path" (version 1, with the controller named). */
static bool cgroup_path(char *path, size_t cap, const char *text, const char *controller) {
    for (const char *line = text; *line;) {
        size_t n_line = strcspn(line, "\n");
        const char *names = memchr(line, ':', n_line);
        const char *at = names ? memchr(names + 1, ':', n_line - (size_t)(names + 1 - line)) : NULL;
        if (at) {
            size_t n_names = (size_t)(at - names - 1);
            char list[128];
            snprintf(list, sizeof list, ",%.*s,", (int)(n_names < 100 ? n_names : 100), names + 1);
            char wanted[32];
            snprintf(wanted, sizeof wanted, ",%s,", controller);
            if (strstr(list, wanted)) {
                snprintf(path, cap, "%.*s", (int)(n_line - (size_t)(at + 1 - line)), at + 1);
                return true;
            }
        }
        line += n_line;
        if (*line == '\n') line++;
    }
    return false;
}

/* Shortens a path by its last part; false at the root. */
static bool go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || path[0] == '\0') return false;
    *slash = '\0';
    return true;
}

static void lower_quota(struct cpu_topology *t, double quota, double period) {
    if (quota <= 0 || period <= 0) return;
    double cores = quota / period;
    if (t->quota == 0 || cores < t->quota) t->quota = cores;
}

static void lower_memory(struct cpu_topology *t, const char *text) {
    char *end;
    unsigned long long limit = strtoull(text, &end, 10);
    if (end != text && limit > 0 && (t->memory == 0 || limit < t->memory)) t->memory = limit;
}

/* A limit of a group binds the groups inside it: the lowest on the way to the root counts. */
static void read_cgroup2(struct cpu_topology *t, const char *root, char *path) {
    char text[128];
    do {
        const char *base = "sys/fs/cgroup";
        if (read_text(text, sizeof text, "%s/%s%s/cpu.max", root, base, path)) {
            char *end; /* "max 100000" has no number first and reads as 0: no quota */
            double quota = strtod(text, &end), period = strtod(end, NULL);
            lower_quota(t, quota, period);
        }
        if (read_text(text, sizeof text, "%s/%s%s/memory.max", root, base, path)) {
            lower_memory(t, text);
        }
    } while (go_up(path));
}

static void read_cgroup1(struct cpu_topology *t, const char *root, const char *groups) {
    char path[PATH_CAP], text[128], period[128];
    if (cgroup_path(path, sizeof path, groups, "cpu")) {
        do {
            const char *base = "sys/fs/cgroup/cpu";
            if (read_text(text, sizeof text, "%s/%s%s/cpu.cfs_quota_us", root, base, path) &&
                read_text(period, sizeof period, "%s/%s%s/cpu.cfs_period_us", root, base, path)) {
                lower_quota(t, strtod(text, NULL), strtod(period, NULL));
            }
        } while (go_up(path));
    }
    if (cgroup_path(path, sizeof path, groups, "memory")) {
        do {
            const char *base = "sys/fs/cgroup/memory";
            if (read_text(text, sizeof text, "%s/%s%s/memory.limit_in_bytes", root, base, path)) {
                lower_memory(t, text);
            }
        } while (go_up(path));
    }
}

static void read_cgroups(struct cpu_topology *t, const char *root) {
    char groups[TEXT_CAP], path[PATH_CAP];
    if (!read_text(groups, sizeof groups, "%s/proc/self/cgroup", root)) return;
    if (cgroup_path(path, sizeof path, groups, "")) read_cgroup2(t, root, path);
    read_cgroup1(t, root, groups);
}

void cpu_topology_read(struct cpu_topology *t, const char *root) {
    *t = (struct cpu_topology){0};
    long n_online = sysconf(_SC_NPROCESSORS_ONLN);
    t->n_cores = n_online > 0 && n_online < INT_MAX ? (int)n_online : 1;
    long n_pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    if (n_pages > 0 && page_size > 0) t->memory = (uint64_t)n_pages * (uint64_t)page_size;
    read_name(t, root);
    read_caches(t, root);
    read_cgroups(t, root);
    t->n_usable = affinity_cores(t->n_cores);
    if (t->quota > 0 && ceil(t->quota) < t->n_usable) t->n_usable = (int)ceil(t->quota);
}
