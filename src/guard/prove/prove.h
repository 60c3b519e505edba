/* Whether the seal holds, tried for real: ways out of a sealed process, each in a twin of the
 * worker that has the same seal and the same kinds of descriptors, and that may die of it. What
 * counts as open, and which system calls are let through, stands in docs/decisions/prove.md. */
#ifndef INGLE_GUARD_PROVE_PROVE_H
#define INGLE_GUARD_PROVE_PROVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "guard/seal/seal.h"

enum prove_outcome {
    PROVE_KILLED,  /* the kernel ended the twin: the filter */
    PROVE_REFUSED, /* the call failed */
    PROVE_OPEN,    /* it worked: a hole */
    PROVE_MISSING, /* this machine has nothing to try it on (no IPv6, no io_uring ...) */
    PROVE_ALLOWED, /* a system call that is let through by design: `why` it is no way out */
    PROVE_N_OUTCOMES
};

struct prove_result {
    const char *group; /* "sockets", "files" ... */
    const char *name;  /* "TCP over IPv4", "open /etc/passwd" */
    enum prove_outcome outcome;
    int errnum;      /* of REFUSED; 0 = nothing of it was seen from outside */
    const char *why; /* of ALLOWED */
};

/* Borrowed during the call. Results of a group follow each other. */
typedef void (*prove_result_fn)(const struct prove_result *result, void *user);

/* All of them, at least 100, and every system call number once; and those to the network out of a
 * process that has lost only that (seal_no_network()), as the command itself. *n_open: ways that
 * worked. The process must have one thread. */
BASE_NODISCARD ingle_status prove_all(prove_result_fn on_result, void *user, size_t *n_open,
                                      ingle_error *err);

/* A few of them (network, files, programs, other processes), in a few milliseconds: called by a
 * worker between seal_prepare(), which made *prepared, and seal_finish(). REFUSED, naming the way,
 * if one is open. */
BASE_NODISCARD ingle_status prove_short(const struct seal_report *prepared, ingle_error *err);

#endif
