/* A made-up or recorded machine: the temporary folder of support/folder.h, with proc/ and sys/ in
 * it. */
#ifndef INGLE_TESTS_SUPPORT_MACHINE_H
#define INGLE_TESTS_SUPPORT_MACHINE_H

const char *machine_root(void);

/* Writes a file under the root, folders included. */
void machine_put(const char *path, const char *text);

/* The same for a file of one processor: sys/devices/system/cpu/cpuN/FILE. */
void machine_put_cpu(int cpu, const char *file, const char *text);

/* Processors online, and those that the affinity leaves, as lists ("0-3,8"). */
void machine_put_cpus(const char *online, const char *allowed);

#endif
