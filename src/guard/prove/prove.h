/* Whether the seal holds, tried for real: ways out of a sealed process, each in a twin of the
 * worker that has the same seal and the same kinds of descriptors, and that may die of it. */
#ifndef INGLE_GUARD_PROVE_PROVE_H
#define INGLE_GUARD_PROVE_PROVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum prove_outcome {
    PROVE_KILLED,  /* the kernel ended the twin: the filter */
    PROVE_REFUSED, /* the call failed */
    PROVE_OPEN,    /* it worked: a hole */
    PROVE_MISSING  /* this machine has nothing to try it on (no IPv6, no io_uring ...) */
};

struct prove_result {
    const char *group; /* "sockets", "files" ... */
    const char *name;  /* "TCP over IPv4", "open /etc/passwd" */
    enum prove_outcome outcome;
    int errnum; /* of REFUSED */
};

/* Borrowed during the call. */
typedef void (*prove_result_fn)(const struct prove_result *result, void *user);

/* All of them, at least 100, and every system call number once. *n_open: ways that worked. The
 * process must have one thread. */
BASE_NODISCARD ingle_status prove_all(prove_result_fn on_result, void *user, size_t *n_open,
                                      ingle_error *err);

/* A few of them (network, files, programs, other processes), in about a millisecond: called by a
 * worker between seal_prepare() and seal_finish(). REFUSED, naming the way, if one is open. */
BASE_NODISCARD ingle_status prove_short(ingle_error *err);

#endif
