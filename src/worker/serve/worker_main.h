/* The worker: the process that reads models and a person's words. It is this program under another
 * name (WORKER_NAME), started by worker/client in a session of its own, with the signals of a
 * terminal and of failed writes ignored and the descriptors of worker_fd, and does what arrives
 * there until the other side is gone. */
#ifndef INGLE_WORKER_SERVE_WORKER_MAIN_H
#define INGLE_WORKER_SERVE_WORKER_MAIN_H

#include <stdbool.h>

/* True if the program was started as a worker. */
bool worker_is_role(int argc, char **argv);

/* Never returns but to end the process; seals it first. */
int worker_main(void);

#endif
