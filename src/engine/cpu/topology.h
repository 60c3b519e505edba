/* What the machine and its container give this process: cores, quota, caches, memory. Read from
 * /proc and /sys; whatever is missing there is unknown, never an error. */
#ifndef INGLE_ENGINE_CPU_TOPOLOGY_H
#define INGLE_ENGINE_CPU_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

struct cpu_topology {
    char name[64];      /* "" = unknown */
    int n_cores;        /* online; >= 1 */
    int n_usable;       /* of them, those that affinity and quota leave; >= 1 */
    double quota;       /* cgroup CPU quota in cores; 0 = none */
    size_t l1d, l2, l3; /* bytes; 0 = unknown */
    uint64_t memory;    /* bytes; physical, or the cgroup's limit if lower; 0 = unknown */
};

/* root: "" for this machine; tests give a directory with proc/ and sys/ in it. */
void cpu_topology_read(struct cpu_topology *t, const char *root);

#endif
