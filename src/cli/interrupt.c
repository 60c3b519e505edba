#include "cli/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/status.h"

/* A signal handler has no argument to reach its objects by: the one place that needs globals. */
static _Atomic(ingle_session *) watched;
static _Atomic(const char *) unfinished;
static atomic_bool came;

static void remove_unfinished(void) {
    const char *path = atomic_load(&unfinished);
    if (path) (void)unlink(path);
}

static void on_interrupt(int signal_number) {
    (void)signal_number;
    int saved = errno;
    ingle_session *session = atomic_load(&watched);
    if (!session || atomic_exchange(&came, true)) {
        remove_unfinished();
        _exit(status_exit_code(INGLE_CANCELLED));
    }
    ingle_session_cancel(session);
    errno = saved;
}

/* The default action, reset by now, ends the process as the signal means it to, once this returns.
 */
static void on_end(int signal_number) {
    remove_unfinished();
    (void)raise(signal_number);
}

static void ignore(int signal_number) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_init(void) {
    /* No SA_RESTART: a write that blocks on a stalled reader must return. */
    struct sigaction interrupt = {.sa_handler = on_interrupt};
    sigemptyset(&interrupt.sa_mask);
    sigaction(SIGINT, &interrupt, NULL);

    static const int ends[] = {SIGTERM, SIGHUP};
    for (size_t i = 0; i < BASE_COUNT(ends); i++) {
        struct sigaction before, end = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&end.sa_mask);
        /* Under nohup a hang-up stays ignored. */
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(ends[i], &end, NULL);
        }
    }
    /* A closed pipe, a file at its limit: failed writes with a sentence, not a silent death. */
    ignore(SIGPIPE);
    ignore(SIGXFSZ);
}

void interrupt_watch(ingle_session *session) {
    atomic_store(&watched, session);
}

void interrupt_remove(const char *path) {
    atomic_store(&unfinished, path);
}

bool interrupt_came(void) {
    return atomic_load(&came);
}
