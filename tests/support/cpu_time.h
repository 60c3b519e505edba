/* Bounds on time that mean "not quadratic": in processor time, which other programs do not take
 * away, and far above what the test needs. */
#ifndef INGLE_TESTS_SUPPORT_CPU_TIME_H
#define INGLE_TESTS_SUPPORT_CPU_TIME_H

#include <time.h>

#include "support/sanitized.h"

/* Milliseconds of processor time that this process took so far. */
static inline double cpu_time_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Whether less than `ms` passed since `start`, or ten times that under a sanitizer. */
static inline int cpu_time_within(double start, double ms) {
    return cpu_time_ms() - start < (SANITIZED ? 10 : 1) * ms;
}

#endif
