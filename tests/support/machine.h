/* A made-up or recorded machine: a temporary folder with proc/ and sys/ in it. make and remove are
 * test fixtures of cmocka. */
#ifndef INGLE_TESTS_SUPPORT_MACHINE_H
#define INGLE_TESTS_SUPPORT_MACHINE_H

#include "base/compiler.h"

int machine_make(void **state);
int machine_remove(void **state);
const char *machine_root(void);

/* Writes a file under the root, folders included. */
void machine_put(const char *path, const char *text);

/* The same for a file of one processor: sys/devices/system/cpu/cpuN/FILE. */
void machine_put_cpu(int cpu, const char *file, const char *text);

/* Processors online, and those that the affinity leaves, as lists ("0-3,8"). */
void machine_put_cpus(const char *online, const char *allowed);

#endif
