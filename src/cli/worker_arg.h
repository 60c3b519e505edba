/* A worker for a command: the model that -m names is opened, a sealed process reads it. */
#ifndef INGLE_CLI_WORKER_ARG_H
#define INGLE_CLI_WORKER_ARG_H

#include "cli/engine_arg.h"
#include "worker/client/worker.h"

/* Fills what `args` says into *start, opens the model's files and starts the worker. Ctrl-C cancels
 * what it does from now on. *start holds the rest already. */
BASE_NODISCARD ingle_status worker_arg_new(struct worker **out, struct msg_start *start,
                                           const struct engine_args *args, ingle_error *err);

/* Ends it; Ctrl-C no longer reaches it. NULL is fine. */
void worker_arg_free(struct worker *w);

#endif
