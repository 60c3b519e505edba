/* What this process takes of the machine's memory. */
#ifndef INGLE_CLI_MEMORY_H
#define INGLE_CLI_MEMORY_H

#include <stdint.h>

/* Peak resident memory in bytes, mapped files included; 0 if the system does not say. */
uint64_t memory_peak(void);

#endif
