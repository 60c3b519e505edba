#include "cli/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/status.h"
#include "cli/options.h"

/* `serve` may be loading every model that it was given, and each has one. */
#define MAX_FILES (OPTION_LIST_MAX + 2)

/* A signal handler has no argument to reach its objects by: the one place that needs globals. */
static _Atomic(ingle_session *) watched;
static _Atomic(struct worker *) watched_worker;
static _Atomic(const char *) unfinished[MAX_FILES];
static _Atomic(const struct termios *) terminal;
static atomic_bool came, outlives;

static void clean_up(void) {
    for (size_t i = 0; i < BASE_COUNT(unfinished); i++) {
        const char *path = atomic_load(&unfinished[i]);
        if (path) (void)unlink(path);
    }
    const struct termios *state = atomic_load(&terminal);
    if (state) (void)tcsetattr(STDIN_FILENO, TCSANOW, state);
}

static void on_interrupt(int signal_number) {
    (void)signal_number;
    int saved = errno;
    ingle_session *session = atomic_load(&watched);
    struct worker *worker = atomic_load(&watched_worker);
    bool is_again = atomic_exchange(&came, true);
    if (((!session && !worker) || is_again) && !atomic_load(&outlives)) {
        clean_up();
        _exit(status_exit_code(INGLE_CANCELLED));
    }
    if (session) ingle_session_cancel(session);
    if (worker) worker_cancel(worker);
    errno = saved;
}

/* The default action, reset by now, ends the process as the signal means it to. */
static void on_end(int signal_number) {
    clean_up();
    (void)raise(signal_number);
}

/* Models are mapped: one that is cut short by somebody else fails where it is read. */
static void on_lost_file(int signal_number) {
    static const char sentence[] =
        "ingle: A file in use was cut short, or can no longer be read.\n";
    (void)signal_number;
    clean_up();
    ssize_t n = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)n; /* nobody is left to tell */
    _exit(status_exit_code(INGLE_INVALID));
}

static void handle(int signal_number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

static bool is_ignored(int signal_number) {
    struct sigaction now;
    return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void interrupt_init(void) {
    /* No SA_RESTART: a write that blocks on a stalled reader must return. */
    handle(SIGINT, on_interrupt, 0);
    /* Under nohup a hang-up stays ignored. */
    if (!is_ignored(SIGTERM)) handle(SIGTERM, on_end, (int)SA_RESETHAND);
    if (!is_ignored(SIGHUP)) handle(SIGHUP, on_end, (int)SA_RESETHAND);
    handle(SIGBUS, on_lost_file, 0);
    /* A closed pipe, a file at its limit: failed writes with a sentence, not a silent death. */
    handle(SIGPIPE, SIG_IGN, 0);
    handle(SIGXFSZ, SIG_IGN, 0);
    /* Ignored by whoever started this program, it would take away how a child of ours ended. */
    handle(SIGCHLD, SIG_DFL, 0);
}

void interrupt_watch(ingle_session *session) {
    atomic_store(&watched, session);
}

void interrupt_watch_worker(struct worker *worker) {
    atomic_store(&watched_worker, worker);
}

void interrupt_remove(const char *path) {
    for (size_t i = 0; i < BASE_COUNT(unfinished); i++) {
        if (atomic_load(&unfinished[i])) continue;
        atomic_store(&unfinished[i], path);
        return;
    }
    assert(!"one file too many");
}

void interrupt_keep(const char *path) {
    for (size_t i = 0; i < BASE_COUNT(unfinished); i++) {
        if (atomic_load(&unfinished[i]) == path) atomic_store(&unfinished[i], NULL);
    }
}

void interrupt_restore(const struct termios *state) {
    atomic_store(&terminal, state);
}

void interrupt_outlive(void) {
    atomic_store(&outlives, true);
}

bool interrupt_came(void) {
    return atomic_load(&came);
}

void interrupt_forget(void) {
    atomic_store(&came, false);
}
