/* A folder of files that can be made again: finding and opening what is in it, and putting a new
 * file there whole or not at all. Knows names and descriptors, not what the files hold.
 *
 * Nothing is trusted that another user could have written: the folder and its files must be the
 * user's own, and writable by nobody else. */
#ifndef INGLE_BASE_CACHE_FOLDER_H
#define INGLE_BASE_CACHE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct cache_folder {
    int fd;
    const char *path; /* borrowed, for messages */
};

/* Makes the folder, mode 0700, and those above it if they are missing. FAILED if it is not to be
 * trusted. */
BASE_NODISCARD ingle_status cache_folder_open(struct cache_folder *f, const char *path,
                                              ingle_error *err);
void cache_folder_close(struct cache_folder *f);

/* The file for reading; NOT_FOUND, or INVALID if it is no file of ours. */
BASE_NODISCARD ingle_status cache_folder_find(int *fd, const struct cache_folder *f,
                                              const char *name, ingle_error *err);

/* Writes into a file that is there: nothing if that is not the file of `inode` any more. */
BASE_NODISCARD ingle_status cache_folder_patch(const struct cache_folder *f, const char *name,
                                               uint64_t inode, const void *data, size_t size,
                                               uint64_t at, ingle_error *err);

/* LIMIT if size bytes, and some to spare, are not free on the file system of a file or folder, or
 * may not be written to one file. */
BASE_NODISCARD ingle_status cache_room(int fd, uint64_t size, const char *path, ingle_error *err);

/* A file that is being written: a temporary name, locked for as long as its writer lives. */
struct cache_temp {
    int fd; /* for reading and writing */
    char name[40];
};

/* LIMIT as cache_room() has it. */
BASE_NODISCARD ingle_status cache_temp_open(struct cache_temp *t, const struct cache_folder *f,
                                            uint64_t size, ingle_error *err);

/* Waits until the bytes are on the disk, then gives the file its name, instead of one that may be
 * there. The descriptor stays open. */
BASE_NODISCARD ingle_status cache_temp_commit(struct cache_temp *t, const struct cache_folder *f,
                                              const char *name, ingle_error *err);
void cache_temp_abandon(struct cache_temp *t, const struct cache_folder *f);

/* Removes the temporary files whose writers are gone. */
void cache_folder_sweep(const struct cache_folder *f);

/* Removes the files whose names begin with `prefix` and that `is_outdated` says so of. */
typedef bool (*cache_judge)(int fd, const char *name, const void *arg);
void cache_folder_remove(const struct cache_folder *f, const char *prefix, cache_judge is_outdated,
                         const void *arg);

#endif
