#include "engine/cpu/slots.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cpu/sysfile.h"

#define TEXT_CAP 8192

struct cpu_bits {
    bool has[CPU_MAX_SLOTS];
};

/* "0-3,8": returns how many of the list are set; what follows something unreadable is left out. */
static int parse_list(struct cpu_bits *bits, const char *text) {
    *bits = (struct cpu_bits){0};
    int n = 0;
    for (;;) {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (end == text || first < 0) return n;
        if (*end == '-') {
            text = end + 1;
            last = strtol(text, &end, 10);
            if (end == text) return n;
        }
        for (long cpu = first; cpu <= last && cpu < CPU_MAX_SLOTS; cpu++) {
            if (!bits->has[cpu]) n++;
            bits->has[cpu] = true;
        }
        if (*end != ',') return n;
        text = end + 1;
    }
}

static int read_list(struct cpu_bits *bits, const char *root, const char *path) {
    char text[TEXT_CAP];
    return sysfile_read(text, sizeof text, "%s/%s", root, path) ? parse_list(bits, text) : 0;
}

static int read_online(struct cpu_bits *bits, const char *root) {
    int n = read_list(bits, root, "sys/devices/system/cpu/online");
    if (n > 0) return n;
    long n_online = sysconf(_SC_NPROCESSORS_ONLN);
    n = n_online > 0 && n_online < INT_MAX ? (int)n_online : 1;
    for (int cpu = 0; cpu < n && cpu < CPU_MAX_SLOTS; cpu++) bits->has[cpu] = true;
    return n;
}

/* Affinity and cpusets. /proc names processors too that are not there. */
static int read_allowed(struct cpu_bits *bits, const char *root) {
    char text[TEXT_CAP];
    if (sysfile_read(text, sizeof text, "%s/proc/thread-self/status", root)) {
        static const char key[] = "\nCpus_allowed_list:";
        const char *at = strstr(text, key);
        int n = at ? parse_list(bits, at + sizeof key - 1) : 0;
        if (n > 0) return n;
    }
    *bits = (struct cpu_bits){0};
    cpu_set_t sets[8]; /* 8,192 processors: the most a kernel is built for */
    if (sched_getaffinity(0, sizeof sets, sets) != 0) return 0;
    int n = 0;
    for (int cpu = 0; cpu < CPU_MAX_SLOTS; cpu++) {
        bits->has[cpu] = CPU_ISSET_S((size_t)cpu, sizeof sets, sets);
        n += bits->has[cpu];
    }
    return n;
}

/* A file of /sys/devices/system/cpu/cpuN that holds a number above 0; -1 = it does not. */
static long read_number(const char *root, int cpu, const char *file) {
    char text[64];
    const char *folder = "sys/devices/system/cpu/cpu";
    if (!sysfile_read(text, sizeof text, "%s/%s%d/%s", root, folder, cpu, file)) return -1;
    char *end;
    long value = strtol(text, &end, 10);
    return end != text && value > 0 ? value : -1;
}

/* The speeds that one kind of file tells of; false unless it does of all. */
static bool read_speeds(const struct cpu_topology *t, const char *root, const char *file,
                        long speeds[CPU_MAX_SLOTS]) {
    for (int i = 0; i < t->n_slots; i++) {
        speeds[i] = read_number(root, t->slots[i].cpu, file);
        if (speeds[i] < 0) return false;
    }
    return true;
}

/* On Intel's hybrid machines the two kinds are two lists; elsewhere there is the capacity (arm64),
 * a rating by the firmware, or the highest clock rate. Cores of one kind differ too, by some
 * percent: only those that are less than half as fast as the fastest are slow. */
static void mark_fast(struct cpu_topology *t, const char *root) {
    struct cpu_bits fast;
    if (read_list(&fast, root, "sys/devices/cpu_core/cpus") > 0) {
        bool any = false;
        for (int i = 0; i < t->n_slots; i++) any = any || fast.has[t->slots[i].cpu];
        for (int i = 0; i < t->n_slots; i++) {
            t->slots[i].is_fast = !any || fast.has[t->slots[i].cpu];
        }
        return;
    }
    static const char *const files[] = {"cpu_capacity", "acpi_cppc/highest_perf",
                                        "cpufreq/cpuinfo_max_freq"};
    long speeds[CPU_MAX_SLOTS];
    bool known = false;
    for (int i = 0; i < 3 && !known; i++) known = read_speeds(t, root, files[i], speeds);
    long best = 0;
    for (int i = 0; known && i < t->n_slots; i++) best = speeds[i] > best ? speeds[i] : best;
    for (int i = 0; i < t->n_slots; i++)
        t->slots[i].is_fast = !known || speeds[i] >= best - best / 2;
}

/* A core goes by the number of its first processor; the first one here that is usable stands for
 * it. */
static void mark_siblings(struct cpu_topology *t, const char *root) {
    struct cpu_bits seen = {0};
    for (int i = 0; i < t->n_slots; i++) {
        char text[TEXT_CAP];
        struct cpu_bits siblings;
        int core = t->slots[i].cpu;
        if (sysfile_read(text, sizeof text,
                         "%s/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", root,
                         core) &&
            parse_list(&siblings, text) > 0) {
            core = 0;
            while (!siblings.has[core]) core++;
        }
        t->slots[i].is_sibling = seen.has[core];
        seen.has[core] = true;
    }
}

/* Stable, so that processors of a kind stay in the system's order. */
static void put_in_order(struct cpu_topology *t) {
    struct cpu_slot sorted[CPU_MAX_SLOTS] = {{0}};
    int n = 0;
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < t->n_slots; i++) {
            const struct cpu_slot *slot = &t->slots[i];
            if (kind != 2 * slot->is_sibling + !slot->is_fast) continue;
            sorted[n++] = *slot;
            t->n_physical += !slot->is_sibling;
            t->n_fast += !slot->is_sibling && slot->is_fast;
        }
    }
    memcpy(t->slots, sorted, (size_t)n * sizeof *sorted);
}

void cpu_slots_read(struct cpu_topology *t, const char *root) {
    struct cpu_bits online = {0}, allowed;
    t->n_cores = read_online(&online, root);
    if (read_allowed(&allowed, root) == 0) allowed = online;
    for (int cpu = 0; cpu < CPU_MAX_SLOTS; cpu++) {
        if (online.has[cpu] && allowed.has[cpu]) t->slots[t->n_slots++].cpu = cpu;
    }
    if (t->n_slots == 0) t->n_slots = 1; /* we do run: on the first, say */
    mark_fast(t, root);
    mark_siblings(t, root);
    put_in_order(t);
}
