/* Memory from the kernel: read-only maps of files, and large zeroed anonymous regions that cost
 * nothing until touched. */
#ifndef INGLE_BASE_MAP_H
#define INGLE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct file_map {
    const uint8_t *data; /* NULL for an empty file */
    size_t size;
};

/* Maps a whole regular file read-only. Directories, devices, pipes and sockets are refused with
 * INGLE_INVALID without being read (opening never blocks); a missing path is INGLE_NOT_FOUND. */
BASE_NODISCARD ingle_status file_map_open(struct file_map *map, const char *path, ingle_error *err);
void file_map_close(struct file_map *map);

/* Hints for [data, data + size), any alignment: the range will be read front to back soon /
 * is no longer needed in memory (a later read brings it back from the file). */
void file_map_will_need(const void *data, size_t size);
void file_map_done_with(const void *data, size_t size);

/* Zeroed anonymous memory, page aligned; untouched pages take no memory. huge: ask for huge pages,
 * for what will be filled whole; else refuse them, so that the first touch clears 4 KiB, not 2 MiB.
 * NULL on failure. */
BASE_NODISCARD void *region_new(size_t size, bool huge);
void region_free(void *region, size_t size);

/* Gives the memory of whole pages of a region back: they read as zeros again. */
void region_give_back(void *data, size_t size);

#endif
