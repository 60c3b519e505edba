#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/size.h"

static int64_t nanoseconds(struct timespec t) {
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* fstat() of the C library may come to a call that takes a path as well, which a process that is
 * sealed must not make: this one takes a descriptor and nothing else. */
static int look(int fd, struct stat *st) {
    return (int)syscall(SYS_fstat, fd, st);
}

/* The size and identity of a regular file. */
static ingle_status look_at(struct file_map *map, int fd, const char *path, ingle_error *err) {
    struct stat st = {0}; /* sanitizers do not see what syscall() writes */
    if (look(fd, &st) != 0) return status_errno(err, errno, "read", path);
    if (!S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    map->size = (size_t)st.st_size;
    map->identity = (struct file_identity){.device = st.st_dev,
                                           .inode = st.st_ino,
                                           .size = (uint64_t)st.st_size,
                                           .modified_ns = nanoseconds(st.st_mtim),
                                           .changed_ns = nanoseconds(st.st_ctim)};
    return INGLE_OK;
}

static ingle_status map_whole(struct file_map *map, int fd, const char *path, ingle_error *err) {
    INGLE_TRY(look_at(map, fd, path, err));
    if (map->size == 0) return INGLE_OK;
    void *data = mmap(NULL, map->size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) return status_errno(err, errno, "map", path);
    map->data = data;
    return INGLE_OK;
}

ingle_status file_open_regular(int *fd, const char *path, ingle_error *err) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    /* A socket, or a device that nobody serves, cannot even be opened. */
    if (*fd < 0 && errno == ENXIO) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    if (*fd < 0) return status_unreadable(err, errno, "open", path);
    struct file_map map;
    ingle_status status = look_at(&map, *fd, path, err);
    if (status == INGLE_OK) return INGLE_OK;
    close(*fd);
    *fd = -1;
    return status;
}

ingle_status file_map_open(struct file_map *map, const char *path, ingle_error *err) {
    *map = (struct file_map){0};
    int fd;
    INGLE_TRY(file_open_regular(&fd, path, err));
    ingle_status status = file_map_handed(map, fd, path, err);
    close(fd);
    return status;
}

ingle_status file_map_handed(struct file_map *map, int fd, const char *path, ingle_error *err) {
    *map = (struct file_map){0};
    ingle_status status = map_whole(map, fd, path, err);
    if (status != INGLE_OK) *map = (struct file_map){0};
    return status;
}

/* Room at a multiple of a huge page: a larger piece is taken and its ends are given back. */
static uint8_t *aligned_room(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), padded, room;
    if (!round_up_size(&padded, size, page) || !add_size(&room, padded, HUGE_PAGE)) return NULL;
    uint8_t *taken =
        mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (taken == MAP_FAILED) return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)taken % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0) munmap(taken, before);
    munmap(taken + before + padded, HUGE_PAGE - before);
    return taken + before;
}

ingle_status file_map_descriptor(struct file_map *map, int fd, const char *path, ingle_error *err) {
    *map = (struct file_map){0};
    struct file_map found = {0};
    INGLE_TRY(look_at(&found, fd, path, err));
    if (found.size > 0) {
        uint8_t *room = aligned_room(found.size);
        if (!room) return status_errno(err, ENOMEM, "map", path);
        found.data = mmap(room, found.size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
        if (found.data == MAP_FAILED) {
            int error = errno;
            munmap(room, found.size);
            return status_errno(err, error, "map", path);
        }
        (void)madvise((void *)(uintptr_t)found.data, found.size, MADV_HUGEPAGE);
    }
    *map = found;
    return INGLE_OK;
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

void file_map_populate(const void *data, size_t size) {
    advise(data, size, MADV_POPULATE_READ, 0);
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
