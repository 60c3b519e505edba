/* Ways to other processes of this machine by sockets, and what could be done with the one socket
 * that a worker has. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

/* An address without a listener has an empty name. */
static bool is_missing(const struct sockaddr_un *to) {
    return to->sun_path[1] == '\0';
}

static int connect_to(int fd, const struct sockaddr_un *to) {
    if (fd < 0) return errno;
    return way_of(connect(fd, (const void *)to, sizeof *to));
}

static int path_stream(const struct prove_scene *s) {
    if (is_missing(&s->path)) return WAY_MISSING;
    return connect_to(socket(AF_UNIX, SOCK_STREAM, 0), &s->path);
}

static int abstract_stream(const struct prove_scene *s) {
    if (is_missing(&s->abstract)) return WAY_MISSING;
    return connect_to(socket(AF_UNIX, SOCK_STREAM, 0), &s->abstract);
}

static int path_datagram(const struct prove_scene *s) {
    if (is_missing(&s->path_datagram)) return WAY_MISSING;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    return way_of(sendto(fd, "x", 1, 0, (const void *)&s->path_datagram, sizeof s->path_datagram));
}

/* One end of a pair of datagram sockets sends where it likes. */
static int pair_datagram(const struct prove_scene *s) {
    int pair[2];
    if (is_missing(&s->path_datagram)) return WAY_MISSING;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return errno;
    return way_of(
        sendto(pair[0], "x", 1, 0, (const void *)&s->path_datagram, sizeof s->path_datagram));
}

static int new_pair(const struct prove_scene *s) {
    (void)s;
    int pair[2];
    return way_of(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static int bind_abstract(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_un name = {.sun_family = AF_UNIX}; /* the kernel chooses one */
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) return errno;
    if (bind(fd, (const void *)&name, sizeof name.sun_family) != 0) return errno;
    return way_of(listen(fd, 1));
}

static int bind_path(const struct prove_scene *s) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (!s->folder[0]) return WAY_MISSING;
    strncpy(name.sun_path, prove_scene_path(s, "bound"), sizeof name.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&name, sizeof name));
}

static int channel_bind(const struct prove_scene *s) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    return way_of(bind(s->channel, (const void *)&name, sizeof name.sun_family));
}

static int channel_connect(const struct prove_scene *s) {
    return is_missing(&s->path) ? WAY_MISSING : connect_to(s->channel, &s->path);
}

static int channel_reconnect(const struct prove_scene *s) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    return way_of(connect(s->channel, &nobody, sizeof nobody));
}

static int channel_send_elsewhere(const struct prove_scene *s) {
    if (is_missing(&s->path_datagram)) return WAY_MISSING;
    return way_of(sendto(s->channel, "x", 1, MSG_NOSIGNAL, (const void *)&s->path_datagram,
                         sizeof s->path_datagram));
}

static int channel_listen(const struct prove_scene *s) {
    return way_of(listen(s->channel, 1));
}

static int channel_accept(const struct prove_scene *s) {
    return way_of(accept4(s->channel, NULL, NULL, 0));
}

static int channel_options(const struct prove_scene *s) {
    int on = 1;
    return way_of(setsockopt(s->channel, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
}

/* ---- descriptors that come or go by the channel ---- */

union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* Does the message hold a descriptor that can be used? */
static int received(struct msghdr *m) {
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    int fd;
    if (!c || c->cmsg_type != SCM_RIGHTS) return ENOMSG;
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd >= 0 ? WAY_OPEN : EBADF;
}

static int receive(const struct prove_scene *s) {
    union control control = {0};
    char byte;
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    return recvmsg(s->channel, &m, MSG_DONTWAIT) < 0 ? errno : received(&m);
}

static int receive_many(const struct prove_scene *s) {
    union control control = {0};
    char byte;
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct mmsghdr m = {.msg_hdr = {.msg_iov = &iov,
                                    .msg_iovlen = 1,
                                    .msg_control = &control,
                                    .msg_controllen = sizeof control}};
    return recvmmsg(s->channel, &m, 1, MSG_DONTWAIT, NULL) < 0 ? errno : received(&m.msg_hdr);
}

static int send_descriptor(const struct prove_scene *s) {
    union control control = {0};
    struct iovec iov = {.iov_base = "x", .iov_len = 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &s->model, sizeof s->model);
    return way_of(sendmsg(s->channel, &m, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static const struct prove_row rows[] = {
    WAY("connect to a socket file", path_stream),
    WAY("connect to an abstract socket", abstract_stream),
    WAY("send to a socket file", path_datagram),
    WAY("send to a socket file from a socket pair", pair_datagram),
    WAY("listen on an abstract socket", bind_abstract),
    WAY("make a socket file", bind_path),
};

static const struct prove_row channel_rows[] = {
    WAY("a new socket pair", new_pair),
    WAY("bind() of the channel", channel_bind),
    WAY("connect() of the channel to a socket file", channel_connect),
    WAY("undo the connection of the channel", channel_reconnect),
    WAY("send elsewhere by the channel", channel_send_elsewhere),
    WAY("listen() on the channel", channel_listen),
    WAY("accept() on the channel", channel_accept),
    WAY("receive a descriptor, recvmsg()", receive),
    WAY("receive a descriptor, recvmmsg()", receive_many),
    WAY("hand a descriptor out, sendmsg()", send_descriptor),
    /* The last: the sender of a letter would stand before what is enclosed. */
    WAY("setsockopt() of the channel", channel_options),
};

ingle_status prove_ways_local(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "local sockets", rows, BASE_COUNT(rows), err);
}

ingle_status prove_ways_channel(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "the channel", channel_rows, BASE_COUNT(channel_rows), err);
}
