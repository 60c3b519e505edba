/* guard/prove/look: what /proc says of a worker, of one that is not sealed, and of what only has
 * its name. */
#include "guard/prove/look.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal.h"

/* ---- workers: this program again, by the name of one ---- */

#define CHANNEL 3 /* its socket */

static int be_worker(const char *how) {
    char byte = 'r';
    ingle_error err = {0};
    struct seal_report report;
    const int keep[] = {CHANNEL, CHANNEL + 1, CHANNEL + 2};
    bool in_place = strcmp(how, "in place") == 0;
    struct seal_plan plan = {
        .keep = keep, .n_keep = 3, .parent = getppid(), .is_own_master = in_place};
    if (in_place) prctl(PR_SET_NAME, LOOK_IN_PLACE);
    bool seals = in_place || strcmp(how, "sealed") == 0;
    ingle_status status = seals ? seal_prepare(&report, &plan, &err) : INGLE_OK;
    if (seals && status == INGLE_OK) status = seal_finish(&report, &err);
    if (status != INGLE_OK) byte = status == INGLE_UNSUPPORTED ? 'x' : 'f';
    if (write(CHANNEL, &byte, 1) != 1) return 1;
    ssize_t n = read(CHANNEL, &byte, 1); /* until the test closes its end */
    _exit(n < 0);
}

struct worker {
    pid_t pid;
    int front;
    char said; /* 'r' = ready, 'x' = there is no seal here, 'f' = it failed */
};

/* Its descriptors from 3 on, and nothing else: a socket, a memfd, this program to read. */
static void place(int socket_end) {
    int memory = memfd_create("ring", 0);
    int file = open("/proc/self/exe", O_RDONLY);
    int from[] = {fcntl(socket_end, F_DUPFD, 100), fcntl(memory, F_DUPFD, 100),
                  fcntl(file, F_DUPFD, 100)};
    for (int i = 0; i < 3; i++) dup2(from[i], CHANNEL + i);
    for (int fd = CHANNEL + 3; fd < 256; fd++) close(fd);
}

static struct worker start(const char *name, const char *how) {
    int pair[2];
    struct worker w = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    w.pid = fork();
    if (w.pid == 0) {
        place(pair[1]);
        execl("/proc/self/exe", name, how, (char *)NULL);
        _exit(1);
    }
    close(pair[1]);
    w.front = pair[0];
    if (read(w.front, &w.said, 1) != 1) fail_msg("the worker did not start");
    return w;
}

static void end(struct worker *w) {
    close(w->front);
    waitpid(w->pid, NULL, 0);
}

static struct worker start_sealed(const char *name, const char *how) {
    struct worker w = start(name, how);
    if (w.said != 'r') end(&w);
    if (w.said == 'x') skip();
    assert_int_equal(w.said, 'r');
    return w;
}

struct found {
    pid_t pid;
    int n;
    struct look_worker worker;
};

static void remember(const struct look_worker *w, void *user) {
    struct found *f = user;
    if (w->pid != f->pid) return;
    f->n++;
    f->worker = *w;
}

static struct found find(pid_t pid) {
    ingle_error err = {0};
    struct found f = {.pid = pid};
    ingle_status status = look_at_workers(remember, &f, &err);
    if (status != INGLE_OK) fail_msg("%s", err.msg);
    return f;
}

/* ---- tests ---- */

static void a_sealed_worker_is_as_it_must_be(void **state) {
    (void)state;
    struct worker w = start_sealed(LOOK_WORKER, "sealed");
    struct found f = find(w.pid);
    end(&w);
    assert_int_equal(f.n, 1);
    const struct look_worker *l = &f.worker;
    if (l->wrong[0]) fail_msg("%s", l->wrong);
    assert_int_equal(l->seccomp, 2);
    assert_int_equal(l->no_new_privs, 1);
    assert_int_equal(l->capabilities, 0);
    assert_int_equal(l->n_threads, 1);
    assert_int_not_equal(l->dumpable, 1);
    if (l->has_descriptors) {
        assert_int_equal(l->kinds[LOOK_LOCAL_SOCKET], 1);
        assert_int_equal(l->kinds[LOOK_MEMORY], 1);
        assert_int_equal(l->kinds[LOOK_FILE_READ], 1);
        assert_int_equal(l->kinds[LOOK_OTHER_SOCKET], 0);
    }
    if (l->has_network && l->has_namespaces && l->is_apart[SEAL_NET]) {
        assert_int_equal(l->n_interfaces, 0);
        assert_int_equal(l->n_bytes, 0);
    }
}

