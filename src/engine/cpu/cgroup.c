#include "engine/cpu/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cpu/sysfile.h"

#define PATH_CAP 1024
#define NAMES_CAP 100
#define TEXT_CAP 8192

/* This process's place in one hierarchy. */
struct place {
    char names[NAMES_CAP]; /* of its controllers, "cpu,cpuacct"; "" is version 2 */
    char path[PATH_CAP];   /* shortened on the way up */
};

/* A line of /proc/self/cgroup: "0::/path" (version 2) or "7:cpu,cpuacct:/path" (version 1). False
 * if it is none, or is not of the hierarchy that has the controller. */
static bool parse_line(struct place *place, const char *line, size_t n, const char *controller) {
    const char *names = memchr(line, ':', n);
    if (!names++) return false;
    const char *path = memchr(names, ':', n - (size_t)(names - line));
    if (!path++) return false;
    int n_names = (int)(path - 1 - names), n_path = (int)(n - (size_t)(path - line));
    if (n_names >= NAMES_CAP || n_path >= PATH_CAP) return false;
    snprintf(place->names, sizeof place->names, "%.*s", n_names, names);
    snprintf(place->path, sizeof place->path, "%.*s", n_path, path);
    char list[NAMES_CAP + 2], wanted[32];
    snprintf(list, sizeof list, ",%s,", place->names);
    snprintf(wanted, sizeof wanted, ",%s,", controller);
    return strstr(list, wanted) != NULL;
}

static bool find_place(struct place *place, const char *groups, const char *controller) {
    for (const char *line = groups; *line;) {
        size_t n = strcspn(line, "\n");
        if (parse_line(place, line, n, controller)) return true;
        line += n;
        if (*line == '\n') line++;
    }
    return false;
}

/* Shortens a path by its last part; false at the root. */
static bool go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash) return false;
    *slash = '\0';
    return true;
}

/* "150000" of "100000" microseconds; "max" and -1 are no limit. */
static void lower_quota(struct cgroup_limits *l, const char *quota_text, const char *period_text) {
    long long quota = strtoll(quota_text, NULL, 10), period = strtoll(period_text, NULL, 10);
    if (quota <= 0 || period <= 0) return;
    double cores = (double)quota / (double)period;
    if (l->quota == 0 || cores < l->quota) l->quota = cores;
}

static void lower_memory(struct cgroup_limits *l, const char *text) {
    char *end;
    unsigned long long limit = strtoull(text, &end, 10);
    if (end != text && limit > 0 && (l->memory == 0 || limit < l->memory)) l->memory = limit;
}

static void read_version2(struct cgroup_limits *l, const char *root, struct place *place) {
    char text[128];
    do {
        const char *path = place->path;
        if (sysfile_read(text, sizeof text, "%s/sys/fs/cgroup%s/cpu.max", root, path)) {
            lower_quota(l, text, text + strcspn(text, " "));
        }
        if (sysfile_read(text, sizeof text, "%s/sys/fs/cgroup%s/memory.max", root, path)) {
            lower_memory(l, text);
        }
    } while (go_up(place->path));
}

/* A hierarchy of version 1 lies under the names of all its controllers, and systems add a link
 * named like each of them; not all do. */
static void read_version1(struct cgroup_limits *l, const char *root, const struct place *place,
                          const char *folder) {
    char path[PATH_CAP], text[128], period[128];
    snprintf(path, sizeof path, "%s", place->path);
    do {
        if (sysfile_read(text, sizeof text, "%s/sys/fs/cgroup/%s%s/cpu.cfs_quota_us", root, folder,
                         path) &&
            sysfile_read(period, sizeof period, "%s/sys/fs/cgroup/%s%s/cpu.cfs_period_us", root,
                         folder, path)) {
            lower_quota(l, text, period);
        }
        if (sysfile_read(text, sizeof text, "%s/sys/fs/cgroup/%s%s/memory.limit_in_bytes", root,
                         folder, path)) {
            lower_memory(l, text);
        }
    } while (go_up(path));
}

struct cgroup_limits cgroup_read(const char *root) {
    struct cgroup_limits limits = {0};
    char groups[TEXT_CAP];
    struct place place;
    if (!sysfile_read(groups, sizeof groups, "%s/proc/self/cgroup", root)) return limits;
    if (find_place(&place, groups, "")) read_version2(&limits, root, &place);
    static const char *const controllers[] = {"cpu", "memory"};
    for (int i = 0; i < 2; i++) {
        if (!find_place(&place, groups, controllers[i])) continue;
        read_version1(&limits, root, &place, controllers[i]);
        if (strcmp(place.names, controllers[i]) != 0) {
            read_version1(&limits, root, &place, place.names);
        }
    }
    return limits;
}
