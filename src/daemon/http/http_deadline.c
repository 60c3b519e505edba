#include "daemon/http/http_internal.h"

/* One timer a connection. It is only ever set to go off earlier: one that goes off too early finds
 * nothing due and is set again, which costs less than moving it with every byte. */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* When a body must be there: what has come of it buys time at the rate that is asked for. */
static uint64_t body_due(const struct http_connection *c) {
    const struct http_deadlines *d = &c->server->options.deadlines;
    uint64_t bought = d->body_rate ? c->body_came * 1000 / d->body_rate : 0;
    return c->since + (bought > d->body_ms ? bought : d->body_ms);
}

static uint64_t send_due(const struct http_connection *c) {
    bool waits = http_output_pending(&c->out) > 0;
    return waits ? c->moved_at + c->server->options.deadlines.stall_ms : HTTP_NEVER;
}

static uint64_t silence_due(const struct http_connection *c) {
    bool may_speak = c->x && c->x->keep_alive && http_output_pending(&c->out) == 0;
    return may_speak ? c->moved_at + c->server->options.deadlines.keep_alive_ms : HTTP_NEVER;
}

static uint64_t due(const struct http_connection *c) {
    const struct http_deadlines *d = &c->server->options.deadlines;
    switch (c->state) {
    case HTTP_HANDSHAKE:
    case HTTP_READ_HEAD:
        return c->since + (c->is_idle ? d->idle_ms : d->head_ms);
    case HTTP_READ_BODY:
        return body_due(c);
    case HTTP_ANSWER:
        return earlier(earlier(send_due(c), silence_due(c)), c->probe_at);
    case HTTP_FLUSH:
        return send_due(c);
    default:
        return c->since + d->linger_ms;
    }
}

/* A last word to those who have begun to ask; whether it arrives does not matter. */
static void cut(struct http_connection *c, uint64_t *counter) {
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
                               "Connection: close\r\n\r\n";
    size_t n;
    bool has_begun = (c->state == HTTP_READ_HEAD && c->in.size > 0) || c->state == HTTP_READ_BODY;
    if (has_begun) (void)http_io_write(c, late, sizeof late - 1, &n);
    if (counter) ++*counter;
    http_connection_end(c);
}

static void on_due(struct http_connection *c, uint64_t now) {
    struct http_server_info *info = &c->server->info;
    switch (c->state) {
    case HTTP_HANDSHAKE:
    case HTTP_READ_HEAD:
        cut(c, c->is_idle ? &info->cut_idle : &info->cut_head);
        return;
    case HTTP_READ_BODY:
        cut(c, &info->cut_body);
        return;
    case HTTP_LINGER:
        cut(c, NULL);
        return;
    default:
        break;
    }
    if (now >= send_due(c)) {
        cut(c, &info->cut_stall);
        return;
    }
    if (now >= c->probe_at) http_probe_again(c);
    if (now >= silence_due(c)) http_fill_silence(c);
    http_connection_turn(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct http_connection *c = arg;
    uint64_t now = http_now_ms();
    c->timer_at = HTTP_NEVER;
    if (now >= due(c)) {
        on_due(c, now);
    } else {
        http_deadline_arm(c);
    }
}

void http_deadline_arm(struct http_connection *c) {
    uint64_t at = due(c), now = http_now_ms();
    if (at >= c->timer_at) return;
    uint64_t wait = at > now ? at - now : 0;
    struct timeval tv = {.tv_sec = (time_t)(wait / 1000),
                         .tv_usec = (suseconds_t)(wait % 1000 * 1000)};
    if (!c->timer) {
        c->timer = evtimer_new(c->server->options.base, on_timer, c);
    }
    if (!c->timer || evtimer_add(c->timer, &tv) != 0) {
        c->is_broken = true; /* what has no deadline may not stay */
        http_connection_mark(c);
        return;
    }
    c->timer_at = at;
}
