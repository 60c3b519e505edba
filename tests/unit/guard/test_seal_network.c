/* guard/seal: a process without a network that otherwise lives on. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal.h"
#include "support/sanitized.h"
#include "support/sealed.h"

static bool is_denied(long result) {
    return result == -1 && errno == EPERM;
}

static bool cannot_reach_anybody(void *arg) {
    (void)arg;
    if (seal_no_network(NULL, 0, NULL) != INGLE_OK) return false;
    for (int family = 0; family < 100; family++) {
        for (int type = 1; type < 6; type++) {
            if (!is_denied(socket(family, type, 0))) return false;
            bool is_pair = family == AF_UNIX && (type == SOCK_STREAM || type == SOCK_SEQPACKET);
            int fds[2];
            if (!is_pair && socketpair(family, type, 0, fds) == 0) return false;
            if (is_pair && socketpair(family, type | SOCK_CLOEXEC, 0, fds) != 0) return false;
        }
    }
    /* The kernel takes the lower half of the number only. */
    if (!is_denied(syscall(SYS_socket, 0x100000002, SOCK_STREAM, 0))) return false;
    return is_denied(syscall(425, 1, NULL)) &&
           (SANITIZED || is_denied(syscall(SYS_ptrace, 0, 0, 0, 0))) &&
           is_denied(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static void no_family_of_sockets_is_left(void **state) {
    (void)state;
    assert_int_equal(sealed_child(cannot_reach_anybody, NULL), SEALED_EXIT(0));
}

static bool has_local_sockets_only(void *arg) {
    (void)arg;
    int families[] = {AF_UNIX}, fds[2];
    if (seal_no_network(families, 1, NULL) != INGLE_OK) return false;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 && socket(AF_UNIX, SOCK_DGRAM, 0) >= 0 &&
           socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0 &&
           is_denied(socket(AF_INET, SOCK_STREAM, 0)) && is_denied(socket(AF_NETLINK, SOCK_RAW, 0));
}

static void families_that_are_named_are_left(void **state) {
    (void)state;
    assert_int_equal(sealed_child(has_local_sockets_only, NULL), SEALED_EXIT(0));
}

static bool has_these(void *arg) {
    const int *families = arg;
    if (seal_no_network(families, 3, NULL) != INGLE_OK) return false;
    for (int family = 0; family < 100; family++) {
        bool is_listed = family == AF_INET || family == AF_INET6 || family == AF_UNIX;
        int fd = socket(family, SOCK_STREAM, 0);
        if (!is_listed && !is_denied(fd)) return false;
        if (is_listed && fd < 0 && errno == EPERM) return false;
        close(fd);
    }
    return true;
}

static void their_order_does_not_matter(void **state) {
    (void)state;
    int rising[] = {AF_UNIX, AF_INET, AF_INET6}, falling[] = {AF_INET6, AF_INET, AF_UNIX};
    assert_int_equal(sealed_child(has_these, rising), SEALED_EXIT(0));
    assert_int_equal(sealed_child(has_these, falling), SEALED_EXIT(0));
}

#ifdef __x86_64__
static bool calls_as_before(void *arg) {
    long result = *(const int *)arg;
    if (seal_no_network(NULL, 0, NULL) != INGLE_OK) return false;
    if (result == 0) { /* socket() of 32 bits: its number, and its first argument */
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(359L), "b"(2L), "c"(1L), "d"(0L));
    } else {
        result = syscall(0x40000000 | SYS_socket, AF_INET, SOCK_STREAM, 0);
    }
    return result < 0;
}
#endif

/* A kernel that is built without them has no way out there either, and ends the process as well. */
static void calls_of_other_architectures_end_the_process(void **state) {
    (void)state;
#ifdef __x86_64__
    for (int with_x32 = 0; with_x32 < 2; with_x32++) {
        int end = sealed_child(calls_as_before, &with_x32);
        assert_true(end == SIGSYS || (end == SIGSEGV && !with_x32));
    }
#else
    skip();
#endif
}

static bool opens_and_starts(void *arg) {
    (void)arg;
    if (seal_no_network(NULL, 0, NULL) != INGLE_OK) return false;
    int fd = open("/proc/self/status", O_RDONLY), status;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "cat /dev/null | cat", (char *)NULL);
        _exit(9);
    }
    return fd >= 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void files_and_programs_are_left(void **state) {
    (void)state;
    assert_int_equal(sealed_child(opens_and_starts, NULL), SEALED_EXIT(0));
}

/* A child of a child; what it may not, it may not for the reason of its own filter. */
static bool denied_then_killed(void *arg) {
    (void)arg;
    pid_t parent = getpid();
    if (seal_no_network(NULL, 0, NULL) != INGLE_OK) return false;
    pid_t pid = fork();
    if (pid == 0) {
        int keep[] = {2};
        struct seal_report report;
        struct seal_plan plan = {.keep = keep, .n_keep = 1, .parent = parent};
        if (seal_prepare(&report, &plan, NULL) != INGLE_OK) _exit(1);
        if (seal_finish(&report, NULL) != INGLE_OK) _exit(2);
        socket(AF_INET, SOCK_STREAM, 0);
        _exit(3);
    }
    int status;
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void a_worker_is_sealed_under_it_all_the_same(void **state) {
    (void)state;
    assert_int_equal(sealed_child(denied_then_killed, NULL), SEALED_EXIT(0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_family_of_sockets_is_left),
        cmocka_unit_test(families_that_are_named_are_left),
        cmocka_unit_test(their_order_does_not_matter),
        cmocka_unit_test(calls_of_other_architectures_end_the_process),
        cmocka_unit_test(files_and_programs_are_left),
        cmocka_unit_test(a_worker_is_sealed_under_it_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
