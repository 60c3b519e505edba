#include "engine/cpu/topology.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cpu/cgroup.h"
#include "engine/cpu/slots.h"
#include "engine/cpu/sysfile.h"

#define TEXT_CAP 8192

/* /proc/cpuinfo: "model name\t: Some Processor @ 2.00GHz" on x86, "Model" on some ARM boards. */
static void read_name(struct cpu_topology *t, const char *root) {
    char text[TEXT_CAP];
    if (!sysfile_read(text, sizeof text, "%s/proc/cpuinfo", root)) return;
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
        if (!sysfile_read(level, sizeof level, "%s/%s/index%d/level", root, dir, i)) return;
        if (!sysfile_read(type, sizeof type, "%s/%s/index%d/type", root, dir, i)) return;
        if (!sysfile_read(size, sizeof size, "%s/%s/index%d/size", root, dir, i)) return;
        if (strncmp(type, "Instruction", 11) == 0) continue;
        if (level[0] == '1') t->l1d = parse_cache_size(size);
        if (level[0] == '2') t->l2 = parse_cache_size(size);
        if (level[0] == '3') t->l3 = parse_cache_size(size);
    }
}

/* Whole cores of the quota: with a fraction more, one more thread runs until the quota of a period
 * is used up and then all stand still. */
static int quota_threads(const struct cpu_topology *t) {
    if (t->quota == 0 || t->quota >= CPU_MAX_SLOTS) return CPU_MAX_SLOTS;
    return t->quota > 1 ? (int)t->quota : 1;
}

static int lesser(int a, int b) {
    return a < b ? a : b;
}

void cpu_topology_read(struct cpu_topology *t, const char *root) {
    *t = (struct cpu_topology){0};
    long n_pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    if (n_pages > 0 && page_size > 0) t->memory = (uint64_t)n_pages * (uint64_t)page_size;
    read_name(t, root);
    read_caches(t, root);
    struct cgroup_limits limits = cgroup_read(root);
    t->quota = limits.quota;
    if (limits.memory > 0 && (t->memory == 0 || limits.memory < t->memory)) {
        t->memory = limits.memory;
    }
    cpu_slots_read(t, root);
    t->n_usable = lesser(t->n_slots, quota_threads(t));
}

static struct cpu_topology machine;
static pthread_once_t machine_is_read = PTHREAD_ONCE_INIT;

static void read_machine(void) {
    cpu_topology_read(&machine, "");
}

const struct cpu_topology *cpu_topology(void) {
    (void)pthread_once(&machine_is_read, read_machine);
    return &machine;
}

int cpu_default_threads(const struct cpu_topology *t) {
    return lesser(t->n_fast, quota_threads(t));
}

int cpu_candidates(const struct cpu_topology *t, int counts[CPU_MAX_CANDIDATES]) {
    const int wanted[CPU_MAX_CANDIDATES] = {1, t->n_fast, t->n_physical, t->n_slots};
    int n = 0;
    for (int i = 0; i < CPU_MAX_CANDIDATES; i++) {
        int count = lesser(wanted[i], quota_threads(t));
        if (n == 0 || count > counts[n - 1]) counts[n++] = count;
    }
    return n;
}

int cpu_place(const struct cpu_topology *t, int n_threads, int cpus[CPU_MAX_SLOTS]) {
    int n = 0;
    for (int i = 0; i < t->n_slots; i++) {
        if (t->slots[i].is_fast) cpus[n++] = t->slots[i].cpu;
    }
    return n == t->n_slots || n < n_threads ? 0 : n;
}
