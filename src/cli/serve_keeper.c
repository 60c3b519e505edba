#include "cli/serve_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/serve_confine.h"
#include "guard/seal/seal.h"

/* Which socket it is, so that that of a service which starts meanwhile stays. */
static bool is_same(const char *path, const struct stat *bound) {
    struct stat st;
    return lstat(path, &st) == 0 && st.st_ino == bound->st_ino && st.st_dev == bound->st_dev;
}

/* What ends the front by a signal to all of its group or unit is none of its business. Standard
 * streams are closed as well: somebody may wait for their end. */
static _Noreturn void keep(const char *path, const struct stat *bound, int start) {
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP};
    char byte;
    for (size_t i = 0; i < BASE_COUNT(ignored); i++) (void)signal(ignored[i], SIG_IGN);
    (void)setsid();
    if (dup2(start, 0) != 0) _exit(1);
    serve_close_from(1);
    (void)prctl(PR_SET_NAME, "ingle: keeper");
    ingle_status status = seal_no_network(NULL, 0, NULL);
    (void)status; /* where there is none, the front has said so */
    while (read(0, &byte, 1) < 0 && errno == EINTR) continue;
    if (is_same(path, bound)) unlink(path);
    _exit(0);
}

ingle_status serve_keeper_start(struct serve_keeper *k, const char *path, ingle_error *err) {
    struct stat bound;
    int ends[2];
    *k = (struct serve_keeper){.pid = 0};
    if (lstat(path, &bound) != 0) return status_errno(err, errno, "look at", path);
    if (pipe2(ends, O_CLOEXEC) != 0) return status_errno(err, errno, "make", "a pipe");
    pid_t pid = fork();
    int error = errno;
    if (pid == 0) keep(path, &bound, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return status_errno(err, error, "start", "a process");
    }
    *k = (struct serve_keeper){.pid = pid, .end = ends[1]};
    return INGLE_OK;
}

void serve_keeper_end(struct serve_keeper *k) {
    if (k->pid <= 0) return;
    close(k->end);
    while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR) continue;
    k->pid = 0;
}
