#include "base/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum address_reach address_reach(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage all;
    } a = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof a;
    if (getsockname(fd, &a.any, &size) != 0) return ADDRESS_NONE;
    switch (a.any.sa_family) {
    case AF_UNIX:
        return ADDRESS_PATH;
    case AF_INET:
        return ntohl(a.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? ADDRESS_HERE : ADDRESS_OPEN;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr) ? ADDRESS_HERE : ADDRESS_OPEN;
    default:
        return ADDRESS_NONE;
    }
}