static void a_worker_without_a_seal_is_wrong(void **state) {
    (void)state;
    struct worker w = start(LOOK_WORKER, "unsealed");
    struct found f = find(w.pid);
    end(&w);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.worker.seccomp, 0);
    assert_non_null(strstr(f.worker.wrong, "not sealed"));
}

static void a_command_that_sealed_itself_is_found_by_the_name_of_its_thread(void **state) {
    (void)state;
    struct worker w = start_sealed("/usr/bin/ingle", "in place");
    struct found f = find(w.pid);
    end(&w);
    assert_int_equal(f.n, 1);
    assert_true(f.worker.is_in_place);
    assert_int_equal(f.worker.seccomp, 2);
    assert_string_equal(f.worker.wrong, "");
}

static void words_may_follow_the_name(void **state) {
    (void)state;
    struct worker w = start(LOOK_WORKER " tiny", "unsealed");
    assert_int_equal(find(w.pid).n, 1);
    end(&w);
}

static void other_names_are_no_workers(void **state) {
    (void)state;
    static const char *const names[] = {"ingle", "ingle: workers", "xingle: worker", ""};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        struct worker w = start(names[i], "worker");
        assert_int_equal(find(w.pid).n, 0);
        end(&w);
    }
}

/* What this process holds is told apart. */
static void descriptors_are_told_by_kind(void **state) {
    (void)state;
    struct look_worker before, after;
    int pipe_ends[2], inet, local, memory, device, folder;
    assert_int_equal(look_at(&before, getpid(), NULL), INGLE_OK);
    assert_true(before.has_descriptors);
    assert_int_equal(pipe(pipe_ends), 0);
    assert_true((inet = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
    assert_true((local = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0);
    assert_true((memory = memfd_create("m", 0)) >= 0);
    assert_true((device = open("/dev/zero", O_RDONLY)) >= 0);
    assert_true((folder = open("/", O_RDONLY)) >= 0);
    assert_int_equal(look_at(&after, getpid(), NULL), INGLE_OK);
    static const int more[LOOK_N_KINDS] = {[LOOK_LOCAL_SOCKET] = 1,
                                           [LOOK_OTHER_SOCKET] = 1,
                                           [LOOK_MEMORY] = 1,
                                           [LOOK_PIPE] = 2,
                                           [LOOK_OTHER] = 2};
    for (enum look_kind i = 0; i < LOOK_N_KINDS; i++) {
        if (after.kinds[i] - before.kinds[i] != more[i]) {
            fail_msg("%d more %s instead of %d", after.kinds[i] - before.kinds[i],
                     look_kind_name(i, 2), more[i]);
        }
    }
    assert_false(after.is_apart[SEAL_NET]); /* from itself */
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    close(inet);
    close(local);
    close(memory);
    close(device);
    close(folder);
}

static void a_process_that_is_gone_is_not_found(void **state) {
    (void)state;
    ingle_error err = {0};
    struct look_worker w;
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
    assert_int_equal(look_at(&w, child, &err), INGLE_NOT_FOUND);
}

/* Its descriptors are gone, and it would look like one that has lost its socket. */
static void a_process_that_has_ended_is_not_found_before_anybody_asks_how(void **state) {
    (void)state;
    ingle_error err = {0};
    struct look_worker w;
    siginfo_t how;
    pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)child, &how, WEXITED | WNOWAIT), 0);
    ingle_status status = look_at(&w, child, &err);
    waitpid(child, NULL, 0);
    assert_int_equal(status, INGLE_NOT_FOUND);
}

int main(int argc, char **argv) {
    if (argc == 2) return be_worker(argv[1]);
    struct stat st;
    if (stat("/proc/self/status", &st) != 0) {
        print_message("skipped: there is no /proc\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_worker_is_as_it_must_be),
        cmocka_unit_test(a_worker_without_a_seal_is_wrong),
        cmocka_unit_test(a_command_that_sealed_itself_is_found_by_the_name_of_its_thread),
        cmocka_unit_test(words_may_follow_the_name),
        cmocka_unit_test(other_names_are_no_workers),
        cmocka_unit_test(descriptors_are_told_by_kind),
        cmocka_unit_test(a_process_that_is_gone_is_not_found),
        cmocka_unit_test(a_process_that_has_ended_is_not_found_before_anybody_asks_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
