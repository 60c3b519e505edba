#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/http_internal.h"
#include "daemon/http/tls_library.h"

static enum http_io of_errno(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? HTTP_IO_AGAIN : HTTP_IO_LOST;
}

static enum http_io of_tls(struct http_connection *c, int result) {
    switch (tls_library()->SSL_get_error(c->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return HTTP_IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return HTTP_IO_END;
    default:
        tls_library()->ERR_clear_error();
        return HTTP_IO_LOST;
    }
}

enum http_io http_io_read(struct http_connection *c, void *data, size_t size, size_t *n) {
    *n = 0;
    if (c->tls) {
        tls_library()->ERR_clear_error();
        int result = tls_library()->SSL_read_ex(c->tls, data, size, n);
        return result == 1 ? HTTP_IO_DONE : of_tls(c, result);
    }
    ssize_t got;
    do got = recv(c->fd, data, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return of_errno();
    *n = (size_t)got;
    return got == 0 ? HTTP_IO_END : HTTP_IO_DONE;
}

enum http_io http_io_write(struct http_connection *c, const void *data, size_t size, size_t *n) {
    *n = 0;
    if (c->tls) {
        tls_library()->ERR_clear_error();
        int result = tls_library()->SSL_write_ex(c->tls, data, size, n);
        return result == 1 ? HTTP_IO_DONE : of_tls(c, result);
    }
    ssize_t put;
    do put = send(c->fd, data, size, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put < 0) return of_errno();
    *n = (size_t)put;
    return HTTP_IO_DONE;
}

enum http_io http_io_handshake(struct http_connection *c) {
    tls_library()->ERR_clear_error();
    int result = tls_library()->SSL_accept(c->tls);
    return result == 1 ? HTTP_IO_DONE : of_tls(c, result);
}

bool http_io_open(struct http_connection *c) {
    if (!c->listener->tls) return true;
    const struct tls_library *tls = tls_library();
    c->tls = tls->SSL_new(c->listener->tls);
    if (!c->tls || tls->SSL_set_fd(c->tls, c->fd) != 1) return false;
    const long modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                       SSL_MODE_RELEASE_BUFFERS;
    (void)tls->SSL_set_options(c->tls, SSL_OP_NO_RENEGOTIATION);
    (void)tls->SSL_ctrl(c->tls, SSL_CTRL_MODE, modes, NULL);
    return tls->SSL_ctrl(c->tls, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1;
}

void http_io_close(struct http_connection *c) {
    if (c->tls) {
        tls_library()->ERR_clear_error();
        (void)tls_library()->SSL_shutdown(c->tls);
    }
    shutdown(c->fd, SHUT_WR);
}

void http_io_free(struct http_connection *c) {
    if (c->tls) tls_library()->SSL_free(c->tls);
    c->tls = NULL;
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
}

void http_io_look(const struct http_connection *c, bool *has_closed_half, bool *is_gone) {
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    bool has_looked = poll(&p, 1, 0) >= 0;
    *is_gone = has_looked && (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    *has_closed_half = has_looked && (p.revents & POLLRDHUP) != 0;
}
