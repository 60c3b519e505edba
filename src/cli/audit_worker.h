/* What the audit log has of workers: what each was sealed with, which model it was given, how it
 * ended if not by our wish. */
#ifndef INGLE_CLI_AUDIT_WORKER_H
#define INGLE_CLI_AUDIT_WORKER_H

#include "cli/engine_arg.h"
#include "worker/client/worker.h"

/* Before `what` ("a worker", "a command") goes on without a seal, which must not happen without a
 * record. OK without one only in a build that can keep none: who asked has to be told. */
BASE_NODISCARD ingle_status audit_unsealed(bool *is_recorded, const char *what, ingle_error *err);

/* Before a command seals itself to read these files: it can write no record then. */
void audit_in_place(const struct model_files *files);

/* After a worker was started with these files (NULL: no model), or could not be. */
void audit_worker_start(const struct worker *w, const struct model_files *files,
                        ingle_status status);

/* Of worker_files: it ended, and not by our wish. */
void audit_worker_death(int n_crashes);

#endif
