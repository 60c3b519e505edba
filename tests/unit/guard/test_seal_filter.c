/* guard/seal: what still works in a sealed process, and what ends it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/pool.h"
#include "guard/seal/seal.h"
#include "support/folder.h"
#include "support/sanitized.h"
#include "support/sealed.h"

static const struct sealed_how alone = {0};

/* ---- works ---- */

static void add_up(const struct pool_worker *w, void *arg) {
    double *sums = arg;
    for (int i = 0; i < 100000; i++) sums[w->index] += 1.0 / (1.0 + i + w->index);
    pool_barrier(w);
}

static bool threads_add_up(const struct seal_report *report, void *arg) {
    (void)report;
    (void)arg;
    struct pool *pool;
    double sums[16] = {0};
    if (pool_new(&pool, 16, NULL) != INGLE_OK) return false;
    for (int i = 0; i < 20; i++) pool_run(pool, add_up, sums);
    pool_free(pool);
    for (int i = 0; i < 16; i++) {
        if (!(sums[i] > 1)) return false;
    }
    return true;
}

static void sixteen_threads_compute_inside(void **state) {
    (void)state;
    assert_int_equal(sealed_run(&alone, threads_add_up, NULL), SEALED_EXIT(0));
}

static bool maps_and_grows(const struct seal_report *report, void *arg) {
    (void)report;
    int fd = *(int *)arg;
    struct file_map map;
    if (fallocate(fd, 0, 0, 1 << 20) != 0 || pwrite(fd, "weights", 7, 4096) != 7) return false;
    if (fdatasync(fd) != 0 || lseek(fd, 0, SEEK_END) != 1 << 20) return false;
    if (file_map_descriptor(&map, fd, "sidecar", NULL) != INGLE_OK) return false;
    file_map_will_need(map.data, map.size);
    file_map_populate(map.data, map.size);
    bool same = memcmp((const char *)map.data + 4096, "weights", 7) == 0;
    file_map_done_with(map.data, map.size);
    file_map_close(&map);
    return same && ftruncate(fd, 100) == 0;
}

static void an_inherited_file_is_mapped_and_grows(void **state) {
    (void)state;
    int fd = open(folder_file("sidecar"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    struct sealed_how how = {.keep = &fd, .n_keep = 1};
    assert_int_equal(sealed_run(&how, maps_and_grows, &fd), SEALED_EXIT(0));
    assert_int_equal(lseek(fd, 0, SEEK_END), 100);
    close(fd);
}

static bool takes_large_pages(const struct seal_report *report, void *arg) {
    (void)report;
    (void)arg;
    size_t size = 64 << 20;
    char *region = region_new(size, true);
    if (!region) return false;
    memset(region, 7, size);
    region_give_back(region, size);
    bool is_zero = region[size / 2] == 0;
    region_free(region, size);
    /* The heap grows by brk and mmap, and shrinks. */
    for (size_t n = 1; n < (size_t)64 << 20; n *= 3) {
        char *piece = malloc(n), *more = piece ? realloc(piece, 2 * n) : NULL;
        if (!more) {
            free(piece);
            return false;
        }
        memset(more, 1, 2 * n);
        free(more);
    }
    return is_zero;
}

static void large_pages_and_the_heap_work(void **state) {
    (void)state;
    assert_int_equal(sealed_run(&alone, takes_large_pages, NULL), SEALED_EXIT(0));
}

static int by_value(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static bool asks_libc(const struct seal_report *report, void *arg) {
    (void)report;
    (void)arg;
    static int many[300000];
    struct timespec now;
    cpu_set_t set;
    for (size_t i = 0; i < 300000; i++) many[i] = (int)(i * 7919 % 300007);
    qsort(many, 300000, sizeof *many, by_value); /* asks how much memory there is */
    for (size_t i = 1; i < 300000; i++) {
        if (many[i - 1] > many[i]) return false;
    }
    if (sysconf(_SC_NPROCESSORS_ONLN) < 1 || sysconf(_SC_PAGESIZE) < 4096) return false;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return false;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return false;
    if (nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL) != 0) return false;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return false;
    if (sched_setaffinity(0, sizeof set, &set) != 0) return false;
    char text[32];
    bool printed = snprintf(text, sizeof text, "%s %.3f", "pi is", 3.14159) > 0;
    pthread_attr_t attr; /* reads /proc/self/maps where it can */
    (void)pthread_getattr_np(pthread_self(), &attr);
    return printed && time(NULL) > 0;
}

static void what_libc_does_by_itself_is_no_end(void **state) {
    (void)state;
    assert_int_equal(sealed_run(&alone, asks_libc, NULL), SEALED_EXIT(0));
}

static bool answers(const struct seal_report *report, void *arg) {
    (void)report;
    char c;
    int fd = *(int *)arg;
    while (read(fd, &c, 1) == 1) {
        c++;
        if (write(fd, &c, 1) != 1) return false;
    }
    return true;
}

static void it_talks_through_its_socket_pair(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        struct sealed_how how = {.keep = &fds[1], .n_keep = 1};
        _exit(sealed_run(&how, answers, &fds[1]) == SEALED_EXIT(0) ? 0 : 1);
    }
    close(fds[1]);
    char c = 'a';
    for (int i = 0; i < 5; i++) {
        assert_int_equal(write(fds[0], &c, 1), 1);
        assert_int_equal(read(fds[0], &c, 1), 1);
    }
    assert_int_equal(c, 'f');
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- fails, or ends the process ---- */

static bool opens(const struct seal_report *report, void *arg) {
    (void)report;
    (void)arg;
    struct stat st;
    return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES &&
           open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES && stat("/", &st) < 0 &&
           errno == EACCES && fstatat(STDERR_FILENO, "/etc/passwd", &st, AT_EMPTY_PATH) < 0 &&
           errno == EACCES;
}

static void opening_and_looking_up_fail(void **state) {
    (void)state;
    assert_int_equal(sealed_run(&alone, opens, NULL), SEALED_EXIT(0));
}

struct call {
    const char *name;
    long nr, args[6];
};

static bool makes_call(const struct seal_report *report, void *arg) {
    (void)report;
    const struct call *c = arg;
    return syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4], c->args[5]) <
           0;
}

