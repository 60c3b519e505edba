/* Sockets that a service manager has opened and listens on for this process (systemd's socket
 * activation, sd_listen_fds(3)): they are there before the service is, and outlive its restarts. */
#ifndef INGLE_DAEMON_ACTIVATION_H
#define INGLE_DAEMON_ACTIVATION_H

#include <stddef.h>

#include "base/status.h"

#define ACTIVATION_MAX 8

/* Takes them over: *n of them, which the caller closes, in the order of the unit; 0 if this process
 * was started in another way. The environment no longer tells of them. INVALID if it makes no
 * sense, REFUSED if one is not a listening stream socket, local or of this machine's loopback. */
BASE_NODISCARD ingle_status activation_take(int fds[ACTIVATION_MAX], size_t *n, ingle_error *err);

#endif
