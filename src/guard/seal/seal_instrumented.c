#include "guard/seal/seal_instrumented.h"

#ifdef SEAL_INSTRUMENTED

#include <errno.h>
#include <sanitizer/common_interface_defs.h>

#include "base/compiler.h"

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define TRUST_BEGIN() __msan_scoped_disable_interceptor_checks()
#define TRUST_END() __msan_scoped_enable_interceptor_checks()
#endif
#endif
#ifndef TRUST_BEGIN
#define TRUST_BEGIN() ((void)0)
#define TRUST_END() ((void)0)
#endif

/* The thread sanitizer has a thread of its own; all read /proc/self/maps for the last time. */
void seal_tell_sanitizers(void) {
    __sanitizer_sandbox_arguments nothing = {0};
    __sanitizer_sandbox_on_notify(&nothing);
}

/* What they do when they report a fault, so that the report is written, without the names of
 * functions, before the process ends. */
int seal_add_for_sanitizers(scmp_filter_ctx filter) {
    static const int refused[] = {
        SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(pipe),       SCMP_SYS(pipe2),
        SCMP_SYS(ioctl),     SCMP_SYS(prctl),      SCMP_SYS(socketpair), SCMP_SYS(access),
        SCMP_SYS(faccessat), SCMP_SYS(stat),       SCMP_SYS(dup),        SCMP_SYS(dup2),
        SCMP_SYS(uname),
    };
    int rc = 0;
    for (size_t i = 0; i < BASE_COUNT(refused) && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    }
    return rc;
}

void seal_trust_library(bool on) {
    if (on) TRUST_BEGIN();
    if (!on) TRUST_END();
}

#endif
