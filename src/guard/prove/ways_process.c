/* Ways into other processes of the same user. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

static int attach(const struct prove_scene *s) {
    if (ptrace(PTRACE_ATTACH, s->bystander, NULL, NULL) != 0) return errno;
    waitpid(s->bystander, NULL, __WALL);
    ptrace(PTRACE_DETACH, s->bystander, NULL, NULL);
    return WAY_OPEN;
}

static int seize(const struct prove_scene *s) {
    return way_of(ptrace(PTRACE_SEIZE, s->bystander, NULL, NULL));
}

static int be_traced(const struct prove_scene *s) {
    (void)s;
    return way_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int pidfd(const struct prove_scene *s) {
    return (int)syscall(SYS_pidfd_open, s->bystander, 0);
}

static int pidfd_alone(const struct prove_scene *s) {
    return way_of(pidfd(s));
}

static int take_descriptor(const struct prove_scene *s) {
    int fd = pidfd(s);
    return fd < 0 ? errno : way_of(syscall(SYS_pidfd_getfd, fd, s->bystander_fd, 0));
}

static int signal_by_pidfd(const struct prove_scene *s) {
    int fd = pidfd(s);
    return fd < 0 ? errno : way_of(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
}

static int read_memory(const struct prove_scene *s) {
    uint64_t word = 0;
    struct iovec here = {.iov_base = &word, .iov_len = sizeof word};
    struct iovec there = {.iov_base = (void *)(uintptr_t)&s->seen->word, .iov_len = sizeof word};
    if (process_vm_readv(s->bystander, &here, 1, &there, 1, 0) < 0) return errno;
    return word == PROVE_WORD || word == ~(uint64_t)PROVE_WORD ? WAY_OPEN : EIO;
}

static int write_memory(const struct prove_scene *s) {
    uint64_t word = ~(uint64_t)PROVE_WORD;
    struct iovec here = {.iov_base = &word, .iov_len = sizeof word};
    struct iovec there = {.iov_base = (void *)(uintptr_t)&s->seen->word, .iov_len = sizeof word};
    return way_of(process_vm_writev(s->bystander, &here, 1, &there, 1, 0));
}

static int open_of(const struct prove_scene *s, const char *what, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)s->bystander, what);
    return open(path, flags | O_CLOEXEC);
}

static int read_memory_file(const struct prove_scene *s) {
    uint64_t word;
    int fd = open_of(s, "mem", O_RDONLY);
    return fd < 0 ? errno : way_of(pread(fd, &word, sizeof word, (off_t)(uintptr_t)&s->seen->word));
}

static int write_memory_file(const struct prove_scene *s) {
    uint64_t word = ~(uint64_t)PROVE_WORD;
    int fd = open_of(s, "mem", O_RDWR);
    return fd < 0 ? errno
                  : way_of(pwrite(fd, &word, sizeof word, (off_t)(uintptr_t)&s->seen->word));
}

static int read_environment(const struct prove_scene *s) {
    char bytes[64];
    int fd = open_of(s, "environ", O_RDONLY);
    return fd < 0 ? errno : way_of(read(fd, bytes, sizeof bytes));
}

static int read_maps(const struct prove_scene *s) {
    char bytes[64];
    int fd = open_of(s, "maps", O_RDONLY);
    return fd < 0 ? errno : way_of(read(fd, bytes, sizeof bytes));
}

static int open_descriptor(const struct prove_scene *s) {
    char link[32], to[64], path[64];
    snprintf(link, sizeof link, "fd/%d", s->bystander_fd);
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)s->bystander, link);
    return way_of(readlink(path, to, sizeof to));
}

static int signal_it(const struct prove_scene *s) {
    return way_of(kill(s->bystander, SIGUSR1));
}

static int signal_thread(const struct prove_scene *s) {
    return way_of(syscall(SYS_tkill, s->bystander, SIGUSR1));
}

static int signal_group_thread(const struct prove_scene *s) {
    return way_of(syscall(SYS_tgkill, s->bystander, s->bystander, SIGUSR1));
}

static int signal_parent(const struct prove_scene *s) {
    (void)s;
    return way_of(kill(getppid(), 0));
}

static int signal_all(const struct prove_scene *s) {
    (void)s;
    return way_of(kill(-1, 0)); /* asks only */
}

static int queue_signal(const struct prove_scene *s) {
    siginfo_t info = {.si_code = SI_QUEUE};
    return way_of(syscall(SYS_rt_sigqueueinfo, s->bystander, SIGUSR1, &info));
}

