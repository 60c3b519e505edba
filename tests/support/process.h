/* What this process holds, as the kernel counts it. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_PROCESS_H
#define INGLE_TESTS_SUPPORT_PROCESS_H

#include <stddef.h>

int process_n_files(void); /* open descriptors */

/* Threads. While there are more than wanted it waits, up to a minute: a thread that was joined is
 * gone a moment later only. */
int process_n_threads(int wanted);

struct process_memory {
    size_t reserved, resident; /* bytes */
};
struct process_memory process_memory(void);

#endif
