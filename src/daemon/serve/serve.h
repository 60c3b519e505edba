/* The local service as one thing: sockets in, signals out, until it is told to end. What only the
 * program around it knows, it gives. */
#ifndef INGLE_DAEMON_SERVE_SERVE_H
#define INGLE_DAEMON_SERVE_SERVE_H

#include "base/secret.h"
#include "daemon/api/api.h"
#include "daemon/service/service.h"

/* What came in while it ran. */
struct serve_end {
    uint64_t n_requests;
    uint64_t n_without_token; /* besides: those that showed no token that is known */
};

struct serve_options {
    const int *sockets; /* [n_sockets] bound and listening; taken over */
    size_t n_sockets;
    const struct secret *token;     /* as access_new() has it; NULL = nobody needs one */
    const char *tls_cert, *tls_key; /* PEM files, for the sockets that are no paths; NULL = none */
    const char *name;               /* a host that it is known as besides localhost; NULL */
    const char *const *origins;     /* other pages that may call it, NULL at the end; or NULL */
    double idle_exit_s;             /* it ends when nobody has asked for so long; 0 = never */
    struct service_options service; /* base is made here */

    /* Once everything that it listens to and is told by files is open, and before the first model
     * is: the last moment with one thread. May be NULL; a failure ends the start. front: what is
     * told of this process, filled before. */
    ingle_status (*confine)(struct api_front *front, void *user, ingle_error *err);
    /* A sentence about something that went wrong while it goes on. */
    void (*on_trouble)(const char *sentence, void *user);
    /* It can be asked now. link_key: of a one-time link, see access.h. */
    void (*on_ready)(const char *link_key, void *user);
    /* Its end, in order. May be NULL. */
    void (*on_end)(const struct serve_end *end, void *user);
    void *user;
};

/* Runs until SIGTERM or SIGINT: then no more is accepted, what was asked may end, for ten
 * seconds, at whose end everybody is told that no answer comes; a second signal ends it at once.
 * Both stay blocked afterwards, since the process is to end. */
BASE_NODISCARD ingle_status serve_run(const struct serve_options *opt, ingle_error *err);

#endif
