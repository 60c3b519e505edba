/* One line on the terminal that says how far a task is and how long it will take: on standard
 * error, and only if that is a terminal. */
#ifndef INGLE_CLI_PROGRESS_H
#define INGLE_CLI_PROGRESS_H

#include <stdbool.h>

#include "ingle/tasks.h"

struct progress {
    bool is_shown; /* on a terminal */
    bool is_there; /* the line is on the screen */
    double start_ms, shown_ms;
};

void progress_init(struct progress *p);

/* An ingle_progress_fn; user is the struct progress. */
bool progress_show(const ingle_progress *progress, void *user);

/* Wipes the line: before anything else is written. */
void progress_clear(struct progress *p);

#endif
