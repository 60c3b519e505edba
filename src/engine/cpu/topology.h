/* What the machine and its container give this process: processors, quota, caches, memory. Read
 * from /proc and /sys; whatever is missing there is unknown, never an error.
 *
 * A processor is what the system schedules on; a core is one or several of them (SMT siblings), and
 * a core is slow if the machine has others that are more than twice as fast, or if the maker says
 * so (efficiency cores). */
#ifndef INGLE_ENGINE_CPU_TOPOLOGY_H
#define INGLE_ENGINE_CPU_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPU_MAX_SLOTS 1024 /* processors beyond are not used */

/* A processor that this process may run on. */
struct cpu_slot {
    int cpu; /* the system's number */
    bool is_fast;
    bool is_sibling; /* its core stands in the list already */
};

struct cpu_topology {
    char name[64];      /* "" = unknown */
    int n_cores;        /* processors online; >= 1 */
    int n_usable;       /* of them, those that affinity and quota leave; >= 1 */
    double quota;       /* cgroup CPU quota in cores; 0 = none */
    size_t l1d, l2, l3; /* bytes; 0 = unknown */
    uint64_t memory;    /* bytes; physical, or the cgroup's limit if lower; 0 = unknown */

    int n_slots;    /* processors that the affinity leaves; >= 1 */
    int n_physical; /* their cores; >= 1 */
    int n_fast;     /* of them, the fast ones; >= 1 */
    /* Cores before siblings and, of each, fast ones first: the first n_fast slots are the fast
     * cores, the first n_physical all cores. */
    struct cpu_slot slots[CPU_MAX_SLOTS];
};

/* root: "" for this machine; tests give a directory with proc/ and sys/ in it. */
void cpu_topology_read(struct cpu_topology *t, const char *root);

/* That of this machine, read once, at the first call: nothing is opened for it again. */
const struct cpu_topology *cpu_topology(void);

/* Threads that suit the machine as far as it can be known without measuring: one for each fast
 * core, and no more than the quota has whole cores. */
int cpu_default_threads(const struct cpu_topology *t);

/* Numbers of threads worth trying, ascending: 1, the fast cores, all cores, all processors, each
 * as far as the quota goes. Returns how many differ. */
#define CPU_MAX_CANDIDATES 4
int cpu_candidates(const struct cpu_topology *t, int counts[CPU_MAX_CANDIDATES]);

/* The processors that n_threads should keep to: those of the fast cores, siblings too, if there are
 * slow ones and the fast ones suffice. Else 0: the system's choice is as good. Returns how many. */
int cpu_place(const struct cpu_topology *t, int n_threads, int cpus[CPU_MAX_SLOTS]);

#endif
