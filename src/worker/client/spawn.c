#include "worker/client/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

#define MAX_FILES 4096

static char name[] = WORKER_NAME;

struct handed {
    int fds[WORKER_FILES + WORKER_MAX_FILES + 2]; /* [n] in the order of worker_fd */
    int n;
};

static void hand(struct handed *h, int fd) {
    h->fds[h->n++] = fd;
}

/* The one variable that it needs: templates tell the local time. NULL = there is none. */
static char *time_zone(void) {
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, "TZ=", 3) == 0) return *entry;
    }
    return NULL;
}

/* A program that is not executed anew holds what its parent held. */
static void close_from(int from) {
    if (syscall(SYS_close_range, (unsigned)from, ~0u, 0) == 0) return;
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = from; fd < (end > 0 && end < MAX_FILES ? end : MAX_FILES); fd++) close(fd);
}

/* As whoever looks at processes sees it: in place of the front's command line, which ends where
 * its environment begins. */
static void take_name(void) {
    char line[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof line) : 0;
    if (fd >= 0) close(fd);
    if (n < (ssize_t)sizeof name || strcmp(line, program_invocation_name) != 0) return;
    memset(program_invocation_name, 0, (size_t)n);
    memcpy(program_invocation_name, name, sizeof name);
}

static _Noreturn void become_program(void) {
    char *argv[] = {name, NULL};
    char *envp[] = {time_zone(), NULL};
    execve("/proc/self/exe", argv, envp);
    _exit(SPAWN_FAILED);
}

/* In the child: nothing but calls that are safe after fork() of a process with threads. All signals
 * are blocked: their handlers are the front's. */
static _Noreturn void become_worker(struct handed *h, worker_main_fn in_child) {
    (void)setsid(); /* what a terminal sends is for the front, which says what is to end */
    for (int i = 0; i < h->n; i++) {
        h->fds[i] = fcntl(h->fds[i], F_DUPFD_CLOEXEC, h->n); /* out of the way of worker_fd */
        if (h->fds[i] < 0) _exit(SPAWN_FAILED);
    }
    for (int i = 0; i < h->n; i++) {
        if (dup2(h->fds[i], i) != i) _exit(SPAWN_FAILED);
    }
    /* A Ctrl-C that came before setsid() waits; what is ignored stays so in the worker, where what
     * a file or a pipe does not take is a failed write. */
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction now;
        bool has_handler = sigaction(i, NULL, &now) == 0 && now.sa_handler != SIG_IGN;
        if (has_handler && now.sa_handler != SIG_DFL) signal(i, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (in_child) {
        close_from(h->n);
        take_name();
        _exit(in_child());
    }
    become_program();
}

static ingle_status make_rings(struct spawned *out, int fds[2], ingle_error *err) {
    INGLE_TRY(ring_create(&fds[0], &out->own, err));
    INGLE_TRY(ring_protect(fds[0], err)); /* the worker can only read it */
    struct ring_page *page;
    INGLE_TRY(ring_create(&fds[1], &page, err));
    ring_unmap(page);
    return ring_map(&out->others, fds[1], err);
}

static ingle_status make_process(struct spawned *out, struct handed *h, worker_main_fn in_child,
                                 ingle_error *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    out->pid = fork();
    if (out->pid == 0) become_worker(h, in_child);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return out->pid > 0 ? INGLE_OK : status_errno(err, errno, "start", "a worker");
}

static ingle_status spawn(struct spawned *out, const struct worker_files *files, int fds[5],
                          ingle_error *err) {
    if (files->n_shards > WORKER_MAX_FILES) {
        return status_set(err, INGLE_LIMIT, 0, "A model may have %d files, not %d.",
                          WORKER_MAX_FILES, files->n_shards);
    }
    INGLE_TRY(make_rings(out, fds, err));
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds + 2) != 0) {
        return status_errno(err, errno, "make", "a pair of sockets");
    }
    fds[4] = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fds[4] < 0) return status_errno(err, errno, "open", "/dev/null");
    struct handed h = {.n = 0};
    for (int i = 0; i < WORKER_SOCKET; i++) hand(&h, fds[4]);
    hand(&h, fds[3]);
    hand(&h, fds[0]);
    hand(&h, fds[1]);
    for (int i = 0; i < files->n_shards; i++) hand(&h, files->shards[i]);
    if (files->packed >= 0) hand(&h, files->packed);
    if (files->packed_new >= 0) hand(&h, files->packed_new);
    INGLE_TRY(make_process(out, &h, files->in_child, err));
    out->socket = fds[2];
    fds[2] = -1;
    return INGLE_OK;
}

ingle_status spawn_worker(struct spawned *out, const struct worker_files *files, ingle_error *err) {
    int fds[5] = {-1, -1, -1, -1, -1}; /* rings, sockets (ours, the worker's), /dev/null */
    *out = (struct spawned){.socket = -1};
    ingle_status status = spawn(out, files, fds, err);
    for (size_t i = 0; i < BASE_COUNT(fds); i++) {
        if (fds[i] >= 0) close(fds[i]);
    }
    if (status == INGLE_OK) return INGLE_OK;
    ring_unmap(out->own);
    ring_unmap(out->others);
    *out = (struct spawned){.socket = -1};
    return status;
}
