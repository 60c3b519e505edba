/* What the run-time libraries of sanitizers do besides, so that instrumented builds can be tested
 * with the seal on. Nothing in any other build. */
#ifndef INGLE_GUARD_SEAL_SEAL_INSTRUMENTED_H
#define INGLE_GUARD_SEAL_SEAL_INSTRUMENTED_H

#include <seccomp.h>

/* Adds their calls to the filter; 0 or a negative errno. */
int seal_add_for_sanitizers(scmp_filter_ctx filter);

#endif
