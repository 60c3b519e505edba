/* A worker for a command: the model that -m names is opened, a sealed process reads it. */
#ifndef INGLE_CLI_WORKER_ARG_H
#define INGLE_CLI_WORKER_ARG_H

#include "cli/engine_arg.h"
#include "cli/user_dir.h"
#include "worker/client/worker.h"

/* Fills what `args` says into *start, which holds the rest already, opens the model's files and
 * starts the worker; --unsealed is said on standard error. The errors are those of engine_open(),
 * and of worker_new(). While it starts, Ctrl-C ends the process; from then on it cancels what the
 * worker does. */
BASE_NODISCARD ingle_status worker_arg_new(struct worker **out, struct msg_start *start,
                                           const struct engine_args *args, ingle_error *err);

/* The same for a worker that reads no model. */
BASE_NODISCARD ingle_status worker_arg_new_empty(struct worker **out, struct msg_start *start,
                                                 const struct engine_args *args, ingle_error *err);

/* What a worker is started with: files and *start as `args` and the model's files (NULL = none)
 * say; crashes is storage for a name. --unsealed is said. For those who start one themselves. */
BASE_NODISCARD ingle_status worker_arg_fill(struct worker_files *files, struct msg_start *start,
                                            const struct engine_args *args,
                                            const struct model_files *model,
                                            char crashes[USER_DIR_CAP], ingle_error *err);

/* A worker_answer_fn for requests that are answered by one text, MSG_TEXT: adds it to a struct buf,
 * user. */
bool worker_arg_collect(enum msg_type type, const void *body, size_t size, void *user);

/* Ends it; Ctrl-C no longer reaches it. NULL is fine. */
void worker_arg_free(struct worker *w);

#endif
