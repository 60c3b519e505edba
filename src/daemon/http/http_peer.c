#include "daemon/http/http_peer.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"

static bool of_unix(struct http_peer *peer, uint64_t *key, int fd) {
    struct ucred who;
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return false;
    peer->is_unix = peer->is_loopback = true;
    peer->pid = who.pid;
    *key = (uint64_t)(uint32_t)who.pid;
    return who.uid == geteuid() || who.uid == 0;
}

bool http_peer_of(struct http_peer *peer, uint64_t *key, int fd, const struct sockaddr *address) {
    uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff}; /* IPv4 as IPv6 writes it */
    switch (address->sa_family) {
    case AF_INET:
        memcpy(bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
        break;
    case AF_INET6:
        memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
        break;
    default:
        return of_unix(peer, key, fd);
    }
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, loopback[16] = {[15] = 1};
    bool is_v4 = memcmp(bytes, mapped, sizeof mapped) == 0;
    peer->is_loopback = is_v4 ? bytes[12] == 127 : memcmp(bytes, loopback, sizeof loopback) == 0;
    uint64_t halves[2];
    memcpy(halves, bytes, sizeof halves);
    /* Of another machine's IPv6 the first half, which is all that it cannot choose. */
    *key = is_v4 || peer->is_loopback ? ~halves[1] : ~halves[0];
    return true;
}

/* Those between two requests lose nothing that they cannot get again. */
static bool end_idle(struct http_server *server, bool of_key, uint64_t key) {
    struct http_connection *c, *oldest = NULL;
    TAILQ_FOREACH(c, &server->connections, link) {
        if (!c->is_idle || c->is_broken || (of_key && c->peer_key != key)) continue;
        if (!oldest || c->since < oldest->since) oldest = c;
    }
    if (!oldest) return false;
    oldest->is_broken = true;
    http_connection_mark(oldest);
    return true;
}

bool http_peer_make_room(struct http_server *server, const struct http_peer *peer, uint64_t key) {
    const struct http_limits *limits = &server->options.limits;
    bool is_crowd = peer->is_loopback && !peer->is_unix;
    unsigned n = 0, n_peer = 0, max = is_crowd ? limits->per_loopback : limits->per_peer;
    struct http_connection *c;
    TAILQ_FOREACH(c, &server->connections, link) {
        if (c->is_broken) continue; /* on its way out */
        n++;
        n_peer += c->peer.is_unix == peer->is_unix && c->peer_key == key;
    }
    if (n_peer >= max && !end_idle(server, true, key)) return false;
    if (n_peer >= max) n--;
    return n < limits->connections || end_idle(server, false, key);
}

void http_peer_turn_away(int fd, bool is_tls) {
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    char waste[4096];
    if (!is_tls) {
        (void)send(fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(fd, SHUT_WR);
        /* What has been read does not make the kernel throw the answer away. */
        int n = 0;
        while (n++ < 16 && recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0) continue;
    }
    close(fd);
}
