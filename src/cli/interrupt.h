/* Ctrl-C. The first one cancels the session that is running; without one, and at the second, the
 * process ends at once with exit code 130. */
#ifndef INGLE_CLI_INTERRUPT_H
#define INGLE_CLI_INTERRUPT_H

#include <stdbool.h>

#include "ingle/session.h"

void interrupt_init(void);

/* The session that Ctrl-C cancels from now on; NULL = none. */
void interrupt_watch(ingle_session *session);

/* True once Ctrl-C was pressed. */
bool interrupt_came(void);

#endif
