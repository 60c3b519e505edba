/* What /proc says of running workers: from outside, without asking them. */
#ifndef INGLE_GUARD_PROVE_LOOK_H
#define INGLE_GUARD_PROVE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"
#include "guard/seal/seal.h"

/* The name that a worker is started under (argv[0]); what it was asked to do may follow. */
#define LOOK_WORKER "ingle: worker"
/* The name that the main thread of a command takes that has sealed itself. */
#define LOOK_IN_PLACE "ingle: sealed"
/* The name that the main thread of the service's front takes. */
#define LOOK_FRONT "ingle: front"

/* Descriptors by what they lead to. */
enum look_kind {
    LOOK_LOCAL_SOCKET,
    LOOK_OTHER_SOCKET,
    LOOK_MEMORY,    /* memfd */
    LOOK_FILE_READ, /* a file, to read only */
    LOOK_FILE_WRITE,
    LOOK_PIPE,
    LOOK_NULL, /* /dev/null */
    LOOK_TERMINAL,
    LOOK_EVENT,
    LOOK_OTHER, /* a device, a folder, what this list does not know */
    LOOK_N_KINDS
};

struct look_worker {
    pid_t pid;
    bool is_in_place; /* no worker, but a command that sealed itself: it has standard output, too */
    int seccomp;      /* 0 = none, 2 = a filter */
    int n_filters;    /* -1 = this kernel does not tell */
    int no_new_privs; /* 0 or 1 */
    uint64_t capabilities;
    int n_threads;
    int dumpable; /* 0, 1; -1 = cannot be told (of the superuser's processes) */

    /* Who does not own the process's secrets cannot see these: of one that is not dumpable, only
     * the superuser. */
    bool has_namespaces;
    bool is_apart[SEAL_N_NAMESPACES]; /* in another namespace than this process */
    bool has_descriptors;
    int kinds[LOOK_N_KINDS];

    bool has_network; /* the next two are known */
    int n_interfaces; /* but for the loopback one */
    uint64_t n_bytes; /* that ever came or went by any of its interfaces */
    char wrong[120];  /* what is not as it has to be; "" */
};

/* Borrowed during the call. */
typedef void (*look_worker_fn)(const struct look_worker *w, void *user);

const char *look_kind_name(enum look_kind kind, int n); /* "local socket", "local sockets" */

/* All workers, and commands that sealed themselves, of this user; of everybody, for the superuser.
 * One that looks wrong is looked at again a moment later, since it may only just be starting.
 * UNSUPPORTED where there is no /proc. */
BASE_NODISCARD ingle_status look_at_workers(look_worker_fn on_worker, void *user, ingle_error *err);

/* The front of a service: confined (guard/seal/seal_confine.h), not sealed. */
struct look_front {
    pid_t pid;
    int seccomp, n_filters, no_new_privs; /* as of a worker */
    uint64_t capabilities;
    int dumpable;
    bool has_mounts;             /* the next three are known */
    bool has_root;               /* its root is a folder in memory, with these places in it */
    size_t n_places, n_writable; /* of them those to write */
    char wrong[120];
};

typedef void (*look_front_fn)(const struct look_front *f, void *user);

/* All of this user; of everybody, for the superuser. None where there is no /proc. */
void look_at_fronts(look_front_fn on_front, void *user);

/* Of one process, whatever it is. NOT_FOUND if it is gone. */
BASE_NODISCARD ingle_status look_at(struct look_worker *out, pid_t pid, ingle_error *err);

#endif
