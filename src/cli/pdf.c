#include "cli/pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/interrupt.h"

#define MAX_MEMORY ((rlim_t)2 << 30) /* of pdftotext: address space */
#define MAX_SECONDS 120              /* of computing, and of waiting */
#define NO_PROGRAM 127

bool pdf_is_one(const char *bytes, size_t len) {
    /* Readers accept some bytes before the mark. */
    return len >= 5 && memmem(bytes, len < 1024 ? len : 1024, "%PDF-", 5);
}

struct program {
    pid_t pid;
    int out, err; /* the ends that are read; -1 = at its end */
    char said[512];
    size_t n_said;
};

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* In the new process; never returns. Only what is allowed between fork() and exec. */
static void become_pdftotext(int fd, int out, int err, pid_t parent) {
    static const char *const arguments[] = {"pdftotext", "-enc", "UTF-8", "-eol",
                                            "unix",      "-",    "-",     NULL};
    struct rlimit memory = {MAX_MEMORY, MAX_MEMORY}, seconds = {MAX_SECONDS, MAX_SECONDS};
    struct rlimit none = {0, 0};
    sigset_t all;
    sigemptyset(&all);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(NO_PROGRAM);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CPU, &seconds);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &none); /* its output is a pipe: it writes no file */
    if (dup2(fd, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(err, STDERR_FILENO) < 0) {
        _exit(NO_PROGRAM);
    }
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(NO_PROGRAM);
}

static ingle_status start(struct program *p, int fd, ingle_error *err) {
    int out[2], errors[2];
    if (pipe2(out, O_CLOEXEC) != 0) return status_errno(err, errno, "run", "pdftotext");
    if (pipe2(errors, O_CLOEXEC) != 0) {
        int errnum = errno;
        close(out[0]);
        close(out[1]);
        return status_errno(err, errnum, "run", "pdftotext");
    }
    pid_t parent = getpid();
    p->pid = fork();
    if (p->pid == 0) become_pdftotext(fd, out[1], errors[1], parent);
    int errnum = errno;
    close(out[1]);
    close(errors[1]);
    p->out = out[0];
    p->err = errors[0];
    if (p->pid > 0) return INGLE_OK;
    close_fd(&p->out);
    close_fd(&p->err);
    return status_errno(err, errnum, "run", "pdftotext");
}

/* What is there to read. Of what it complains about the beginning is kept. */
static ingle_status drain(struct program *p, struct buf *text, bool is_output, const char *name,
                          ingle_error *err) {
    static char block[65536]; /* no part of the state: filled and emptied in here */
    int *fd = is_output ? &p->out : &p->err;
    ssize_t n = read(*fd, block, sizeof block);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return INGLE_OK;
    if (n <= 0) {
        close_fd(fd);
        return INGLE_OK;
    }
    if (!is_output) {
        size_t room = sizeof p->said - 1 - p->n_said;
        size_t take = (size_t)n < room ? (size_t)n : room;
        memcpy(p->said + p->n_said, block, take);
        p->n_said += take;
        return INGLE_OK;
    }
    if (buf_add(text, block, (size_t)n)) return INGLE_OK;
    if (text->size + (size_t)n <= text->max) return status_no_memory(err, "the text", text->size);
    return status_set(err, INGLE_LIMIT, 0,
                      "'%s' has more than %zu MiB of text, the most that a text may have.", name,
                      text->max >> 20);
}

static ingle_status read_all(struct program *p, struct buf *text, const char *name,
                             ingle_error *err) {
    double end = clock_ms() + 1000.0 * MAX_SECONDS;
    while (p->out >= 0 || p->err >= 0) {
        if (interrupt_came()) return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
        if (clock_ms() > end) {
            return status_set(err, INGLE_LIMIT, 0, "pdftotext took more than %d seconds for '%s'.",
                              MAX_SECONDS, name);
        }
        struct pollfd fds[2] = {{.fd = p->out, .events = POLLIN}, {.fd = p->err, .events = POLLIN}};
        if (poll(fds, 2, 200) <= 0) continue;
        if (fds[0].revents) INGLE_TRY(drain(p, text, true, name, err));
        if (fds[1].revents) INGLE_TRY(drain(p, text, false, name, err));
    }
    return INGLE_OK;
}

/* Ends it if it runs still; its exit code, or -1. */
static int finish(struct program *p, bool is_failed) {
    int status;
    close_fd(&p->out);
    close_fd(&p->err);
    if (is_failed) kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One sentence of what it said. */
static ingle_status refuse(struct program *p, int code, const char *name, ingle_error *err) {
    p->said[p->n_said] = '\0';
    if (code == NO_PROGRAM && p->n_said == 0) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "To read '%s' takes the program pdftotext; install the package "
                          "poppler-utils.",
                          name);
    }
    if (strstr(p->said, "ncorrect password")) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is encrypted and wants a password.", name);
    }
    if (code == 3) {
        return status_set(err, INGLE_INVALID, 0, "'%s' forbids that its text be taken out.", name);
    }
    if (code == -1) {
        return status_set(err, INGLE_INVALID, 0,
                          "pdftotext was ended by a fault or for want of memory or time while "
                          "reading '%s'.",
                          name);
    }
    char *line = p->said;
    size_t n = strcspn(line, "\n");
    while (n > 0 && strchr(" .\r", line[n - 1])) n--;
    return status_set(err, INGLE_INVALID, 0, "'%s' is no readable PDF: pdftotext says \"%.*s\".",
                      name, (int)(n < 120 ? n : 120), n ? line : "nothing");
}

static bool has_text(const struct buf *text) {
    for (size_t i = 0; i < text->size; i++) {
        if (!strchr(" \t\r\n\f", text->data[i])) return true;
    }
    return false;
}

ingle_status pdf_text(struct buf *text, int fd, const char *name, ingle_error *err) {
    struct program p = {.out = -1, .err = -1};
    if (lseek(fd, 0, SEEK_SET) < 0) return status_unreadable(err, errno, "read", name);
    INGLE_TRY(start(&p, fd, err));
    ingle_status status = read_all(&p, text, name, err);
    int code = finish(&p, status != INGLE_OK);
    INGLE_TRY(status);
    if (interrupt_came()) return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    if (code != 0) return refuse(&p, code, name, err);
    if (has_text(text)) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0,
                      "'%s' has no text; are its pages pictures? Then a program that recognises "
                      "characters must read it first.",
                      name);
}
