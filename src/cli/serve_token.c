#include "cli/serve_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

static ingle_status check(int fd, const struct serve_token *t, ingle_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return status_errno(err, errno, "read", t->path);
    if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "Others may read or change '%s', which holds the token: chmod 600 it, or "
                      "delete it for a new one.",
                      t->path);
}

static ingle_status read_file(struct serve_token *t, int fd, ingle_error *err) {
    char text[SECRET_LEN + 2];
    INGLE_TRY(check(fd, t, err));
    ssize_t n = read(fd, text, sizeof text);
    if (n < 0) return status_errno(err, errno, "read", t->path);
    size_t len = (size_t)n;
    if (len > 0 && text[len - 1] == '\n') len--;
    bool is_token = secret_read(&t->secret, text, len);
    explicit_bzero(text, sizeof text);
    if (!is_token) {
        return status_set(err, INGLE_INVALID, 0,
                          "There is no token in '%s'; delete it for a new one.", t->path);
    }
    return INGLE_OK;
}

/* Whole or not at all: a second start meanwhile finds either nothing or a token. */
static ingle_status make_file(struct serve_token *t, ingle_error *err) {
    char temporary[USER_DIR_CAP + 16];
    INGLE_TRY(secret_make(&t->secret, err));
    snprintf(temporary, sizeof temporary, "%s.%d", t->path, (int)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return status_errno(err, errno, "write", temporary);
    bool is_written = dprintf(fd, "%s\n", t->secret.text) == SECRET_LEN + 1 && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (is_written && link(temporary, t->path) != 0) {
        error = errno;
        is_written = false;
    }
    unlink(temporary);
    t->is_new = is_written;
    return is_written ? INGLE_OK : status_errno(err, error, "write", t->path);
}

ingle_status serve_token_read(struct serve_token *t, ingle_error *err) {
    char folder[USER_DIR_CAP];
    *t = (struct serve_token){.is_new = false};
    if (!user_state_dir(folder, "") || !user_state_dir(t->path, "/token")) {
        return status_set(err, INGLE_FAILED, 0,
                          "There is no folder for the token: HOME is not set.");
    }
    int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        INGLE_TRY(folder_create(folder, err));
        return make_file(t, err);
    }
    if (fd < 0) return status_errno(err, errno, "read", t->path);
    ingle_status status = read_file(t, fd, err);
    close(fd);
    return status;
}
