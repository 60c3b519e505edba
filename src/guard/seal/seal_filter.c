/* The list of system calls that a sealed process may make; docs/decisions/seal.md has the reason
 * for each. What is not here ends the process. Where arguments matter, they are compared under a
 * mask: the kernel reads 32 bits of an int, so that the upper half may hold anything. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/seal/seal_instrumented.h"
#include "guard/seal/seal_internal.h"

#define INT 0xffffffffu
#define WHOLE UINT64_MAX

/* How glibc and musl make a thread; nothing else is one. */
#define THREAD                                                                                     \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |            \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define FUTEX_FLAGS (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)

/* Newer than the headers of some systems. */
#define ADVICE_POPULATE_READ 22
#define ADVICE_POPULATE_WRITE 23
#define FCNTL_GET_SEALS 1034

/* Whatever their arguments. */
static const int plain[] = {
    /* descriptors that it holds */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(mlock2),
    /* threads and time */
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrandom),
    /* itself */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),
    SCMP_SYS(sysinfo),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Only if argument `arg`, under the mask, has this value; one line for each value. */
static const struct {
    int call;
    unsigned arg;
    uint64_t mask, value;
} checked[] = {
    /* Memory is not made into code. */
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(madvise), 2, INT, MADV_NORMAL},
    {SCMP_SYS(madvise), 2, INT, MADV_RANDOM},
    {SCMP_SYS(madvise), 2, INT, MADV_SEQUENTIAL},
    {SCMP_SYS(madvise), 2, INT, MADV_WILLNEED},
    {SCMP_SYS(madvise), 2, INT, MADV_DONTNEED},
    {SCMP_SYS(madvise), 2, INT, MADV_FREE},
    {SCMP_SYS(madvise), 2, INT, MADV_HUGEPAGE},
    {SCMP_SYS(madvise), 2, INT, MADV_NOHUGEPAGE},
    {SCMP_SYS(madvise), 2, INT, MADV_DONTDUMP},
    {SCMP_SYS(madvise), 2, INT, ADVICE_POPULATE_READ},
    {SCMP_SYS(madvise), 2, INT, ADVICE_POPULATE_WRITE},
    /* What waits and wakes; not the locks that inherit priorities. */
    {SCMP_SYS(futex), 1, INT & ~(uint64_t)FUTEX_FLAGS, FUTEX_WAIT},
    {SCMP_SYS(futex), 1, INT & ~(uint64_t)FUTEX_FLAGS, FUTEX_WAKE},
    {SCMP_SYS(futex), 1, INT & ~(uint64_t)FUTEX_FLAGS, FUTEX_WAIT_BITSET},
    {SCMP_SYS(futex), 1, INT & ~(uint64_t)FUTEX_FLAGS, FUTEX_WAKE_BITSET},
    {SCMP_SYS(futex), 1, INT & ~(uint64_t)FUTEX_FLAGS, FUTEX_REQUEUE},
    /* Threads, not processes, and no namespaces; musl sets a flag that means nothing. */
    {SCMP_SYS(clone), 0, WHOLE & ~(uint64_t)CLONE_DETACHED, THREAD},
    /* The clocks of the system and its own: no other process's processor time. */
    {SCMP_SYS(clock_gettime), 0, INT & ~(uint64_t)15, 0},
    {SCMP_SYS(clock_getres), 0, INT & ~(uint64_t)15, 0},
    {SCMP_SYS(clock_nanosleep), 0, INT & ~(uint64_t)15, 0},
    {SCMP_SYS(sched_setaffinity), 0, INT, 0},
    /* No signals, locks or leases by way of a descriptor. */
    {SCMP_SYS(fcntl), 1, INT, F_GETFD},
    {SCMP_SYS(fcntl), 1, INT, F_GETFL},
    {SCMP_SYS(fcntl), 1, INT, FCNTL_GET_SEALS},
    {SCMP_SYS(fallocate), 1, INT, 0},
};

/* libc tries these by itself, and goes on without them. */
static const struct {
    int call, error;
} refused[] = {
    {SCMP_SYS(clone3), ENOSYS}, /* its flags lie in memory, which a filter cannot see */
    {SCMP_SYS(open), EACCES},
    {SCMP_SYS(openat), EACCES},
    {SCMP_SYS(newfstatat), EACCES}, /* fstat() of some glibc; it takes paths, too */
};

/* Whether a descriptor is a terminal, and how wide that is; nothing that changes one. */
#define TERMINAL_GET2 0x802c542a /* TCGETS2, of a header that disagrees with libc's */
static const unsigned terminal_calls[] = {TCGETS, TERMINAL_GET2, TIOCGWINSZ};