static void what_leads_out_ends_the_process(void **state) {
    (void)state;
    static struct call calls[] = {
        {"socket", SYS_socket, {AF_INET, SOCK_STREAM}},
        {"a local socket", SYS_socket, {AF_UNIX, SOCK_STREAM}},
        {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM}},
        {"sendmsg", SYS_sendmsg, {2}},
        {"recvmsg", SYS_recvmsg, {2}},
        {"sendto", SYS_sendto, {2}},
        {"execve", SYS_execve, {0}},
        {"ptrace", SYS_ptrace, {0}},
        {"io_uring_setup", 425, {1}},
        {"memory with code",
         SYS_mmap,
         {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
        {"code in memory", SYS_mprotect, {0, 4096, PROT_EXEC}},
        {"a process", SYS_clone, {SIGCHLD}},
        {"a namespace", SYS_clone, {0x3d0f00 | CLONE_NEWUSER}},
        {"unshare", SYS_unshare, {CLONE_NEWUSER}},
        {"a signal to init", SYS_kill, {1, 0}},
        {"a signal to another thread", SYS_tgkill, {1, 1, 0}},
        {"a new limit", SYS_prlimit64, {0, 7, 1}},
        {"another's limit", SYS_prlimit64, {1, 7, 0, 0}},
        {"another's processors", SYS_sched_setaffinity, {1, 8, 0}},
        {"another's clock", SYS_clock_gettime, {-14, 0}},
        {"signals by a descriptor", SYS_fcntl, {2, F_SETOWN, 1}},
        {"a copy of a descriptor", SYS_fcntl, {2, F_DUPFD, 0}},
        {"ioctl", SYS_ioctl, {2, 0x5401}},
        {"prctl", SYS_prctl, {15, 0}},
        {"merging of pages", SYS_madvise, {0, 4096, MADV_MERGEABLE}},
        {"a lock that inherits", SYS_futex, {0, 6}},
        {"a file's state", SYS_statx, {AT_FDCWD, 0, 0, 0, 0}},
        {"a folder", SYS_mkdirat, {AT_FDCWD, 0, 0}},
        {"another name", SYS_renameat2, {AT_FDCWD, 0, AT_FDCWD, 0, 0}},
        {"a call that there is not", 9999, {0}},
    };
    for (size_t i = 0; i < BASE_COUNT(calls); i++) {
        int end = sealed_run(&alone, makes_call, &calls[i]);
        /* So that a sanitizer can still report, some of them only fail there. */
        if (SANITIZED && end == SEALED_EXIT(0)) continue;
        if (end != SIGSYS) fail_msg("%s ended with %d", calls[i].name, end);
    }
}

#ifdef __x86_64__
static bool calls_as_before(const struct seal_report *report, void *arg) {
    (void)report;
    long result;
    if (*(const int *)arg == 0) { /* getpid() of 32 bits */
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L));
    } else {
        result = syscall(0x40000000 | SYS_getpid);
    }
    return result != 0;
}
#endif

/* Though the same calls are allowed to it as what it is. */
static void calls_of_other_architectures_end_the_process(void **state) {
    (void)state;
#ifdef __x86_64__
    for (int with_x32 = 0; with_x32 < 2; with_x32++) {
        int end = sealed_run(&alone, calls_as_before, &with_x32);
        assert_true(end == SIGSYS || (end == SIGSEGV && !with_x32));
    }
#else
    skip();
#endif
}

static bool waits_and_opens_a_socket(void *arg) {
    int byte;
    while (__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE) == 0) sched_yield();
    byte = socket(AF_INET, SOCK_STREAM, 0);
    return byte >= 0;
}

static void *early_thread(void *arg) {
    return waits_and_opens_a_socket(arg) ? arg : NULL;
}

static int is_sealed_now;
static void start_thread(void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, early_thread, arg) != 0) _exit(3);
}

static bool waits(const struct seal_report *report, void *arg) {
    (void)report;
    __atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 6000; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return true;
}

static void a_thread_from_before_the_filter_is_under_it(void **state) {
    (void)state;
    struct sealed_how how = {.between = start_thread};
    assert_int_equal(sealed_run(&how, waits, &is_sealed_now), SIGSYS);
}

static void a_process_of_two_threads_is_not_sealed(void **state) {
    (void)state;
    char sentence[240];
    struct sealed_how how = {.before = start_thread, .sentence = &sentence};
    assert_int_equal(sealed_run(&how, waits, &is_sealed_now), SEALED_EXIT(2));
    assert_non_null(strstr(sentence, "more than one thread"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_threads_compute_inside),
        cmocka_unit_test(an_inherited_file_is_mapped_and_grows),
        cmocka_unit_test(large_pages_and_the_heap_work),
        cmocka_unit_test(what_libc_does_by_itself_is_no_end),
        cmocka_unit_test(it_talks_through_its_socket_pair),
        cmocka_unit_test(opening_and_looking_up_fail),
        cmocka_unit_test(what_leads_out_ends_the_process),
        cmocka_unit_test(calls_of_other_architectures_end_the_process),
        cmocka_unit_test(a_thread_from_before_the_filter_is_under_it),
        cmocka_unit_test(a_process_of_two_threads_is_not_sealed),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
