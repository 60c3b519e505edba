/* What this machine offers to the kernels. */
#ifndef INGLE_CPU_H
#define INGLE_CPU_H

#include <stdbool.h>
#include <stddef.h>

#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_cpu_info {
    char name[64];      /* as the processor calls itself; "" if it does not say */
    int n_cores;        /* cores online */
    int n_usable;       /* of them, those this process may use (affinity, cgroup quota) */
    double quota;       /* cgroup CPU quota in cores; 0 = none */
    size_t l1d, l2, l3; /* bytes, of the first core's view; 0 = unknown */
    uint64_t memory;    /* bytes of physical memory, or the cgroup's limit if lower */
    const char *tier;   /* the best kernel tier */
} ingle_cpu_info;

INGLE_API ingle_cpu_info ingle_cpu_get_info(void);

/* Tier i of this build's architecture, lowest first, and whether this machine can run it; NULL
 * past the last. */
INGLE_API const char *ingle_cpu_tier(size_t i, bool *available);

#ifdef __cplusplus
}
#endif

#endif
