#include "cli/serve_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* ---- a path ---- */

/* A socket of this user's that nobody listens on: connecting to any other file is refused as well.
 */
static bool is_left_over(const struct sockaddr_un *address) {
    struct stat st;
    if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid()) {
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is = probe >= 0 &&
              connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
              errno == ECONNREFUSED;
    if (probe >= 0) close(probe);
    return is;
}

static ingle_status bind_path(int fd, const struct sockaddr_un *address, ingle_error *err) {
    const struct sockaddr *a = (const struct sockaddr *)address;
    mode_t before = umask(0177); /* 0600 from its first moment on */
    int error = bind(fd, a, sizeof *address) == 0 ? 0 : errno;
    if (error == EADDRINUSE && is_left_over(address) && unlink(address->sun_path) == 0) {
        error = bind(fd, a, sizeof *address) == 0 ? 0 : errno;
    }
    umask(before);
    return error == 0 ? INGLE_OK : status_errno(err, error, "listen on", address->sun_path);
}

ingle_status serve_socket_path(int *fd, const char *path, ingle_error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *fd = -1;
    if (strlen(path) >= sizeof address.sun_path) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The socket's path '%.120s' is too long.",
                          path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) return status_errno(err, errno, "make", "a socket");
    ingle_status status = bind_path(s, &address, err);
    if (status == INGLE_OK && listen(s, BACKLOG) != 0) {
        status = status_errno(err, errno, "listen on", path);
    }
    if (status == INGLE_OK) {
        *fd = s;
    } else {
        close(s);
    }
    return status;
}

/* ---- an address ---- */

/* Digits alone, which getaddrinfo() would not insist on; it would also take 65536 for 0. */
static bool is_port(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n > 0 && n < 8 && text[n] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* "host:port" or "[v6]:port" into its two parts. */
static bool split(const char *address, char host[64], char port[8]) {
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;
    if (!colon || n == 0 || n >= 64 || !is_port(colon + 1)) return false;
    bool is_v6 = address[0] == '[' && address[n - 1] == ']';
    snprintf(host, 64, "%.*s", (int)(is_v6 ? n - 2 : n), address + is_v6);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static ingle_status bind_address(int *fd, const struct addrinfo *a, const char *address,
                                 ingle_error *err) {
    int yes = 1;
    int s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) return status_errno(err, errno, "make", "a socket");
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, a->ai_addr, a->ai_addrlen) == 0 && listen(s, BACKLOG) == 0) {
        *fd = s;
        return INGLE_OK;
    }
    int error = errno;
    close(s);
    return status_errno(err, error, "listen on", address);
}

ingle_status serve_socket_address(int *fd, const char *address, ingle_error *err) {
    char host[64], port[8];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    *fd = -1;
    if (split(address, host, port)) {
        const char *name = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
        if (getaddrinfo(name, port, &hints, &found) != 0) found = NULL;
    }
    if (!found) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%.80s' is no address to listen on; say 127.0.0.1:8080.", address);
    }
    ingle_status status = bind_address(fd, found, address, err);
    freeaddrinfo(found);
    return status;
}

void serve_socket_name(char out[SERVE_SOCKET_NAME], int fd, bool is_tls) {
    union {
        struct sockaddr any;
        struct sockaddr_un path;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof a;
    char host[INET6_ADDRSTRLEN];
    const char *scheme = is_tls ? "https" : "http";
    out[0] = '\0';
    if (getsockname(fd, &a.any, &size) != 0) return;
    if (a.any.sa_family == AF_UNIX) {
        snprintf(out, SERVE_SOCKET_NAME, "%s", a.path.sun_path);
    } else if (a.any.sa_family == AF_INET &&
               inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host)) {
        snprintf(out, SERVE_SOCKET_NAME, "%s://%s:%d", scheme, host, ntohs(a.v4.sin_port));
    } else if (inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host)) {
        snprintf(out, SERVE_SOCKET_NAME, "%s://[%s]:%d", scheme, host, ntohs(a.v6.sin6_port));
    }
}
