/* What the service's front keeps of the file system, and that it keeps nothing else. */
#ifndef INGLE_CLI_SERVE_CONFINE_H
#define INGLE_CLI_SERVE_CONFINE_H

#include "cli/command.h"
#include "guard/seal/seal_confine.h"

/* Confines this process (guard/seal/seal_confine.h) to the models' files, the user's cache, crash
 * reports, audit log and settings. Where the system has nothing of it, or nothing for files, that
 * is said once on standard error, and the service goes on. Workers that are not sealed, for
 * debuggers, make it keep its memory open to them. */
BASE_NODISCARD ingle_status serve_confine(struct seal_confinement *out, struct cli *cli,
                                          const char *const *models, size_t n_models, bool unsealed,
                                          ingle_error *err);

/* Closes what the program was started with, but for the first `n` descriptors: one that leads to a
 * folder would lead past every confinement. Before anything is opened. */
void serve_close_from(int n);

#endif
