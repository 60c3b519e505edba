#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "daemon/http/http_internal.h"
#include "daemon/http/http_peer.h"
#include "daemon/http/tls_library.h"

#define RESUME_MS 100 /* after descriptors ran out */
/* What the kernel takes of us for a client that reads nothing: else megabytes, and it would be long
 * before that shows. */
#define KERNEL_BUFFER (64 << 10)

struct http_options http_options_default(void) {
    return (struct http_options){
        .limits = {.body = (size_t)8 << 20,
                   .bodies = (size_t)128 << 20,
                   .send_buffer = (size_t)256 << 10,
                   .send_max = (size_t)8 << 20,
                   .unsent = (size_t)32 << 20,
                   .reply_max = (size_t)64 << 20,
                   .connections = 1024,
                   .per_peer = 64,
                   .per_loopback = 512},
        .deadlines = {.head_ms = 10000,
                      .body_ms = 30000,
                      .body_rate = 1024,
                      .idle_ms = 60000,
                      .keep_alive_ms = 15000,
                      .stall_ms = 30000,
                      .probe_ms = 50,
                      .linger_ms = 1000},
    };
}

/* The turns of all that were marked since; those that are marked meanwhile, too. */
static void on_flush(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct http_server *server = arg;
    struct http_connection *last = TAILQ_LAST(&server->dirty, http_connections);
    for (struct http_connection *c; (c = TAILQ_FIRST(&server->dirty));) {
        bool is_last = c == last;
        TAILQ_REMOVE(&server->dirty, c, dirty);
        c->is_dirty = false;
        http_connection_turn(c);
        if (is_last) break;
    }
    if (!TAILQ_EMPTY(&server->dirty)) event_active(server->flush, EV_WRITE, 0);
}

void http_server_tell_drained(struct http_server *server) {
    if (!server->is_draining || server->info.connections > 0 || !server->on_drained) return;
    void (*on_drained)(void *user) = server->on_drained;
    server->on_drained = NULL;
    on_drained(server->drained_user);
}

static void enable(struct http_server *server, bool is_on) {
    for (size_t i = 0; i < server->n_listeners; i++) {
        struct evconnlistener *events = server->listeners[i].events;
        if (events && is_on) evconnlistener_enable(events);
        if (events && !is_on) evconnlistener_disable(events);
    }
}

static void on_resume(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct http_server *server = arg;
    if (!server->is_draining) enable(server, true);
    http_server_tell_drained(server);
}

/* No descriptors left: the connections that wait would wake us for ever. */
static void on_accept_error(struct evconnlistener *events, void *arg) {
    (void)events;
    struct http_listener *listener = arg;
    struct timeval tv = {.tv_usec = RESUME_MS * 1000};
    enable(listener->server, false);
    evtimer_add(listener->server->resume, &tv);
}

static void on_accept(struct evconnlistener *events, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg) {
    (void)events, (void)len;
    struct http_listener *listener = arg;
    struct http_server *server = listener->server;
    struct http_peer peer = {.is_tls = listener->tls != NULL, .listener = listener->tag};
    uint64_t key;
    server->info.accepted++;
    if (!http_peer_of(&peer, &key, fd, address) || !http_peer_make_room(server, &peer, key)) {
        server->info.refused_peer++;
        http_peer_turn_away(fd, peer.is_tls);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){KERNEL_BUFFER}, sizeof(int));
    if (!peer.is_unix) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (!http_connection_new(server, listener, fd, &peer, key)) close(fd);
}

ingle_status http_server_new(struct http_server **out, const struct http_options *options,
                             ingle_error *err) {
    *out = NULL;
    struct http_server *server = mem_calloc(1, sizeof *server);
    if (!server) return status_no_memory(err, "the HTTP server", sizeof *server);
    server->options = *options;
    TAILQ_INIT(&server->connections);
    TAILQ_INIT(&server->dirty);
    TAILQ_INIT(&server->exchanges);
    server->flush = event_new(options->base, -1, 0, on_flush, server);
    server->resume = evtimer_new(options->base, on_resume, server);
    if (!server->flush || !server->resume) {
        http_server_free(server);
        return status_no_memory(err, "the HTTP server's events", 0);
    }
    *out = server;
    return INGLE_OK;
}

