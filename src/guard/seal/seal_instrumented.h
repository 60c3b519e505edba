/* What the run-time libraries of sanitizers need besides, so that instrumented builds can be tested
 * with the seal on. Nothing in any other build, of which seal_instrumented.c is no part. */
#ifndef INGLE_GUARD_SEAL_SEAL_INSTRUMENTED_H
#define INGLE_GUARD_SEAL_SEAL_INSTRUMENTED_H

#ifdef SEAL_INSTRUMENTED
#include <seccomp.h>
#include <stdbool.h>

/* Before all steps: afterwards the process has one thread. */
void seal_tell_sanitizers(void);

/* Adds their calls to the filter; 0 or a negative errno. */
int seal_add_for_sanitizers(scmp_filter_ctx filter);

/* Around libseccomp, which is not instrumented: what it wrote counts as never written. */
void seal_trust_library(bool on);

/* How what was never freed is found at the end. */
#define SEAL_LEAVES_PTRACE true
#else
#define seal_tell_sanitizers() ((void)0)
#define seal_add_for_sanitizers(filter) ((void)(filter), 0)
#define seal_trust_library(on) ((void)(on))
#define SEAL_LEAVES_PTRACE false
#endif

#endif
