/* How fast different numbers of threads decode: a short race between them on a loop that does what
 * decoding does most, 4-bit weights streamed from memory through the int8 kernel in phases that
 * end at a barrier. */
#ifndef INGLE_ENGINE_RUN_TUNE_MEASURE_H
#define INGLE_ENGINE_RUN_TUNE_MEASURE_H

#include "base/status.h"
#include "engine/cpu/tier.h"
#include "engine/cpu/topology.h"

struct tune_result {
    int n; /* candidates */
    int counts[CPU_MAX_CANDIDATES];
    double speeds[CPU_MAX_CANDIDATES]; /* GB of weights a second; 0 = never undisturbed */
};

/* Fills the speeds of the candidates in *r, each 1..POOL_MAX_THREADS, in at most 200 ms unless a
 * single sample of each takes longer. Samples in which other programs took the processors away do
 * not count. */
BASE_NODISCARD ingle_status tune_measure(struct tune_result *r, const struct cpu_topology *t,
                                         enum cpu_tier tier, ingle_error *err);

/* True if every candidate was measured. */
bool tune_is_complete(const struct tune_result *r);

/* The candidate to use. Prompts are bound by arithmetic and want every core, so the usual number
 * stays unless another one decodes a tenth faster than it. */
int tune_choose(const struct tune_result *r, int usual);

#endif
