/* Memory from the kernel: read-only maps of files, and large zeroed anonymous regions that cost
 * nothing until touched. */
#ifndef INGLE_BASE_MAP_H
#define INGLE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The file and its state, as the file system tells them: whoever writes to it changes one. Times
 * are nanoseconds since 1970. */
struct file_identity {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
};

struct file_map {
    const uint8_t *data; /* NULL for an empty file */
    size_t size;
    struct file_identity identity; /* when it was mapped */
};

/* Opens a regular file for reading. Directories, devices, pipes and sockets are refused with
 * INGLE_INVALID without being read (opening never blocks); a missing path is INGLE_NOT_FOUND. *fd
 * is -1 on failure. */
BASE_NODISCARD ingle_status file_open_regular(int *fd, const char *path, ingle_error *err);

/* The same, and maps the whole file read-only. */
BASE_NODISCARD ingle_status file_map_open(struct file_map *map, const char *path, ingle_error *err);

/* Maps an open descriptor, which stays the caller's; path is for messages. */
BASE_NODISCARD ingle_status file_map_handed(struct file_map *map, int fd, const char *path,
                                            ingle_error *err);

/* The same at a multiple of a huge page, so that the kernel can map the file's large pages as
 * such. */
BASE_NODISCARD ingle_status file_map_descriptor(struct file_map *map, int fd, const char *path,
                                                ingle_error *err);
void file_map_close(struct file_map *map);

/* Hints for [data, data + size), any alignment: the range will be read front to back soon /
 * will be read now / is no longer needed in memory (a later read brings it back from the file). */
void file_map_will_need(const void *data, size_t size);
void file_map_populate(const void *data, size_t size);
void file_map_done_with(const void *data, size_t size);

#define HUGE_PAGE ((size_t)2 << 20)

/* Zeroed anonymous memory, page aligned; untouched pages take no memory. huge: ask for huge pages,
 * for what will be filled whole; else refuse them, so that the first touch clears 4 KiB, not 2 MiB.
 * NULL on failure. */
BASE_NODISCARD void *region_new(size_t size, bool huge);
void region_free(void *region, size_t size);

/* Gives the memory of whole pages of a region back: they read as zeros again. */
void region_give_back(void *data, size_t size);

#endif
