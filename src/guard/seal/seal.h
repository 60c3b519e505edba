/* The seal: what the kernel keeps a process from, for good, before it reads anything that could be
 * hostile. Afterwards the process can compute, and read and write the descriptors it holds already;
 * it can open nothing, connect to nothing, start nothing, and reach no other process.
 *
 *     namespaces     user, network, IPC, UTS, mount, cgroup of its own, with an empty root folder;
 *                    where the system allows them, else the report says why not
 *     Landlock       no file, no TCP port, no abstract socket, no signal; as far as the kernel's
 *                    version of it goes
 *     seccomp        a list of system calls that are allowed; all others, other architectures'
 *                    calls, and threads that are no threads end the process with SIGSYS
 *
 * A process is sealed while it has one thread; threads that it makes later are sealed as well. The
 * order is: seal_prepare(), then (the short battery forks its twins), then seal_finish().
 *
 * What to know before:
 *   - Open, look up and time-zone everything first (tzset(), iconv_open(), dlopen()).
 *     Opening a file is the one thing that does not kill but fails, with EACCES, because libc
 *     tries it by itself (qsort, malloc and sysconf read /sys; strftime the time zone) and can
 *     do without.
 *   - Nothing can be renamed, unlinked or locked: who gave the descriptor does that.
 *   - Talk with read(), write(), poll(): send(), recv() and their kin kill, and so do isatty() (but
 *     in its own master, which has a terminal), dup(), fcntl() but for F_GETFD, F_GETFL and
 *     F_GET_SEALS.
 *   - A thread binds itself to processors only (sched_setaffinity() of 0).
 *   - The end is _exit(): what exit() runs (sanitizers, coverage) wants more than is allowed.
 *   - The parent is the *thread* that forked: when that thread ends, so does the sealed process.
 *   - The process gets a session of its own, so that the terminal's Ctrl-C reaches its parent only.
 *   - It is not dumpable, so that other processes of the user cannot look into /proc/PID/fd or ns:
 *     what is to be shown of them it must tell by itself (the report has the namespaces). */
#ifndef INGLE_GUARD_SEAL_SEAL_H
#define INGLE_GUARD_SEAL_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

/* Descriptors that a sealed process may hold: regular files (not of /proc or /sys), pipes, local
 * sockets, terminals, /dev/null, event counters; as standard output and error of its own master
 * also /dev/zero and /dev/full. */
#define SEAL_MAX_KEEP 256

struct seal_plan {
    const int *keep; /* [n_keep] descriptors that stay open; all others are closed */
    size_t n_keep;
    pid_t parent;       /* the process dies when this one does, which must be its parent, as
                           getppid() has it: 0 = one that it cannot see */
    bool is_own_master; /* it has no such parent: a command that seals itself, in its session */
    uint64_t max_file;  /* no file is written to beyond so many bytes; 0 = no limit */
};

enum seal_namespace {
    SEAL_USER,
    SEAL_NET,
    SEAL_IPC,
    SEAL_UTS,
    SEAL_MOUNT,
    SEAL_CGROUP,
    SEAL_N_NAMESPACES
};

/* The list of system calls, compiled for the kernel: its struct sock_filter, 8 bytes each. */
#define SEAL_PROGRAM_MAX 1024
struct seal_program {
    unsigned short n; /* 0 = none */
    uint64_t code[SEAL_PROGRAM_MAX];
};

struct seal_report {
    unsigned namespaces;                 /* CLONE_NEW* that were entered */
    int namespace_errno;                 /* why not all of them; 0 */
    uint64_t outside[SEAL_N_NAMESPACES]; /* their numbers in /proc/PID/ns before, and then; */
    uint64_t inside[SEAL_N_NAMESPACES];  /* 0 = not known */
    bool root_is_empty;                  /* no path leads anywhere */
    int landlock_abi;                    /* of the kernel; 0 = it has no Landlock */
    uint64_t landlock_fs;                /* rights that are taken away */
    uint64_t landlock_net;
    uint64_t landlock_scope;
    int n_calls;                 /* system calls that the filter allows */
    bool is_sealed;              /* seal_finish() has come to its end */
    struct seal_program program; /* what seal_finish() loads; also of children, to which it is
                                    copied */
};

/* As in /proc/PID/ns: "user", "net", "ipc", "uts", "mnt", "cgroup". */
const char *seal_namespace_name(enum seal_namespace which);

/* A max_file for a process that may write down what it makes of these files, and is not to fill the
 * disk: twice their size, and a little. */
uint64_t seal_max_file(const int *fds, size_t n);

/* Everything but the filter: no new privileges, not dumpable, no core files, descriptors closed,
 * namespaces, Landlock, capabilities dropped. FAILED or UNSUPPORTED, with the step that failed, and
 * then the process must not go on. One thread only. */
BASE_NODISCARD ingle_status seal_prepare(struct seal_report *out, const struct seal_plan *plan,
                                         ingle_error *err);

/* The filter, for all threads; *out is what seal_prepare() made, of this process or the one that
 * forked it. Sets out->is_sealed. */
BASE_NODISCARD ingle_status seal_finish(struct seal_report *out, ingle_error *err);

/* For processes that read a person's words but must open files and start programs, too: takes the
 * network away from this process and all it will start. Sockets but those of `families` (a list of
 * AF_*; may be empty), io_uring, ptrace and other ways around end in EPERM; calls of another
 * architecture end the process. Pairs of connected local sockets can always be made: they lead to
 * nobody else. Cheap, and silent. UNSUPPORTED where nothing can be sealed. */
BASE_NODISCARD ingle_status seal_no_network(const int *families, size_t n, ingle_error *err);

#endif
