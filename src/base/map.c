#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/size.h"

#define HUGE_PAGE ((size_t)2 << 20)

ingle_status file_map_open(struct file_map *map, const char *path, ingle_error *err) {
    *map = (struct file_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    /* A socket, or a device that nobody serves, cannot even be opened. */
    if (fd < 0 && errno == ENXIO) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    if (fd < 0) return status_unreadable(err, errno, "open", path);

    ingle_status status = INGLE_OK;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        status = status_errno(err, errno, "read", path);
    } else if (!S_ISREG(st.st_mode)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    } else if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED) {
            status = status_errno(err, errno, "map", path);
        } else {
            map->data = data;
            map->size = (size_t)st.st_size;
        }
    }
    close(fd);
    return status;
}

void file_map_close(struct file_map *map) {
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct file_map){0};
}

/* madvise wants whole pages: grow the range outward for a wish, shrink it inward for a dismissal.
 */
static void advise(const void *data, size_t size, int advice, int inward) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)data;
    uintptr_t to = from + size;
    from = inward ? (from + page - 1) & ~(page - 1) : from & ~(page - 1);
    to = inward ? to & ~(page - 1) : to;
    if (from < to) (void)madvise((void *)from, to - from, advice);
}

void file_map_will_need(const void *data, size_t size) {
    advise(data, size, MADV_WILLNEED, 0);
}

void file_map_done_with(const void *data, size_t size) {
    advise(data, size, MADV_DONTNEED, 1);
}

void region_give_back(void *data, size_t size) {
    advise(data, size, MADV_DONTNEED, 1);
}

void *region_new(size_t size, bool huge) {
    size_t padded;
    if (!round_up_size(&padded, size ? size : 1, HUGE_PAGE)) return NULL;
    /* Through the allocator's gate first, so that tests can make this fail as well. */
    void *gate = mem_alloc(1);
    if (!gate) return NULL;
    mem_free(gate);
    void *region = mmap(NULL, padded, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED) return NULL;
    /* Not the last, which would be filled in part and take its whole size. */
    size_t n_huge = huge ? size & ~(HUGE_PAGE - 1) : 0;
    if (n_huge > 0) (void)madvise(region, n_huge, MADV_HUGEPAGE);
    if (n_huge < padded) {
        (void)madvise((uint8_t *)region + n_huge, padded - n_huge, MADV_NOHUGEPAGE);
    }
    return region;
}

void region_free(void *region, size_t size) {
    size_t padded;
    if (region && round_up_size(&padded, size ? size : 1, HUGE_PAGE)) munmap(region, padded);
}
