/* How a training run goes: on a terminal a line that is written anew, elsewhere a line at the end
 * of each step and every half minute, all on standard error. */
#ifndef INGLE_CLI_LEARN_PROGRESS_H
#define INGLE_CLI_LEARN_PROGRESS_H

#include "cli/out.h"
#include "learn/learn.h"

struct learn_view {
    struct out out;
    double shown_ms; /* when a line was written last */
    bool is_open;    /* the terminal's line is begun */
};

void learn_view_init(struct learn_view *v);

/* A learn_progress_fn; user is the view. False once Ctrl-C was pressed. */
bool learn_view_show(const struct learn_progress *progress, void *user);

/* Ends the line that is begun. */
void learn_view_end(struct learn_view *v);

#endif
