#include "base/cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/hash.h"

#define TEMP_PREFIX "packing-"
#define MAX_TRIES 8
#define SPARE 8 /* one part in so many of what is written must stay free on the disk */

static bool is_ours(const struct stat *st) {
    return st->st_uid == geteuid() && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* ---- the folder ---- */

static int open_folder(const char *path) {
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ingle_status cache_folder_open(struct cache_folder *f, const char *path, ingle_error *err) {
    *f = (struct cache_folder){.fd = open_folder(path), .path = path};
    if (f->fd < 0 && errno == ENOENT) {
        INGLE_TRY(folder_create(path, err));
        f->fd = open_folder(path);
    }
    if (f->fd < 0) return status_errno(err, errno, "open", path);
    struct stat st;
    if (fstat(f->fd, &st) == 0 && is_ours(&st)) return INGLE_OK;
    cache_folder_close(f);
    return status_set(err, INGLE_FAILED, 0,
                      "'%s' belongs to another user or may be written to by others.", path);
}

void cache_folder_close(struct cache_folder *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

/* ---- its files ---- */

ingle_status cache_folder_find(int *fd, const struct cache_folder *f, const char *name,
                               ingle_error *err) {
    *fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    int error = *fd < 0 ? errno : 0;
    if (error == ENOENT) return status_errno(err, error, "open", name);
    struct stat st;
    if (!error && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && is_ours(&st)) return INGLE_OK;
    if (*fd >= 0) close(*fd);
    *fd = -1;
    return status_set(err, INGLE_INVALID, 0,
                      "The cached file was not a file of this user that only this user may write.");
}

ingle_status cache_folder_patch(const struct cache_folder *f, const char *name, uint64_t inode,
                                const void *data, size_t size, uint64_t at, ingle_error *err) {
    int fd = openat(f->fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return status_errno(err, errno, "update", name);
    struct stat st;
    ingle_status status = INGLE_OK;
    if (fstat(fd, &st) == 0 && st.st_ino == inode &&
        pwrite(fd, data, size, (off_t)at) != (ssize_t)size) {
        status = status_errno(err, errno, "update", name);
    }
    close(fd);
    return status;
}

/* ---- new files ---- */

/* A process at its limit would get a signal, and end, instead of an error. */
ingle_status cache_room(int fd, uint64_t size, const char *path, ingle_error *err) {
    size += size / SPARE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < size) {
        return status_errno(err, EFBIG, "write to", path);
    }
    struct statvfs st;
    if (fstatvfs(fd, &st) != 0) return status_errno(err, errno, "write to", path);
    uint64_t n_free;
    if (__builtin_mul_overflow(st.f_bavail, st.f_frsize, &n_free) || n_free >= size) {
        return INGLE_OK;
    }
    return status_set(err, INGLE_LIMIT, 0,
                      "'%s' needs %" PRIu64 " MiB for the packed weights and has %" PRIu64
                      " MiB left.",
                      path, (size >> 20) + 1, n_free >> 20);
}

/* Locked before anybody could take it for a dead writer's, or not ours: false. */
static bool lock_new(int fd) {
    struct stat st;
    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 1;
}

ingle_status cache_temp_open(struct cache_temp *t, const struct cache_folder *f, uint64_t size,
                             ingle_error *err) {
    t->fd = -1;
    INGLE_TRY(cache_room(f->fd, size, f->path, err));
    for (int i = 0; i < MAX_TRIES; i++) {
        uint64_t number = hash_u64(hash_seed(t), (uint64_t)getpid());
        snprintf(t->name, sizeof t->name, TEMP_PREFIX "%016" PRIx64, number);
        t->fd = openat(f->fd, t->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (t->fd < 0 && errno == EEXIST) continue;
        if (t->fd < 0) return status_errno(err, errno, "write to", f->path);
        if (lock_new(t->fd)) return INGLE_OK;
        cache_temp_abandon(t, f);
    }
    return status_set(err, INGLE_FAILED, 0, "No new file in '%s' can be locked.", f->path);
}

ingle_status cache_temp_commit(struct cache_temp *t, const struct cache_folder *f, const char *name,
                               ingle_error *err) {
    if (fsync(t->fd) == 0 && renameat(f->fd, t->name, f->fd, name) == 0) return INGLE_OK;
    return status_errno(err, errno, "write to", f->path);
}

void cache_temp_abandon(struct cache_temp *t, const struct cache_folder *f) {
    if (t->fd < 0) return;
    (void)unlinkat(f->fd, t->name, 0);
    close(t->fd);
    t->fd = -1;
}

/* ---- what is left over ---- */

static bool nobody_writes(int fd, const char *name, const void *arg) {
    (void)name;
    (void)arg;
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void cache_folder_sweep(const struct cache_folder *f) {
    cache_folder_remove(f, TEMP_PREFIX, nobody_writes, NULL);
}

void cache_folder_remove(const struct cache_folder *f, const char *prefix, cache_judge is_outdated,
                         const void *arg) {
    int again = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    if (!dir) {
        if (again >= 0) close(again);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) continue;
        int fd = openat(f->fd, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0) continue;
        if (is_outdated(fd, entry->d_name, arg)) (void)unlinkat(f->fd, entry->d_name, 0);
        close(fd);
    }
    closedir(dir);
}
