/* Every system call by its number, once, whatever it is called, with arguments that no call can do
 * harm with: all of them -1, which is no address, no descriptor and no process, and has all flags
 * set. What may go through must stand in a list, with the reason. */
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#define N_CALLS 600 /* more than any kernel has */

struct allowed {
    long nr;
    const char *why;
};

#define HELD "works on what it holds, and opens nothing"
#define MEMORY "its own memory, never as code"
#define WAITS "waits, or asks for the time"
#define THREADS "its own threads"
#define ITSELF "asks about itself"
#define ENDS "ends it"

static const struct allowed allowed[] = {
    {SYS_read, HELD},
    {SYS_write, HELD},
    {SYS_readv, HELD},
    {SYS_writev, HELD},
    {SYS_pread64, HELD},
    {SYS_pwrite64, HELD},
    {SYS_lseek, HELD},
    {SYS_fstat, HELD},
    {SYS_fstatfs, HELD},
    {SYS_ppoll, HELD},
    {SYS_close, HELD},
    {SYS_ftruncate, HELD},
    {SYS_fsync, HELD},
    {SYS_fdatasync, HELD},
    {SYS_sync_file_range, HELD},
    {SYS_munmap, MEMORY},
    {SYS_mremap, MEMORY},
    {SYS_brk, MEMORY},
    {SYS_mlock, MEMORY},
    {SYS_munlock, MEMORY},
    {SYS_mlock2, MEMORY},
    {SYS_set_robust_list, THREADS},
    {SYS_rseq, THREADS},
    {SYS_sched_yield, THREADS},
    {SYS_sched_getaffinity, THREADS},
    {SYS_getcpu, THREADS},
    {SYS_nanosleep, WAITS},
    {SYS_gettimeofday, WAITS},
    {SYS_restart_syscall, WAITS},
    {SYS_getrandom, "random numbers"},
    {SYS_getpid, ITSELF},
    {SYS_gettid, ITSELF},
    {SYS_getppid, ITSELF},
    {SYS_getuid, ITSELF},
    {SYS_geteuid, ITSELF},
    {SYS_getgid, ITSELF},
    {SYS_getegid, ITSELF},
    {SYS_getrusage, ITSELF},
    {SYS_sysinfo, "how much memory there is"},
    {SYS_rt_sigaction, "signals to itself"},
    {SYS_rt_sigprocmask, "signals to itself"},
    {SYS_rt_sigreturn, "signals to itself"},
    {SYS_sigaltstack, "signals to itself"},
    {SYS_exit, ENDS},
    {SYS_exit_group, ENDS},
#ifdef SYS_poll
    {SYS_poll, HELD},
    {SYS_time, WAITS},
#endif
#ifdef SYS_getrlimit
    {SYS_getrlimit, ITSELF},
#endif
#if defined(__x86_64__)
    /* The kernel lets these past every filter; without a probe that another process set in this
     * program's code, they end it (SIGILL). */
    {335, "uretprobe: ends it"},
    {336, "uprobe: ends it"},
#endif
};

/* Of calls that go through with some arguments only: that they do is told as well. */
static const struct {
    const char *name;
    long nr;
    long args[6];
    const char *why;
} in_part[] = {
    {"mmap() of data", SYS_mmap, {0, 0, 3, 0x22, -1, 0}, MEMORY},
    {"mprotect() as data", SYS_mprotect, {0, 0, 1}, MEMORY},
    {"madvise()", SYS_madvise, {0, 0, 0}, MEMORY},
    {"futex() to wake", SYS_futex, {0, 1, 0}, THREADS},
    {"sched_setaffinity() of itself", SYS_sched_setaffinity, {0, 0, 0}, THREADS},
    {"clock_gettime()", SYS_clock_gettime, {0, 0}, WAITS},
    {"clock_getres()", SYS_clock_getres, {0, 0}, WAITS},
    {"clock_nanosleep()", SYS_clock_nanosleep, {0, 0, 0, 0}, WAITS},
    {"fcntl(F_GETFD)", SYS_fcntl, {-1, 1}, HELD},
    {"fcntl(F_GETFL)", SYS_fcntl, {-1, 3}, HELD},
    {"fcntl(F_GET_SEALS)", SYS_fcntl, {-1, 1034}, HELD},
    {"fallocate()", SYS_fallocate, {-1, 0, 0, 1}, HELD},
    {"prlimit() to look", SYS_prlimit64, {0, 7, 0, 0}, ITSELF},
};

const char *prove_call_allowed(long nr) {
    for (size_t i = 0; i < BASE_COUNT(allowed); i++) {
        if (allowed[i].nr == nr) return allowed[i].why;
    }
    return NULL;
}

static int call(const struct prove_scene *s, const struct prove_way *way) {
    (void)s;
#ifdef SYS_vfork
    if (way->a == SYS_vfork) { /* the child uses this very stack: no function may return in it */
        pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
        if (child == 0) _exit(0);
        return way_of(child);
    }
#endif
    long self = syscall(SYS_getpid);
    long result = syscall(way->a, -1L, -1L, -1L, -1L, -1L, -1L);
    int how = way_of(result);
    if (syscall(SYS_getpid) != self) _exit(0); /* it was a fork() */
    return how;
}

static int call_in_part(const struct prove_scene *s, const struct prove_way *way) {
    (void)s;
    const long *a = in_part[way->a].args;
    return way_of(syscall(in_part[way->a].nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

static void *nothing(void *user) {
    return user;
}

static int thread(const struct prove_scene *s, const struct prove_way *way) {
    (void)s;
    (void)way;
    pthread_t t;
    int how = pthread_create(&t, NULL, nothing, NULL);
    return how ? how : pthread_join(t, NULL);
}

static ingle_status add_numbers(struct prove_list *list, const char *group, long door,
                                ingle_error *err) {
    for (long nr = 0; nr < N_CALLS; nr++) {
        struct prove_way way = {.group = group,
                                .attempt = call,
                                .a = door | nr,
                                .is_call = true,
                                .allowed = prove_call_allowed(door | nr)};
        const char *name;
        size_t len = prove_call_name(&name, nr);
        snprintf(way.name, sizeof way.name, "%s%ld%s%.*s", door ? "x32 " : "", nr, len ? " " : "",
                 (int)len, name);
        INGLE_TRY(prove_list_add(list, &way, err));
    }
    return INGLE_OK;
}

ingle_status prove_ways_call(struct prove_list *list, ingle_error *err) {
    INGLE_TRY(add_numbers(list, "every system call", 0, err));
    for (size_t i = 0; i < BASE_COUNT(in_part); i++) {
        struct prove_way way = {.group = "every system call",
                                .attempt = call_in_part,
                                .a = (long)i,
                                .is_call = true,
                                .allowed = in_part[i].why};
        snprintf(way.name, sizeof way.name, "%s", in_part[i].name);
        INGLE_TRY(prove_list_add(list, &way, err));
    }
    struct prove_way a_thread = {.group = "every system call",
                                 .attempt = thread,
                                 .is_call = true,
                                 .name = "clone() of a thread",
                                 .allowed = THREADS};
    INGLE_TRY(prove_list_add(list, &a_thread, err));
#if defined(__x86_64__)
    return add_numbers(list, "every system call, x32", 0x40000000L, err);
#else
    return INGLE_OK;
#endif
}