static int queue_signal_thread(const struct prove_scene *s) {
    siginfo_t info = {.si_code = SI_QUEUE};
    return way_of(syscall(SYS_rt_tgsigqueueinfo, s->bystander, s->bystander, SIGUSR1, &info));
}

static int compare(const struct prove_scene *s) {
    return way_of(syscall(SYS_kcmp, getpid(), s->bystander, 1, 0, 0));
}

static int advise_memory(const struct prove_scene *s) {
    struct iovec there = {.iov_base = (void *)(uintptr_t)&s->seen->word, .iov_len = 0};
    int fd = pidfd(s);
    return fd < 0 ? errno : way_of(syscall(SYS_process_madvise, fd, &there, 1, 20 /* COLD */, 0));
}

static int release_memory(const struct prove_scene *s) {
    int fd = pidfd(s);
    return fd < 0 ? errno : way_of_reaching(syscall(SYS_process_mrelease, fd, 0), EINVAL);
}

static int set_limits(const struct prove_scene *s) {
    struct rlimit limit;
    return way_of(prlimit(s->bystander, RLIMIT_NOFILE, NULL, &limit));
}

static int set_priority(const struct prove_scene *s) {
    return way_of(setpriority(PRIO_PROCESS, (id_t)s->bystander, 1));
}

static int set_processors(const struct prove_scene *s) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    return way_of(sched_setaffinity(s->bystander, sizeof set, &set));
}

static int set_scheduler(const struct prove_scene *s) {
    struct sched_param p = {0};
    return way_of(sched_setscheduler(s->bystander, SCHED_BATCH, &p));
}

static int io_priority(const struct prove_scene *s) {
    return way_of(syscall(SYS_ioprio_set, 1, s->bystander, 2 << 13 | 7));
}

static int move_pages_of(const struct prove_scene *s) {
    void *page = (void *)((uintptr_t)&s->seen->word & ~(uintptr_t)4095);
    int node = 0;
    return way_of(syscall(SYS_move_pages, s->bystander, 1, &page, NULL, &node, 0));
}

static int robust_list(const struct prove_scene *s) {
    void *head;
    size_t size;
    return way_of(syscall(SYS_get_robust_list, s->bystander, &head, &size));
}

static int session_of(const struct prove_scene *s) {
    return way_of(getsid(s->bystander));
}

static int count_events(const struct prove_scene *s) {
    uint32_t attr[32] = {1 /* software */, sizeof attr, 1 /* task clock */};
    attr[10] = 1u << 5 | 1u << 6; /* not in the kernel, not in a hypervisor */
    return way_of(syscall(SYS_perf_event_open, attr, s->bystander, -1, -1, 0));
}

static const struct prove_row rows[] = {
    WAY("ptrace(PTRACE_ATTACH)", attach),
    WAY("ptrace(PTRACE_SEIZE)", seize),
    WAY("ptrace(PTRACE_TRACEME)", be_traced),
    WAY("pidfd_open()", pidfd_alone),
    WAY("pidfd_getfd()", take_descriptor),
    WAY("pidfd_send_signal()", signal_by_pidfd),
    WAY("process_vm_readv()", read_memory),
    WAY("process_vm_writev()", write_memory),
    WAY("read /proc/PID/mem", read_memory_file),
    WAY("write /proc/PID/mem", write_memory_file),
    WAY("read /proc/PID/environ", read_environment),
    WAY("read /proc/PID/maps", read_maps),
    WAY("read a link of /proc/PID/fd", open_descriptor),
    WAY("kill()", signal_it),
    WAY("tkill()", signal_thread),
    WAY("tgkill()", signal_group_thread),
    WAY("kill() of the parent", signal_parent),
    WAY("kill() of everybody", signal_all),
    WAY("rt_sigqueueinfo()", queue_signal),
    WAY("rt_tgsigqueueinfo()", queue_signal_thread),
    WAY("kcmp()", compare),
    WAY("process_madvise()", advise_memory),
    WAY("process_mrelease()", release_memory),
    WAY("prlimit()", set_limits),
    WAY("setpriority()", set_priority),
    WAY("sched_setaffinity()", set_processors),
    WAY("sched_setscheduler()", set_scheduler),
    WAY("ioprio_set()", io_priority),
    WAY("move_pages()", move_pages_of),
    WAY("get_robust_list()", robust_list),
    WAY("getsid()", session_of),
    WAY("perf_event_open() on another process", count_events),
};

ingle_status prove_ways_process(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "other processes", rows, BASE_COUNT(rows), err);
}
