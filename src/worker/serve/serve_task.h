/* What the handlers of everyday tasks share. */
#ifndef INGLE_WORKER_SERVE_SERVE_TASK_H
#define INGLE_WORKER_SERVE_SERVE_TASK_H

#include "worker/serve/serve.h"

/* Reads the request into *message; from now on a wish to end it reaches the tasks. */
BASE_NODISCARD ingle_status serve_task(struct request *r, void *message, size_t size, wire_fn visit,
                                       ingle_error *err);

/* Callbacks whose user is the request: MSG_TEXT, MSG_PROGRESS. */
bool serve_task_text(const char *text, size_t len, void *request);
bool serve_task_progress(const ingle_progress *progress, void *request);

#endif
