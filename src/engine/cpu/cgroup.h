/* What the control groups of this process allow, in version 1, 2, or both side by side. */
#ifndef INGLE_ENGINE_CPU_CGROUP_H
#define INGLE_ENGINE_CPU_CGROUP_H

#include <stdint.h>

struct cgroup_limits {
    double quota;    /* processor time in cores; 0 = no limit */
    uint64_t memory; /* bytes; 0 = no limit */
};

/* A limit binds all groups inside its own: the lowest on the way to the root counts.
 * root: as for cpu_topology_read(). */
struct cgroup_limits cgroup_read(const char *root);

#endif
