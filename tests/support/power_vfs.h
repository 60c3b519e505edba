/* A disk whose power fails, and one that is full, for SQLite: a layer over its own way to the files
 * (a VFS) that every database opened from then on goes through. What was written and not yet synced
 * may be there after a power cut or not, write by write, and the last of it in part. It syncs
 * nothing for real. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_POWER_VFS_H
#define INGLE_TESTS_SUPPORT_POWER_VFS_H

#include <stdint.h>

void power_vfs_install(void);

/* The power fails at the n-th write, sync or truncation from now: it and all after it fail. 0 =
 * never. Returns how many there have been since the last call. */
uint64_t power_fails_after(uint64_t n);

/* The same for a full disk: the n-th write that makes a file longer fails, and all after it. */
uint64_t disk_is_full_after(uint64_t n);

/* Nothing may be open. Leaves on the disk what a power cut could have left. */
void power_cut(uint64_t seed);

/* Forgets all files: what is on the disk is as it is. */
void power_vfs_forget(void);

#endif
