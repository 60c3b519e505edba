/* Starting the process of a worker. */
#ifndef INGLE_WORKER_CLIENT_SPAWN_H
#define INGLE_WORKER_CLIENT_SPAWN_H

#include <sys/types.h>

#include "worker/client/worker.h"
#include "worker/wire/ring.h"

struct spawned {
    pid_t pid;
    int socket; /* non-blocking */
    struct ring_page *own;
    const struct ring_page *others;
};

#define SPAWN_FAILED 127 /* exit code of a child that could not become a worker */

/* This program again, with the descriptors of worker_fd and nothing else: standard streams are
 * /dev/null, no argument, no variable of the environment but TZ; or a fork of it (files->in_child).
 * *out is the caller's. */
BASE_NODISCARD ingle_status spawn_worker(struct spawned *out, const struct worker_files *files,
                                         ingle_error *err);

#endif
