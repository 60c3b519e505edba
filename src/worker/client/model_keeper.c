/* The process that outlives the seal of its parent by one call: it holds the folder of the cache,
 * waits for a byte that says that the new file is complete, gives it its name and answers. If its
 * parent ends without a word, the pipe does too, and nothing is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/client/model_files_internal.h"

#define COMPLETE 'c'

/* Whole or not at all. */
static bool move_all(int fd, void *data, size_t size, bool writes) {
    for (char *at = data; size > 0;) {
        ssize_t n = writes ? write(fd, at, size) : read(fd, at, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* The keys that interrupt or end its parent are none of its business: it hears of it by the pipe.
 */
static void ignore_signals(void) {
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP};
    for (size_t i = 0; i < BASE_COUNT(ignored); i++) (void)signal(ignored[i], SIG_IGN);
}

/* Its own copy of *f; all that it does not need is closed, standard streams as well, on which
 * somebody may wait for the parent's end. */
static void keep(struct model_files *f, int asked, int answer) {
    ignore_signals();
    int keeps[] = {f->folder.fd, f->temp.fd, asked, answer};
    int fds[BASE_COUNT(keeps)], highest = 16;
    for (size_t i = 0; i < BASE_COUNT(keeps); i++) {
        fds[i] = fcntl(keeps[i], F_DUPFD_CLOEXEC, highest);
        if (fds[i] < 0) return;
        highest = fds[i] + 1;
    }
    for (int fd = 0; fd < highest; fd++) {
        bool is_kept = false;
        for (size_t i = 0; i < BASE_COUNT(fds); i++) is_kept = is_kept || fds[i] == fd;
        if (!is_kept) close(fd);
    }
    (void)syscall(SYS_close_range, (unsigned)highest, ~0u, 0);
    f->folder.fd = fds[0];
    f->temp.fd = fds[1];
    char word;
    ingle_error err = {0};
    if (!move_all(fds[2], &word, 1, false) || word != COMPLETE) {
        cache_temp_abandon(&f->temp, &f->folder);
        return;
    }
    ingle_status status = model_files_commit(f, &err);
    if (status != INGLE_OK) cache_temp_abandon(&f->temp, &f->folder);
    (void)move_all(fds[3], &err, sizeof err, true);
}

ingle_status model_files_keep(struct model_files *f, ingle_error *err) {
    if (f->packed_new < 0) {
        cache_folder_close(&f->folder);
        return INGLE_OK; /* there is nothing to keep */
    }
    int asks[2], answers[2];
    if (pipe2(asks, O_CLOEXEC) != 0) return status_errno(err, errno, "make", "a pipe");
    if (pipe2(answers, O_CLOEXEC) != 0) {
        int error = errno;
        close(asks[0]), close(asks[1]);
        return status_errno(err, error, "make", "a pipe");
    }
    pid_t child = fork();
    int error = errno;
    if (child == 0) {
        keep(f, asks[0], answers[1]);
        _exit(0);
    }
    close(asks[0]), close(answers[1]);
    f->keeper[0] = asks[1];
    f->keeper[1] = answers[0];
    if (child < 0) {
        close(asks[1]), close(answers[0]);
        f->keeper[0] = f->keeper[1] = -1;
        return status_errno(err, error, "start", "a process");
    }
    /* packed_new is the same file; it stays open here, for the one who fills it. */
    f->temp.fd = -1;
    f->unfinished[0] = '\0';
    cache_folder_close(&f->folder);
    return INGLE_OK;
}

ingle_status model_keeper_commit(struct model_files *f, ingle_error *err) {
    char word = COMPLETE;
    ingle_error answer;
    if (!move_all(f->keeper[0], &word, 1, true) ||
        !move_all(f->keeper[1], &answer, sizeof answer, false)) {
        return status_set(err, INGLE_FAILED, 0, "The process that keeps the cache has ended.");
    }
    answer.msg[sizeof answer.msg - 1] = '\0';
    if (answer.code != INGLE_OK && err) *err = answer;
    return answer.code;
}

void model_keeper_close(struct model_files *f) {
    char more;
    if (f->keeper[0] < 0) return;
    close(f->keeper[0]);
    while (move_all(f->keeper[1], &more, 1, false)) continue; /* until its end */
    close(f->keeper[1]);
    f->keeper[0] = f->keeper[1] = -1;
}
