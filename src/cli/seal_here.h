/* Seals for the command's own process: what all commands do without. */
#ifndef INGLE_CLI_SEAL_HERE_H
#define INGLE_CLI_SEAL_HERE_H

#include <stdbool.h>

#include "base/status.h"

/* Takes the network from this process and all that it starts, at its beginning. local_sockets: not
 * those of this machine. In a build or on a system that cannot, nothing happens: a worker does not
 * start there either, but with --unsealed. */
BASE_NODISCARD ingle_status seal_front(bool local_sockets, ingle_error *err);

#endif
