/* The local service as one thing: sockets in, signals out, until it is told to end. What only the
 * program around it knows, it gives. */
#ifndef INGLE_DAEMON_SERVE_SERVE_H
#define INGLE_DAEMON_SERVE_SERVE_H

#include "daemon/service/service.h"

struct serve_options {
    const int *sockets; /* [n_sockets] bound and listening; taken over */
    size_t n_sockets;
    struct service_options service; /* base is made here */
};

/* Runs until SIGTERM or SIGINT: then no more is accepted, what runs may end, for ten seconds; a
 * second signal ends it at once. */
BASE_NODISCARD ingle_status serve_run(const struct serve_options *opt, ingle_error *err);

#endif
