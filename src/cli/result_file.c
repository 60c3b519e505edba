#include "cli/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"

#define MAX_TRIES 100

/* The way into a folder that a name ends with, "" for a bare name. */
static int folder_len(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash + 1 - path) : 0;
}

/* The mode goes through the umask, as that of any new file; O_EXCL keeps off files of others. */
static int open_temporary(struct result_file *f, mode_t mode) {
    for (int i = 0; i < MAX_TRIES; i++) {
        snprintf(f->temporary, sizeof f->temporary, "%.*s.ingle-%ld-%d", folder_len(f->target),
                 f->target, (long)getpid(), i);
        interrupt_remove(f->temporary);
        int fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);
        if (fd >= 0) return fd;
        interrupt_keep(f->temporary);
        if (errno != EEXIST) break;
    }
    return -1;
}

static int open_target(struct result_file *f, const char *path, mode_t mode) {
    f->temporary[0] = '\0';
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (exists) {
        if (access(path, W_OK) != 0 || !realpath(path, f->target)) return -1;
    } else if (errno != ENOENT || path[0] == '\0') {
        return -1;
    } else if (snprintf(f->target, sizeof f->target, "%s", path) >= (int)sizeof f->target) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open_temporary(f, mode);
}

static ingle_status open_with(struct result_file *f, const char *path, mode_t mode,
                              ingle_error *err) {
    int fd = open_target(f, path, mode);
    if (fd < 0 && errno == EINTR && interrupt_came()) {
        return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    if (fd < 0) return status_errno(err, errno, "write to", path);
    out_init(&f->out, fd, path);
    return INGLE_OK;
}

ingle_status result_file_open(struct result_file *f, const char *path, ingle_error *err) {
    return open_with(f, path, 0666, err);
}

ingle_status result_file_open_private(struct result_file *f, const char *path, ingle_error *err) {
    return open_with(f, path, 0600, err);
}

ingle_status result_file_close(struct result_file *f, ingle_status status, ingle_error *err) {
    if (status == INGLE_OK) status = out_flush(&f->out, err);
    if (close(f->out.fd) != 0 && status == INGLE_OK) {
        status = status_errno(err, errno, "write to", f->out.name);
    }
    if (!f->temporary[0]) return status;
    if (status == INGLE_OK && rename(f->temporary, f->target) != 0) {
        status = status_errno(err, errno, "write to", f->out.name);
    }
    if (status != INGLE_OK) (void)unlink(f->temporary);
    interrupt_keep(f->temporary);
    return status;
}
