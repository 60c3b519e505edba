/* A worker for the commands of everyday tasks. */
#ifndef INGLE_CLI_TASK_WORKER_H
#define INGLE_CLI_TASK_WORKER_H

#include "base/arena.h"
#include "cli/worker_arg.h"
#include "ingle/tasks.h"

/* Starts a worker, with the model if -m names one. *start says which built-in
 * packs are wanted; its user_pack_name, if any, is the path of a pack, which is read here. Ctrl-C
 * cancels what the worker does from now on; worker_arg_free() ends it. */
BASE_NODISCARD ingle_status task_worker_new(struct worker **out, struct msg_start *start,
                                            const struct engine_args *args, ingle_error *err);

/* Reads a message of the worker; false if it is malformed, or there is no memory. The arena is
 * cleared first, and what the message borrows lies in it. */
bool task_read(void *message, size_t size, wire_fn visit, const void *body, size_t body_size,
               struct arena *arena);

#endif
