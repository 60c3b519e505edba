/* What a process takes of the machine's memory. */
#ifndef INGLE_CLI_MEMORY_H
#define INGLE_CLI_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Peak resident memory of a process in bytes, mapped files included; 0 if the system does not say.
 * pid 0 = this one, which must not be sealed: a sealed one asks getrusage(), whose answer counts
 * what started the process as well, or is asked about from outside. */
uint64_t memory_peak(pid_t pid);

#endif
