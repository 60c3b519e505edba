#include "daemon/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/ascii.h"

#define FIRST 3 /* after the standard streams */

static bool read_number(const char *text, long max, long *out) {
    char *end;
    if (!text || !ascii_is_digit(text[0])) return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && *out <= max;
}

static ingle_status check(int fd, ingle_error *err) {
    int type = 0, listens = 0;
    socklen_t n_type = sizeof type, n_listens = sizeof listens;
    bool is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n_type) == 0 &&
                     getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n_listens) == 0;
    if (!is_socket || type != SOCK_STREAM || !listens) {
        return status_set(err, INGLE_REFUSED, 0,
                          "Descriptor %d of the service manager is no listening stream socket.",
                          fd);
    }
    /* What everybody on the network could reach has no place here. */
    if (!address_is_local(fd)) {
        return status_set(err, INGLE_REFUSED, 0,
                          "Descriptor %d of the service manager listens to other machines.", fd);
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) return INGLE_OK;
    return status_errno(err, errno, "keep from other programs", "the socket");
}

/* Children must not take them for theirs. */
static void forget(void) {
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

ingle_status activation_take(int fds[ACTIVATION_MAX], size_t *n, ingle_error *err) {
    long pid = 0, count = 0;
    *n = 0;
    const char *for_whom = getenv("LISTEN_PID"), *how_many = getenv("LISTEN_FDS");
    if (!for_whom && !how_many) return INGLE_OK;
    bool makes_sense =
        read_number(for_whom, INT32_MAX, &pid) && read_number(how_many, ACTIVATION_MAX, &count);
    bool is_for_us = makes_sense && pid == (long)getpid();
    forget();
    if (!makes_sense) {
        return status_set(err, INGLE_INVALID, 0,
                          "LISTEN_PID and LISTEN_FDS of the service manager make no sense, or tell "
                          "of more than %d sockets.",
                          ACTIVATION_MAX);
    }
    if (!is_for_us) return INGLE_OK;
    for (long i = 0; i < count; i++) INGLE_TRY(check(FIRST + (int)i, err));
    for (long i = 0; i < count; i++) fds[i] = FIRST + (int)i;
    *n = (size_t)count;
    return INGLE_OK;
}
