#include <string.h>

#include "daemon/http/http_internal.h"

#define KEEP_STORAGE ((size_t)16 << 10) /* of an output that is empty */
#define MOVE_AT ((size_t)256 << 10)     /* sent bytes that are worth moving the rest for */

size_t http_output_pending(const struct http_output *out) {
    return out->bytes.size - out->sent;
}

bool http_output_add(struct http_connection *c, const void *data, size_t size) {
    if (http_output_pending(&c->out) == 0) c->moved_at = http_now_ms();
    return buf_add(&c->out.bytes, data, size);
}

static void set_count(struct http_connection *c, size_t size) {
    c->server->unsent += size - c->counted;
    c->counted = size;
}

void http_output_count(struct http_connection *c) {
    set_count(c, http_output_pending(&c->out) > 0 ? c->out.bytes.cap : 0);
}

void http_output_limit(struct http_server *server) {
    struct http_connection *c, *largest = NULL;
    if (server->unsent <= server->options.limits.unsent) return;
    TAILQ_FOREACH(c, &server->connections, link) {
        if (!largest || c->counted > largest->counted) largest = c;
    }
    if (!largest) return;
    set_count(largest, 0);
    largest->cut = &server->info.cut_size;
    http_connection_mark(largest);
}

/* What has been sent is given back, and wiped. */
static void drop_sent(struct http_output *out) {
    size_t left = http_output_pending(out);
    if (left == 0) {
        if (out->bytes.cap > KEEP_STORAGE) {
            buf_clear(&out->bytes);
        } else {
            buf_reset(&out->bytes);
        }
        out->sent = 0;
    } else if (out->sent >= MOVE_AT && out->sent >= left) {
        memmove(out->bytes.data, out->bytes.data + out->sent, left);
        explicit_bzero(out->bytes.data + left, out->sent);
        out->bytes.size = left;
        out->sent = 0;
    }
}

bool http_output_send(struct http_connection *c) {
    struct http_output *out = &c->out;
    enum http_io io = HTTP_IO_DONE;
    bool has_moved = false;
    while (io == HTTP_IO_DONE && http_output_pending(out) > 0 && !c->is_full) {
        size_t n;
        io = http_io_write(c, out->bytes.data + out->sent, http_output_pending(out), &n);
        out->sent += n;
        has_moved |= n > 0;
        c->is_full = io == HTTP_IO_AGAIN;
    }
    if (has_moved) {
        c->moved_at = http_now_ms();
        drop_sent(out);
        if (c->counted > 0) http_output_count(c);
    }
    return io == HTTP_IO_DONE || io == HTTP_IO_AGAIN;
}

/* A client that has closed its half may wait for the answer, or be gone: the kernel only learns
 * which when something is sent to it. So a stream's keep-alive text is, behind its beginning if
 * that has not been sent, and an answer that is made in one piece counts as no longer wanted. One
 * that waited at first may leave later, and then the kernel is as silent: it is sent again and
 * again. A Unix socket tells the two apart by itself. */
void http_probe(struct http_connection *c) {
    bool has_closed_half, is_gone;
    http_io_look(c, &has_closed_half, &is_gone);
    struct http_exchange *x = c->x;
    bool is_stream = x->has_begun || x->stream_type;
    bool can_wait = is_stream && (c->peer.is_unix || x->keep_alive);
    if (is_gone || (has_closed_half && !can_wait)) {
        c->is_broken = true;
        return;
    }
    if (!has_closed_half || c->has_closed_half) return;
    c->has_closed_half = c->must_close = true;
    if (!c->peer.is_unix) http_probe_again(c);
}

void http_fill_silence(struct http_connection *c) {
    if (!c->x->has_begun) http_begin(c->x, 200, c->x->stream_type, c->x->keep_alive);
    const char *text = c->x->keep_alive;
    if (http_output_pending(&c->out) == 0) http_write(c->x, text, strlen(text));
}

void http_probe_again(struct http_connection *c) {
    c->probe_at = http_now_ms() + c->server->options.deadlines.probe_ms;
    http_fill_silence(c);
}
