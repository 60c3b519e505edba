#include "cli/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

/* A signal handler has no argument to reach its object by: the one place that needs globals. */
static _Atomic(ingle_session *) watched;
static atomic_bool came;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    ingle_session *session = atomic_load(&watched);
    if (!session || atomic_exchange(&came, true)) _exit(130);
    ingle_session_cancel(session);
}

void interrupt_init(void) {
    /* No SA_RESTART: a write that blocks on a stalled reader must return. */
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    /* A closed pipe is a failed write with a sentence, not a silent death. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

void interrupt_watch(ingle_session *session) {
    atomic_store(&watched, session);
}

bool interrupt_came(void) {
    return atomic_load(&came);
}