static int allow_if(scmp_filter_ctx filter, int call, unsigned arg, uint64_t mask, uint64_t value) {
    struct scmp_arg_cmp when = {arg, SCMP_CMP_MASKED_EQ, mask, value};
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, when);
}

static int add_plain(scmp_filter_ctx filter, int *n_calls) {
    int rc = 0;
    for (size_t i = 0; i < BASE_COUNT(plain) && rc == 0; i++, ++*n_calls) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain[i], 0);
    }
    return rc;
}

static int add_checked(scmp_filter_ctx filter, int *n_calls) {
    int rc = 0, before = -1;
    for (size_t i = 0; i < BASE_COUNT(checked) && rc == 0; i++) {
        rc = allow_if(filter, checked[i].call, checked[i].arg, checked[i].mask, checked[i].value);
        *n_calls += checked[i].call != before;
        before = checked[i].call;
    }
    if (rc != 0) return rc;
    *n_calls += 2;
    /* abort() and assert(): a signal to itself. */
    rc = allow_if(filter, SCMP_SYS(tgkill), 0, INT, (uint64_t)getpid());
    if (rc != 0) return rc;
    /* Its own limits, to read: no new ones. */
    struct scmp_arg_cmp its_own = {0, SCMP_CMP_MASKED_EQ, INT, 0};
    struct scmp_arg_cmp none_new = {2, SCMP_CMP_MASKED_EQ, WHOLE, 0};
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, its_own, none_new);
}

static int add_terminal(scmp_filter_ctx filter, int *n_calls) {
    int rc = 0;
    for (size_t i = 0; i < BASE_COUNT(terminal_calls) && rc == 0; i++) {
        rc = allow_if(filter, SCMP_SYS(ioctl), 1, INT, terminal_calls[i]);
    }
    ++*n_calls;
    return rc;
}

static int add_refused(scmp_filter_ctx filter) {
    int rc = 0;
    for (size_t i = 0; i < BASE_COUNT(refused) && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)refused[i].error), refused[i].call,
                              0);
    }
    return rc;
}

static int set_up(scmp_filter_ctx filter) {
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    /* A tree instead of a list. */
    if (rc == 0) (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return rc;
}

static int fill(scmp_filter_ctx filter, bool has_terminal, int *n_calls) {
    int rc = set_up(filter);
    if (rc == 0) rc = add_plain(filter, n_calls);
    if (rc == 0) rc = add_checked(filter, n_calls);
    if (rc == 0) rc = add_refused(filter);
    if (rc == 0 && has_terminal) rc = add_terminal(filter, n_calls);
    return rc == 0 ? seal_add_for_sanitizers(filter) : rc;
}

/* libseccomp writes programs to descriptors only. A pipe holds 64 KiB. */
static int export(scmp_filter_ctx filter, struct seal_program *out) {
    int ends[2];
    _Static_assert(sizeof out->code <= 32768, "fits a pipe");
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    int rc = seccomp_export_bpf(filter, ends[1]);
    close(ends[1]);
    ssize_t size = rc == 0 ? read(ends[0], out->code, sizeof out->code) : 0;
    close(ends[0]);
    if (rc != 0) return rc;
    bool is_whole = size > 0 && size < (ssize_t)sizeof out->code && size % 8 == 0;
    out->n = (unsigned short)(is_whole ? size / 8 : 0);
    return is_whole ? 0 : -E2BIG;
}

/* It takes longer than all the rest of the seal, and each twin of a battery needs it. */
ingle_status seal_filter_compile(struct seal_report *out, bool has_terminal, ingle_error *err) {
    seal_trust_library(true);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = filter ? fill(filter, has_terminal, &out->n_calls) : 0;
    if (filter && rc == 0) rc = export(filter, &out->program);
    seccomp_release(filter);
    seal_trust_library(false);
    if (!filter) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "Cannot seal this process: this kernel has no filter of system calls "
                          "that can end it (seccomp).");
    }
    return rc == 0 ? INGLE_OK : seal_failed(err, -rc, "making the filter of system calls");
}

ingle_status seal_filter_load(const struct seal_program *program, ingle_error *err) {
    struct sock_fprog whole = {.len = program->n,
                               .filter = (struct sock_filter *)(uintptr_t)program->code};
    _Static_assert(sizeof(struct sock_filter) == sizeof program->code[0], "8 bytes");
    /* Kernels before 5.16 make all loads of a process with a filter slower, against attacks within
     * it, unless they are told (SPEC_ALLOW) that there is nobody in here to keep secrets from;
     * those before 4.17 cannot be told. */
    long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &whole);
    if (rc < 0 && errno == EINVAL) {
        rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole);
    }
    if (rc == 0) return INGLE_OK;
    /* More than 0 is the number of a thread that has a filter of its own. */
    return seal_failed(err, rc > 0 ? EBUSY : errno, "loading the filter of system calls");
}
