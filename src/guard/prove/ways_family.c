/* Every family of sockets, with every type. */
#include <stdio.h>
#include <sys/socket.h>

#include "guard/prove/prove_internal.h"

static const char *const families[] = {
    "UNSPEC",  "UNIX",    "INET",    "AX25",   "IPX",        "APPLETALK", "NETROM",   "BRIDGE",
    "ATMPVC",  "X25",     "INET6",   "ROSE",   "DECnet",     "NETBEUI",   "SECURITY", "KEY",
    "NETLINK", "PACKET",  "ASH",     "ECONET", "ATMSVC",     "RDS",       "SNA",      "IRDA",
    "PPPOX",   "WANPIPE", "LLC",     "IB",     "MPLS",       "CAN",       "TIPC",     "BLUETOOTH",
    "IUCV",    "RXRPC",   "ISDN",    "PHONET", "IEEE802154", "CAIF",      "ALG",      "NFC",
    "VSOCK",   "KCM",     "QIPCRTR", "SMC",    "XDP",        "MCTP",
};

static const struct {
    const char *name;
    int type;
} types[] = {{"STREAM", SOCK_STREAM},
             {"DGRAM", SOCK_DGRAM},
             {"RAW", SOCK_RAW},
             {"SEQPACKET", SOCK_SEQPACKET}};

static int make_socket(const struct prove_scene *s, const struct prove_way *way) {
    (void)s;
    int how = way_of(socket((int)way->a, (int)way->b, 0));
    /* A type that the family does not have. */
    return how == EINVAL || how == EOPNOTSUPP ? WAY_MISSING : how;
}

ingle_status prove_ways_family(struct prove_list *list, ingle_error *err) {
    for (size_t family = 0; family < BASE_COUNT(families); family++) {
        for (size_t k = 0; k < BASE_COUNT(types); k++) {
            struct prove_way way = {.group = "socket families",
                                    .attempt = make_socket,
                                    .a = (long)family,
                                    .b = types[k].type};
            snprintf(way.name, sizeof way.name, "socket(AF_%s, SOCK_%s)", families[family],
                     types[k].name);
            INGLE_TRY(prove_list_add(list, &way, err));
        }
    }
    return INGLE_OK;
}
