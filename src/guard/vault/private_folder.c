#include "guard/vault/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every part of the path that ends before a slash, then all of it. Returns why the last one could
 * not be made; that the ones above exist, or cannot be made, shows by that. */
static int make_folders(const char *path) {
    char part[PATH_MAX];
    size_t len = strlen(path);
    int errnum = 0;
    if (len >= sizeof part) return ENAMETOOLONG;
    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        bool is_there = mkdir(part, 0700) == 0 || errno == EEXIST;
        /* What keeps the first missing one from being made tells more than what follows from it. */
        if (is_there) {
            errnum = 0;
        } else if (!errnum || errno != ENOENT) {
            errnum = errno;
        }
    }
    return errnum;
}

static ingle_status check(int fd, const char *path, ingle_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return status_errno(err, errno, "look at", path);
    if (st.st_uid != geteuid()) {
        return status_set(err, INGLE_REFUSED, 0, "The folder '%s' belongs to another user.", path);
    }
    if (st.st_mode & 077) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The folder '%s' is open to other users: its mode is %03o and should be "
                          "700.",
                          path, (unsigned)st.st_mode & 0777);
    }
    return INGLE_OK;
}

ingle_status private_folder_open(int *fd, const char *path, ingle_error *err) {
    *fd = -1;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return status_errno(err, errno, "open the folder", path);
    ingle_status status = check(folder, path, err);
    if (status != INGLE_OK) {
        close(folder);
        return status;
    }
    *fd = folder;
    return INGLE_OK;
}

ingle_status private_folder_make(int *fd, const char *path, ingle_error *err) {
    *fd = -1;
    int errnum = make_folders(path);
    if (errnum) return status_errno(err, errnum, "make the folder", path);
    return private_folder_open(fd, path, err);
}
