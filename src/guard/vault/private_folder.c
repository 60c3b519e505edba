#include "guard/vault/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

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
    INGLE_TRY(folder_create(path, err));
    return private_folder_open(fd, path, err);
}
