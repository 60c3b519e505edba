/* The sockets that the service listens on. */
#ifndef INGLE_CLI_SERVE_SOCKET_H
#define INGLE_CLI_SERVE_SOCKET_H

#include <stdbool.h>

#include "base/status.h"

/* A socket at this path, which only its owner may connect to; one that nobody listens on any more
 * is replaced. */
BASE_NODISCARD ingle_status serve_socket_path(int *fd, const char *path, ingle_error *err);

/* HOST:PORT of an address of this machine; port 0 = any that is free. */
BASE_NODISCARD ingle_status serve_socket_address(int *fd, const char *address, ingle_error *err);

/* Where it listens, as a person would type it: "http://127.0.0.1:8080", or a path. */
#define SERVE_SOCKET_NAME 160
void serve_socket_name(char out[SERVE_SOCKET_NAME], int fd, bool is_tls);

#endif