/* What the descriptor is: of Unix or TCP, and on which port. */
static ingle_status ask_site(struct http_site *site, int fd, ingle_error *err) {
    struct sockaddr_storage address = {0};
    int listens = 0;
    socklen_t size = sizeof address, n = sizeof listens;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) != 0) {
        return status_errno(err, errno, "listen on", "the socket");
    }
    site->is_unix = address.ss_family == AF_UNIX;
    bool is_v4 = address.ss_family == AF_INET, is_v6 = address.ss_family == AF_INET6;
    if (!listens || !(site->is_unix || is_v4 || is_v6)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Descriptor %d is no listening socket of Unix or TCP.", fd);
    }
    if (is_v4) site->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (is_v6) site->port = ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return INGLE_OK;
}

/* OpenSSL writes to sockets without MSG_NOSIGNAL: a client that leaves would end the process. */
static void ignore_sigpipe(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &now, NULL);
    }
}

ingle_status http_server_listen(struct http_server *server, int fd,
                                const struct http_listener_options *options, ingle_error *err) {
    if (server->n_listeners == HTTP_LISTENERS_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "There are %d listeners already.",
                          HTTP_LISTENERS_MAX);
    }
    struct http_listener *listener = &server->listeners[server->n_listeners];
    *listener = (struct http_listener){.server = server};
    INGLE_TRY(ask_site(&listener->site, fd, err));
    const struct http_options *o = &server->options;
    listener->site.name = o->name;
    listener->site.origins = o->origins;
    listener->site.any_type_paths = o->any_type_paths;
    if (options) listener->tag = options->tag;
    if (options && options->tls) {
        listener->site.is_tls = true;
        ignore_sigpipe();
    }
    if (evutil_make_socket_nonblocking(fd) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return status_errno(err, errno, "prepare", "the socket");
    }
    listener->events =
        evconnlistener_new(o->base, on_accept, listener, LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!listener->events) return status_no_memory(err, "a listener", 0);
    evconnlistener_set_error_cb(listener->events, on_accept_error);
    if (options && options->tls) {
        tls_library()->SSL_CTX_up_ref(options->tls);
        listener->tls = options->tls;
    }
    server->n_listeners++;
    return INGLE_OK;
}

static void close_listeners(struct http_server *server) {
    for (size_t i = 0; i < server->n_listeners; i++) {
        struct http_listener *listener = &server->listeners[i];
        if (!listener->events) continue;
        int fd = evconnlistener_get_fd(listener->events);
        evconnlistener_free(listener->events);
        listener->events = NULL;
        close(fd);
    }
}

void http_server_drain(struct http_server *server, void (*on_drained)(void *user), void *user) {
    server->is_draining = true;
    server->on_drained = on_drained;
    server->drained_user = user;
    close_listeners(server);
    struct http_connection *c;
    TAILQ_FOREACH(c, &server->connections, link) {
        if (c->state != HTTP_READ_HEAD || c->in.size > 0) continue;
        c->is_broken = true;
        http_connection_mark(c);
    }
    if (TAILQ_EMPTY(&server->connections)) event_active(server->resume, EV_TIMEOUT, 0);
}

void http_server_free(struct http_server *server) {
    if (!server) return;
    close_listeners(server);
    server->on_drained = NULL;
    for (struct http_connection *c; (c = TAILQ_FIRST(&server->connections));) {
        http_connection_end(c);
    }
    for (struct http_exchange *x; (x = TAILQ_FIRST(&server->exchanges));) http_exchange_free(x);
    for (size_t i = 0; i < server->n_listeners; i++) {
        if (server->listeners[i].tls) tls_library()->SSL_CTX_free(server->listeners[i].tls);
    }
    if (server->flush) event_free(server->flush);
    if (server->resume) event_free(server->resume);
    mem_free(server);
}

void http_server_info(const struct http_server *server, struct http_server_info *info) {
    *info = server->info;
}
