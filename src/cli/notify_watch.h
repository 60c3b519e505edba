/* The desktop's notifications, as they come over the session bus. */
#ifndef INGLE_CLI_NOTIFY_WATCH_H
#define INGLE_CLI_NOTIFY_WATCH_H

#include "cli/command.h"
#include "cli/engine_arg.h"

struct notify_watch {
    struct cli *cli;
    const struct engine_args *engine;
    const struct option_list *apps; /* none = all */
    int every_min;
    size_t max_groups;
    bool json;
};

/* Prints a digest every so often, what is critical at once, and the last digest when Ctrl-C ends
 * it, which is CANCELLED. NOT_FOUND if there is no session bus; FAILED if it goes away. */
BASE_NODISCARD ingle_status notify_watch(const struct notify_watch *w, ingle_error *err);

#endif
