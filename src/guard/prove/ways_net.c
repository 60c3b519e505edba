/* Ways to the network: to listeners of this machine, so that no test ever sends anything out. */
#include <sys/socket.h>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h> /* wants sys/socket.h first */
#include <string.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int connect_to(int family, int type, int protocol, const void *address, socklen_t size) {
    int fd = socket(family, type, protocol);
    return fd < 0 ? errno : way_of(connect(fd, address, size));
}

static int tcp4(const struct prove_scene *s) {
    if (s->tcp4.sin_port == 0) return WAY_MISSING;
    return connect_to(AF_INET, SOCK_STREAM, 0, &s->tcp4, sizeof s->tcp4);
}

static int tcp6(const struct prove_scene *s) {
    if (s->tcp6.sin6_port == 0) return WAY_MISSING;
    return connect_to(AF_INET6, SOCK_STREAM, 0, &s->tcp6, sizeof s->tcp6);
}

static int mptcp(const struct prove_scene *s) {
    if (s->tcp4.sin_port == 0) return WAY_MISSING;
    return connect_to(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, &s->tcp4, sizeof s->tcp4);
}

/* TCP whose first data goes with sendto() or sendmsg(), without a connect(). */
static int fast_open(const struct prove_scene *s) {
    if (s->tcp4.sin_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return errno;
    return way_of(
        sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (const void *)&s->tcp4, sizeof s->tcp4));
}

static int fast_open_message(const struct prove_scene *s) {
    struct sockaddr_in6 to = s->tcp6;
    struct iovec byte = {.iov_base = "x", .iov_len = 1};
    struct msghdr m = {
        .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &byte, .msg_iovlen = 1};
    if (to.sin6_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    return fd < 0 ? errno : way_of(sendmsg(fd, &m, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static int udp4(const struct prove_scene *s) {
    if (s->udp4.sin_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    return way_of(sendto(fd, "x", 1, 0, (const void *)&s->udp4, sizeof s->udp4));
}

static int udp6(const struct prove_scene *s) {
    if (s->udp6.sin6_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    return way_of(sendto(fd, "x", 1, 0, (const void *)&s->udp6, sizeof s->udp6));
}

static int udp_connected(const struct prove_scene *s) {
    if (s->udp4.sin_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return errno;
    if (connect(fd, (const void *)&s->udp4, sizeof s->udp4) != 0) return errno;
    return way_of(write(fd, "x", 1));
}

static int udp_many(const struct prove_scene *s) {
    struct sockaddr_in to = s->udp4;
    struct iovec byte = {.iov_base = "x", .iov_len = 1};
    struct mmsghdr m = {
        .msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &byte, .msg_iovlen = 1}};
    if (to.sin_port == 0) return WAY_MISSING;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd < 0 ? errno : way_of(sendmmsg(fd, &m, 1, 0));
}

static int listen_unbound(const struct prove_scene *s) {
    (void)s;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : way_of(listen(fd, 1));
}

static int bind_and_listen(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return errno;
    if (bind(fd, (const void *)&any, sizeof any) != 0) return errno;
    return way_of(listen(fd, 1));
}

static int bind_udp(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&any, sizeof any));
}

static int vsock(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_vm host = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY};
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&host, sizeof host));
}

/* The kernel is asked for the machine's interfaces. */
static int netlink_links(const struct prove_scene *s) {
    (void)s;
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } ask = {.head = {.nlmsg_len = sizeof ask,
                      .nlmsg_type = RTM_GETLINK,
                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    char answer[4096];
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) return errno;
    if (send(fd, &ask, sizeof ask, 0) < 0) return errno;
    return way_of(recv(fd, answer, sizeof answer, 0));
}

static int netlink_events(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&all, sizeof all));
}

static int packet(const struct prove_scene *s) {
    (void)s;
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(0x0003)};
    int fd = socket(AF_PACKET, SOCK_RAW, htons(0x0003));
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&all, sizeof all));
}

static int hash_by_socket(const struct prove_scene *s) {
    (void)s;
    struct { /* of linux/if_alg.h, which not every system has */
        uint16_t family;
        char type[14];
        uint32_t features, mask;
        char name[64];
    } sha = {.family = AF_ALG, .type = "hash", .name = "sha256"};
    int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
    return fd < 0 ? errno : way_of(bind(fd, (const void *)&sha, sizeof sha));
}

static int protocol(int family, int type, int number) {
    int how = way_of(socket(family, type, number));
    return how == EINVAL ? WAY_MISSING : how;
}

static int raw_ip(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_RAW, IPPROTO_RAW);
}

static int raw_icmp(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int raw_icmp6(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
}

static int ping(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int sctp(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
}

static int dccp(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_DCCP, IPPROTO_DCCP);
}

static int udp_lite(const struct prove_scene *s) {
    (void)s;
    return protocol(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
}

static const struct prove_row rows[] = {
    WAY("TCP over IPv4", tcp4),
    WAY("TCP over IPv6", tcp6),
    WAY("MPTCP", mptcp),
    WAY("TCP Fast Open, sendto()", fast_open),
    WAY("TCP Fast Open, sendmsg() over IPv6", fast_open_message),
    WAY("UDP over IPv4", udp4),
    WAY("UDP over IPv6", udp6),
    WAY("UDP, connect() and write()", udp_connected),
    WAY("UDP, sendmmsg()", udp_many),
    WAY("listen() without bind()", listen_unbound),
    WAY("bind() and listen() on TCP", bind_and_listen),
    WAY("bind() on UDP", bind_udp),
    WAY("raw IPv4", raw_ip),
    WAY("raw ICMP", raw_icmp),
    WAY("raw ICMPv6", raw_icmp6),
    WAY("ping socket", ping),
    WAY("SCTP", sctp),
    WAY("DCCP", dccp),
    WAY("UDP-Lite", udp_lite),
    WAY("capture of packets", packet),
    WAY("netlink: list of interfaces", netlink_links),
    WAY("netlink: events of devices", netlink_events),
    WAY("vsock", vsock),
    WAY("AF_ALG: a hash of the kernel", hash_by_socket),
};

ingle_status prove_ways_net(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "network", rows, BASE_COUNT(rows), err);
}
