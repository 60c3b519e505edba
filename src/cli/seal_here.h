/* Seals for the command's own process: what all commands do without, and all that one does without
 * which reads a model itself. */
#ifndef INGLE_CLI_SEAL_HERE_H
#define INGLE_CLI_SEAL_HERE_H

#include "cli/command.h"
#include "worker/client/model_files.h"

/* Takes the network from this process and all that it starts, at its beginning. local_sockets: not
 * those of this machine. In a build or on a system that cannot, that is said, once, on standard
 * error, and the command goes on: a worker does not start there either, but with --unsealed. */
BASE_NODISCARD ingle_status seal_front(struct cli *cli, bool local_sockets, ingle_error *err);

/* Seals this process as a worker is, but for standard output and error, before it reads the model
 * of these files: for the commands that do that in place. All that it needs of the system, and of
 * the settings, has been read: from now on it can open nothing, the audit log has ended, and
 * standard input is empty. One thread only. After a failure the files are settled with NULL, as
 * always. unsealed: nothing of that is done, but said and recorded. */
BASE_NODISCARD ingle_status seal_here(struct cli *cli, struct model_files *files, bool unsealed,
                                      ingle_error *err);

/* What --unsealed asks for is recorded, and said: whoever takes the seal away should see that it is
 * gone. `what`: "a worker", "a command". A failure if it cannot be recorded, but in a build that
 * keeps no log, where that is said, too. */
BASE_NODISCARD ingle_status go_unsealed(const char *what, ingle_error *err);

#endif
