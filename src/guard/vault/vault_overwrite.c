#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/vault/vault_db_internal.h"

static int fill_with_zeros(int fd, off_t size) {
    static const char zeros[65536];
    for (off_t at = 0; at < size;) {
        size_t n = size - at < (off_t)sizeof zeros ? (size_t)(size - at) : sizeof zeros;
        ssize_t done = pwrite(fd, zeros, n, at);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        at += done;
    }
    return 0;
}

int vault_overwrite(const char *path) {
    struct stat st;
    int errnum = 0;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return errno;
    if (fstat(fd, &st) != 0) errnum = errno;
    if (!errnum && !S_ISREG(st.st_mode)) errnum = EINVAL;
    if (!errnum) errnum = fill_with_zeros(fd, st.st_size);
    if (!errnum && fsync(fd) != 0) errnum = errno;
    if (!errnum && ftruncate(fd, 0) != 0) errnum = errno;
    if (!errnum && fsync(fd) != 0) errnum = errno;
    if (close(fd) != 0 && !errnum) errnum = errno;
    return errnum;
}
