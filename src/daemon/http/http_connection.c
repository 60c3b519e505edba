#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon/http/http_internal.h"

/* So much of one connection's doings in one turn; then the others have theirs. */
#define STEPS_MAX 32
#define IN_MAX (HTTP_HEAD_MAX + HTTP_READ_SIZE)

uint64_t http_now_ms(void) {
    return clock_ns() / 1000000;
}

void http_connection_mark(struct http_connection *c) {
    if (c->is_dirty) return;
    c->is_dirty = true;
    TAILQ_INSERT_TAIL(&c->server->dirty, c, dirty);
    event_active(c->server->flush, EV_WRITE, 0);
}

void http_connection_enter(struct http_connection *c, enum http_state state) {
    c->state = state;
    c->since = http_now_ms();
    c->is_idle = false;
}

static void on_event(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct http_connection *c = arg;
    c->has_news = true;
    c->is_full = false;
    http_connection_turn(c);
}

struct http_connection *http_connection_new(struct http_server *server,
                                            const struct http_listener *listener, int fd,
                                            const struct http_peer *peer, uint64_t peer_key) {
    struct http_connection *c = mem_calloc(1, sizeof *c);
    if (!c) return NULL;
    c->server = server;
    c->listener = listener;
    c->fd = fd;
    c->peer = *peer;
    c->peer_key = peer_key;
    c->timer_at = c->probe_at = HTTP_NEVER;
    buf_init_secret(&c->in, IN_MAX);
    buf_init_secret(&c->out.bytes, server->options.limits.reply_max +
                                       server->options.limits.send_max + HTTP_READ_SIZE);
    http_connection_enter(c, listener->tls ? HTTP_HANDSHAKE : HTTP_READ_HEAD);
    TAILQ_INSERT_TAIL(&server->connections, c, link);
    server->info.connections++;
    c->event = event_new(server->options.base, fd,
                         EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_event, c);
    if (!c->event || !http_io_open(c) || event_add(c->event, NULL) != 0) c->is_broken = true;
    http_connection_mark(c);
    return c;
}

void http_connection_end(struct http_connection *c) {
    struct http_server *server = c->server;
    struct http_exchange *x = c->x;
    TAILQ_REMOVE(&server->connections, c, link);
    server->unsent -= c->counted;
    if (c->is_dirty) TAILQ_REMOVE(&server->dirty, c, dirty);
    if (c->event) event_free(c->event);
    if (c->timer) event_free(c->timer);
    http_io_free(c);
    buf_clear(&c->in);
    buf_clear(&c->out.bytes);
    mem_free(c);
    server->info.connections--;
    if (x) http_exchange_gone(x);
    http_server_tell_drained(server);
}

/* Some more of what has come, into c->in. */
static enum http_io read_more(struct http_connection *c) {
    size_t room = IN_MAX - c->in.size, n;
    if (room > HTTP_READ_SIZE) room = HTTP_READ_SIZE;
    char *scratch = c->server->scratch;
    enum http_io io = http_io_read(c, scratch, room, &n);
    if (io != HTTP_IO_DONE) return io;
    if (c->state == HTTP_READ_HEAD && c->in.size == 0) {
        c->since = http_now_ms();
        c->is_idle = false;
    }
    bool ok = c->state == HTTP_LINGER || buf_add(&c->in, scratch, n);
    explicit_bzero(scratch, n);
    return ok ? HTTP_IO_DONE : HTTP_IO_LOST;
}

/* The answer has ended and is on its way. */
static bool step_flush(struct http_connection *c) {
    if (http_output_pending(&c->out) > 0) return false;
    if (c->must_close || c->server->is_draining) {
        http_io_close(c);
        http_connection_enter(c, HTTP_LINGER);
        return true;
    }
    http_connection_enter(c, HTTP_READ_HEAD);
    c->is_idle = c->in.size == 0;
    c->scan = (struct http_scan){0};
    return true;
}

static bool step_read(struct http_connection *c) {
    if (c->state == HTTP_READ_HEAD && c->in.size > 0 && http_take_head(c)) return true;
    if (c->state == HTTP_READ_BODY && c->in.size > 0 && http_take_body(c)) return true;
    if (c->state != HTTP_READ_HEAD && c->state != HTTP_READ_BODY) return true;
    switch (read_more(c)) {
    case HTTP_IO_DONE:
        return true;
    case HTTP_IO_AGAIN:
        return false;
    default:
        c->is_broken = true; /* in the middle of a request, or between two */
        return false;
    }
}

static bool step_linger(struct http_connection *c) {
    buf_clear(&c->in);
    enum http_io io = read_more(c);
    if (io == HTTP_IO_END || io == HTTP_IO_LOST) c->is_broken = true;
    return io == HTTP_IO_DONE;
}

static bool step_handshake(struct http_connection *c) {
    enum http_io io = http_io_handshake(c);
    if (io == HTTP_IO_AGAIN) return false;
    c->is_broken = io != HTTP_IO_DONE;
    c->state = HTTP_READ_HEAD; /* within the same deadline */
    return true;
}

/* Goes on as far as it can without waiting; true if there is more to do at once. */
static bool step(struct http_connection *c) {
    if (c->out.bytes.failed) c->is_broken = true; /* half an answer is none */
    if (!c->is_broken && !c->cut && !http_output_send(c)) c->is_broken = true;
    if (c->is_broken || c->cut) return false;
    switch (c->state) {
    case HTTP_HANDSHAKE:
        return step_handshake(c);
    case HTTP_READ_HEAD:
    case HTTP_READ_BODY:
        return step_read(c);
    case HTTP_FLUSH:
        return step_flush(c);
    case HTTP_LINGER:
        return step_linger(c);
    default:
        return false;
    }
}

void http_connection_turn(struct http_connection *c) {
    int n = 0;
    while (n < STEPS_MAX && step(c)) n++;
    if (c->has_news && c->state == HTTP_ANSWER && !c->is_broken && !c->cut) {
        c->has_news = false;
        http_probe(c);
    }
    if (c->cut) ++*c->cut;
    if (c->is_broken || c->cut) {
        http_connection_end(c);
        return;
    }
    if (n == STEPS_MAX) http_connection_mark(c);
    http_deadline_arm(c);
}
