#include "support/sealed.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What the child leaves for its parent. */
struct shared {
    struct seal_report report;
    char sentence[240];
};

static int wait_for(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) assert_int_equal(errno, EINTR);
    return WIFSIGNALED(status) ? WTERMSIG(status) : SEALED_EXIT(WEXITSTATUS(status));
}

static ingle_status seal(const struct sealed_how *how, struct shared *shared, pid_t parent,
                         void *arg, ingle_error *err) {
    int keep[SEAL_MAX_KEEP] = {STDERR_FILENO};
    for (size_t i = 0; i < how->n_keep; i++) keep[i + 1] = how->keep[i];
    struct seal_plan plan = {.keep = keep,
                             .n_keep = how->n_keep + 1,
                             .parent = parent,
                             .is_own_master = how->is_own_master,
                             .max_file = how->max_file};
    if (how->before) how->before(arg);
    INGLE_TRY(seal_prepare(&shared->report, &plan, err));
    if (how->between) how->between(arg);
    return how->only_prepare ? INGLE_OK : seal_finish(&shared->report, err);
}

static void child(const struct sealed_how *how, struct shared *shared, pid_t parent, sealed_fn fn,
                  void *arg) {
    ingle_error err = {0};
    if (seal(how, shared, parent, arg, &err) != INGLE_OK) {
        memcpy(shared->sentence, err.msg, sizeof err.msg);
        _exit(2);
    }
    _exit(fn(&shared->report, arg) ? 0 : 1);
}

int sealed_run(const struct sealed_how *how, sealed_fn fn, void *arg) {
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pid_t parent = getpid(), pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) child(how, shared, parent, fn, arg);
    int end = wait_for(pid);
    if (how->report) *how->report = shared->report;
    if (how->sentence) memcpy(*how->sentence, shared->sentence, sizeof shared->sentence);
    if (shared->sentence[0] && !how->sentence) fail_msg("%s", shared->sentence);
    munmap(shared, sizeof *shared);
    return end;
}

int sealed_child(bool (*fn)(void *arg), void *arg) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) _exit(fn(arg) ? 0 : 1);
    return wait_for(pid);
}
