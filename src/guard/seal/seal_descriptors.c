/* Closes all descriptors but those that the plan names, and looks at those: whatever they lead to
 * stays in reach of read() and write(). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "guard/seal/seal_internal.h"

/* Names differ between headers; numbers are the kernel's for good. */
#define SYS_CLOSE_RANGE 436
#define MAX_FILE_BESIDE ((uint64_t)64 << 20)
#define PROC_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572

static bool is_event_counter(int fd) {
    char path[32], target[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) return false;
    target[n] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0;
}

/* /dev/null; for what a person reads also those that swallow all, or nothing. */
static bool is_harmless_device(dev_t device, bool is_read_by_person) {
    return device == makedev(1, 3) ||
           (is_read_by_person && (device == makedev(1, 5) || device == makedev(1, 7)));
}

/* What such a descriptor must not be kept for; NULL. */
static const char *complaint(int fd, bool is_read_by_person) {
    struct stat st;
    struct statfs fs;
    int family = -1;
    socklen_t size = sizeof family;
    if (fstat(fd, &st) != 0) return "is not open";
    if (S_ISREG(st.st_mode)) {
        if (fstatfs(fd, &fs) != 0) return "lies on no file system";
        return fs.f_type == PROC_MAGIC || fs.f_type == SYSFS_MAGIC ? "is a switch of the system"
                                                                   : NULL;
    }
    if (S_ISFIFO(st.st_mode)) return NULL;
    if (S_ISSOCK(st.st_mode)) {
        bool known = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0;
        return known && family == AF_UNIX ? NULL : "is a network socket";
    }
    if (S_ISCHR(st.st_mode)) {
        return is_harmless_device(st.st_rdev, is_read_by_person) || isatty(fd) ? NULL
                                                                               : "is a device";
    }
    if (S_ISDIR(st.st_mode)) return "is a folder";
    return is_event_counter(fd) ? NULL : "is not of a kind that may be kept";
}

static int by_value(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* The kernels before 5.9, and containers that do not know the call: one by one. */
static int close_slowly(unsigned from, unsigned to) {
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) return errno;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char *end;
        unsigned long fd = strtoul(entry->d_name, &end, 10);
        bool is_number = end != entry->d_name && *end == '\0';
        if (is_number && fd >= from && fd <= to && (int)fd != dirfd(dir)) close((int)fd);
    }
    closedir(dir);
    return 0;
}

static int close_from_to(unsigned from, unsigned to) {
    if (syscall(SYS_CLOSE_RANGE, from, to, 0) == 0) return 0;
    return close_slowly(from, to);
}

static ingle_status refuse(int fd, const char *what, ingle_error *err) {
    static const char *const streams[] = {"standard input", "standard output", "standard error"};
    if (fd >= 0 && (size_t)fd < BASE_COUNT(streams)) {
        return status_set(err, INGLE_FAILED, 0, "Cannot seal this process: its %s %s.", streams[fd],
                          what);
    }
    return status_set(err, INGLE_FAILED, 0, "Cannot seal this process: its descriptor %d %s.", fd,
                      what);
}

uint64_t seal_max_file(const int *fds, size_t n) {
    uint64_t size = MAX_FILE_BESIDE;
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        if (fstat(fds[i], &st) == 0 && st.st_size > 0) size += 2 * (uint64_t)st.st_size;
    }
    return size;
}

ingle_status seal_close_others(const struct seal_plan *plan, ingle_error *err) {
    int keep[SEAL_MAX_KEEP];
    if (plan->n_keep > SEAL_MAX_KEEP) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Cannot seal this process: %zu descriptors are to be kept; %d can be.",
                          plan->n_keep, SEAL_MAX_KEEP);
    }
    for (size_t i = 0; i < plan->n_keep; i++) {
        int fd = keep[i] = plan->keep[i];
        bool is_stream = fd == STDOUT_FILENO || fd == STDERR_FILENO;
        const char *what = complaint(fd, plan->is_own_master && is_stream);
        if (what) return refuse(fd, what, err);
    }
    qsort(keep, plan->n_keep, sizeof *keep, by_value);
    unsigned from = 0;
    for (size_t i = 0; i <= plan->n_keep; i++) {
        unsigned next = i < plan->n_keep ? (unsigned)keep[i] : ~0u;
        int error = next > from ? close_from_to(from, next - (next != ~0u)) : 0;
        if (error) return seal_failed(err, error, "closing its descriptors");
        from = next + 1;
    }
    return INGLE_OK;
}
