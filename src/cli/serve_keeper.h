/* A socket's path is to go when the service does, whose front cannot remove it any more once it is
 * confined. A process that does nothing else waits for the front's end, however that comes. */
#ifndef INGLE_CLI_SERVE_KEEPER_H
#define INGLE_CLI_SERVE_KEEPER_H

#include <sys/types.h>

#include "base/status.h"

struct serve_keeper {
    pid_t pid; /* 0 = none */
    int end;   /* a pipe: closed, it tells of the end */
};

/* Of the socket that this process has bound to the path. */
BASE_NODISCARD ingle_status serve_keeper_start(struct serve_keeper *k, const char *path,
                                               ingle_error *err);

/* The path is gone when it returns, unless it has become another socket's. Zeroed is fine. */
void serve_keeper_end(struct serve_keeper *k);

#endif
