/* Signals. The first Ctrl-C cancels the session that is running; without one, and at the second,
 * the process ends at once with exit code 130, unless it is to outlive it. A file that is not yet
 * whole never stays behind; a model that somebody cuts short while it is in use is a sentence and
 * exit code 3. */
#ifndef INGLE_CLI_INTERRUPT_H
#define INGLE_CLI_INTERRUPT_H

#include <stdbool.h>
#include <termios.h>

#include "ingle/session.h"
#include "worker/client/worker.h"

void interrupt_init(void);

/* The session that Ctrl-C cancels from now on; NULL = none. */
void interrupt_watch(ingle_session *session);

/* The same for what a worker is doing. */
void interrupt_watch_worker(struct worker *worker);

/* A file that is removed if a signal ends the process from now on (borrowed), one of each
 * model and two more at most; and no longer, by the same pointer. */
void interrupt_remove(const char *path);
void interrupt_keep(const char *path);

/* The state that standard input, a terminal, is put into if a signal ends the process from now on
 * (borrowed); NULL = it is left as it is. */
void interrupt_restore(const struct termios *state);

/* From now on Ctrl-C only cancels: the process goes on, however often it is pressed. */
void interrupt_outlive(void);

/* True once Ctrl-C was pressed, until it is forgotten. */
bool interrupt_came(void);
void interrupt_forget(void);

#endif
