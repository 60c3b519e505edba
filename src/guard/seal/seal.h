/* The seal: what the kernel keeps a process from, for good, before it reads anything that could be
 * hostile. Afterwards the process can compute, and read and write the descriptors it holds already;
 * it can open nothing, connect to nothing, start nothing, and reach no other process.
 *
 *     namespaces     user, network, IPC, UTS, mount, cgroup of its own, all empty; where the system
 *                    allows them, else the report says why not
 *     Landlock       no file, no TCP port, no abstract socket, no signal; as far as the kernel's
 *                    version of it goes
 *     seccomp        a list of system calls that are allowed; all others, other architectures'
 *                    calls, and threads that are no threads end the process
 *
 * A process is sealed while it has one thread; threads that it makes later are sealed as well. The
 * order is: seal_prepare(), then (the short battery forks its twins), then seal_finish(). */
#ifndef INGLE_GUARD_SEAL_SEAL_H
#define INGLE_GUARD_SEAL_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

struct seal_plan {
    const int *keep; /* [n_keep] descriptors that stay open; all others are closed */
    size_t n_keep;
    pid_t parent; /* the process dies when this one does, which must be its parent; 0 = it is its
                     own master (a command that seals itself) */
};

struct seal_report {
    unsigned namespaces;  /* CLONE_NEW* that were entered */
    int namespace_errno;  /* why not all of them; 0 */
    int landlock_abi;     /* of the kernel; 0 = it has no Landlock */
    uint64_t landlock_fs; /* rights that are taken away */
    uint64_t landlock_net;
    uint64_t landlock_scope;
    int n_calls;    /* system calls that the filter allows */
    bool is_sealed; /* seal_finish() has come to its end */
};

/* Everything but the filter: no new privileges, not dumpable, no core files, descriptors closed,
 * namespaces, Landlock, capabilities dropped. FAILED or UNSUPPORTED, with the step that failed, and
 * then the process must not go on. One thread only. */
BASE_NODISCARD ingle_status seal_prepare(struct seal_report *out, const struct seal_plan *plan,
                                         ingle_error *err);

/* The filter, for all threads; sets out->is_sealed and n_calls. */
BASE_NODISCARD ingle_status seal_finish(struct seal_report *out, ingle_error *err);

/* For processes that read a person's words but must open files and start programs, too: takes the
 * network away from this process and all it will start. Sockets but those of `families` (a list of
 * AF_*; may be empty), io_uring, ptrace and other ways around end in EPERM. Cheap, and silent. */
BASE_NODISCARD ingle_status seal_no_network(const int *families, size_t n, ingle_error *err);

#endif
