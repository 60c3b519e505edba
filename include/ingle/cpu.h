/* What this machine offers to the kernels. */
#ifndef INGLE_CPU_H
#define INGLE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_cpu_info {
    char name[64];      /* as the processor calls itself; "" if it does not say */
    int n_cores;        /* processors online, SMT siblings counted */
    int n_usable;       /* of them, those this process may use (affinity, cgroup quota) */
    int n_physical;     /* cores that its affinity leaves, siblings not counted */
    int n_fast;         /* of them, those that are no efficiency or little cores */
    int n_threads;      /* to use unless tuned: one per fast core, as far as the quota goes */
    double quota;       /* cgroup CPU quota in cores; 0 = none */
    size_t l1d, l2, l3; /* bytes, of the first core's view; 0 = unknown */
    uint64_t memory;    /* bytes of physical memory, or the cgroup's limit if lower */
    const char *tier;   /* the best kernel tier */
} ingle_cpu_info;

/* As it was at the first call in this process, or when something else first needed it. */
INGLE_API ingle_cpu_info ingle_cpu_get_info(void);

/* Tier i of this build's architecture, lowest first, and whether this machine can run it; NULL
 * past the last. */
INGLE_API const char *ingle_cpu_tier(size_t i, bool *available);

/* ---- how many threads ---- */

#define INGLE_TUNE_MAX 4

/* What is known of how fast different numbers of threads decode on this machine. */
typedef struct ingle_tuning {
    int n_threads; /* to use */
    int64_t when;  /* seconds since 1970 of the measurement; 0 = n_threads is not measured, but that
                      of ingle_cpu_info */
    size_t n;      /* numbers that were compared, or would be; 1 = there is nothing to measure */
    int counts[INGLE_TUNE_MAX];
    double
        speeds[INGLE_TUNE_MAX]; /* GB of 4-bit weights read and multiplied a second; 0 = unknown */
    char note[240]; /* a sentence: why n_threads is not measured, or was measured and could not be
                       kept; "" if it was */
} ingle_tuning;

typedef enum ingle_tune_mode {
    INGLE_TUNE_LOOK, /* what was kept, nothing is measured or written */
    INGLE_TUNE_ONCE, /* measures, if nothing was kept for this machine and the result can be */
    INGLE_TUNE_ANEW  /* measures and keeps, or fails */
} ingle_tune_mode;

/* Which number of threads decodes fastest here: one, one per fast core, per core, or per processor.
 * Measuring takes at most 200 ms (longer only where one sample does) and up to 128 MiB. The result
 * is kept in the file "tune" in cache_dir, which is made if missing; NULL: nothing is kept, so that
 * ONCE measures every time. It holds for this processor, affinity, quota and kernel tier. A
 * machine that is busy is not measured: ONCE tries again ten minutes later. Only ANEW fails over a
 * folder or file that cannot be used, or memory and threads that cannot be had; the others say so
 * in the note. On failure *out holds what is used without tuning. */
INGLE_API INGLE_NODISCARD ingle_status ingle_cpu_tune(ingle_tuning *out, const char *cache_dir,
                                                      ingle_tune_mode mode, ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
