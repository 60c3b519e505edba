/* The network, taken away from processes that otherwise live on: a list of what is denied. It
 * stacks with the filter of a process that is sealed later, and is inherited by all that is
 * started. */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "guard/seal/seal_instrumented.h"
#include "guard/seal/seal_internal.h"

#define TYPE 0xfu /* of a socket; flags lie above */
#define NO_FILTERS                                                                                 \
    -ENOSYS /* a kernel, or an emulator of one, that has none which end a process                  \
             */

/* Ways around sockets, and into processes that may have them. */
static const int denied[] = {
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
};

static bool is_among(int family, const int *families, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (families[i] == family) return true;
    }
    return false;
}

static int deny(scmp_filter_ctx filter, int call, struct scmp_arg_cmp when) {
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 1, when);
}

/* The kernel reads the lower half of the number; what has an upper half is above all families. */
static int deny_families_but(scmp_filter_ctx filter, int call, const int *families, size_t n) {
    int highest = -1, rc = 0;
    for (size_t i = 0; i < n; i++) highest = families[i] > highest ? families[i] : highest;
    if (highest < 0) return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
    for (int family = 0; family < highest && rc == 0; family++) {
        if (is_among(family, families, n)) continue;
        rc = deny(filter, call, (struct scmp_arg_cmp){0, SCMP_CMP_EQ, (uint64_t)family, 0});
    }
    if (rc != 0) return rc;
    return deny(filter, call, (struct scmp_arg_cmp){0, SCMP_CMP_GT, (uint64_t)highest, 0});
}

static int deny_sockets(scmp_filter_ctx filter, const int *families, size_t n) {
    int rc = deny_families_but(filter, SCMP_SYS(socket), families, n);
    if (rc != 0) return rc;
    if (is_among(AF_UNIX, families, n)) {
        return deny_families_but(filter, SCMP_SYS(socketpair), families, n);
    }
    static const int local[] = {AF_UNIX};
    rc = deny_families_but(filter, SCMP_SYS(socketpair), local, 1);
    if (rc != 0) return rc;
    /* A pair of datagram sockets could still be pointed at somebody else. */
    const struct scmp_arg_cmp datagrams = {1, SCMP_CMP_MASKED_EQ, TYPE, SOCK_DGRAM};
    const struct scmp_arg_cmp raw = {1, SCMP_CMP_MASKED_EQ, TYPE, SOCK_RAW};
    rc = deny(filter, SCMP_SYS(socketpair), datagrams);
    return rc != 0 ? rc : deny(filter, SCMP_SYS(socketpair), raw);
}

static int set_up(scmp_filter_ctx filter) {
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == -EINVAL) return NO_FILTERS;
    if (rc == 0) rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0) (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (rc == 0) (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < BASE_COUNT(denied) && rc == 0; i++) {
        if (SEAL_LEAVES_PTRACE && denied[i] == SCMP_SYS(ptrace)) continue;
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    }
    return rc;
}

ingle_status seal_no_network(const int *families, size_t n, ingle_error *err) {
    seal_trust_library(true);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter ? set_up(filter) : -ENOMEM;
    if (rc == 0) rc = deny_sockets(filter, families, n);
    if (rc == 0) rc = seccomp_load(filter);
    seccomp_release(filter);
    seal_trust_library(false);
    if (rc == 0) return INGLE_OK;
    if (rc == NO_FILTERS) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "Cannot take the network away from this process: this kernel has no "
                          "filter of system calls that can end one (seccomp).");
    }
    return status_set(err, INGLE_FAILED, 0, "Cannot take the network away from this process: %s.",
                      strerror(-rc));
}
