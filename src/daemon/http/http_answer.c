#include <string.h>

#include "base/alloc.h"
#include "base/json_quote.h"
#include "daemon/http/http_internal.h"

#define ERROR_MAX ((size_t)64 << 10)
#define SEND_AT ((size_t)64 << 10) /* bytes that do not wait for the end of the turn */

struct http_exchange *http_exchange_new(struct http_connection *c) {
    struct http_exchange *x = mem_calloc(1, sizeof *x);
    if (!x) return NULL;
    x->server = c->server;
    x->c = c;
    arena_init_secret(&x->arena, c->server->options.limits.reply_max);
    buf_init_secret(&x->body, c->server->options.limits.body);
    buf_init(&x->headers, HTTP_ANSWER_HEADERS_MAX);
    TAILQ_INSERT_TAIL(&c->server->exchanges, x, link);
    c->x = x;
    return x;
}

void http_exchange_free(struct http_exchange *x) {
    struct http_server *server = x->server;
    if (x->c) x->c->x = NULL;
    TAILQ_REMOVE(&server->exchanges, x, link);
    server->bodies -= x->body.size;
    if (x->is_handed) server->info.running--;
    buf_clear(&x->body);
    buf_clear(&x->headers);
    arena_clear(&x->arena);
    mem_free(x);
}

/* Is it still there? */
static bool is_alive(const struct http_exchange *x) {
    return x->c && !x->c->is_broken && !x->c->cut;
}

void http_exchange_gone(struct http_exchange *x) {
    x->c = NULL;
    if (!x->is_handed) {
        http_exchange_free(x);
        return;
    }
    struct http_server *server = x->server;
    server->info.gone++;
    if (!x->on_gone) return; /* its handler will end it */
    void (*on_gone)(struct http_exchange * x, void *user) = x->on_gone;
    x->on_gone = NULL;
    on_gone(x, x->user);
    struct http_exchange *other; /* unless the callback has ended it */
    TAILQ_FOREACH(other, &server->exchanges, link) {
        if (other != x) continue;
        http_exchange_free(x);
        return;
    }
}

const struct http_request *http_exchange_request(struct http_exchange *x) {
    return &x->head.request;
}

bool http_is_gone(const struct http_exchange *x) {
    return !is_alive(x);
}

struct arena *http_exchange_arena(struct http_exchange *x) {
    return &x->arena;
}

void http_exchange_watch(struct http_exchange *x,
                         void (*on_gone)(struct http_exchange *x, void *user), void *user) {
    x->on_gone = on_gone;
    x->user = user;
}

bool http_add_header(struct http_exchange *x, const char *name, const char *value) {
    for (const char *p = name; *p; p++) {
        if (!http_is_token_char(*p)) return false;
    }
    for (const char *p = value; *p; p++) {
        if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) return false;
    }
    size_t whole = strlen(name) + strlen(value) + 4;
    if (!*name || whole > x->headers.max - x->headers.size) return false;
    if (http_same(name, "cache-control")) x->says_cache = true;
    return buf_addf(&x->headers, "%s: %s\r\n", name, value);
}

/* The answer has ended; the connection goes on without the exchange. */
static void end(struct http_exchange *x, bool is_whole) {
    struct http_connection *c = x->c;
    http_exchange_free(x);
    if (!c) return;
    if (!is_whole || c->out.bytes.failed) c->is_broken = true;
    c->probe_at = HTTP_NEVER;
    http_connection_enter(c, HTTP_FLUSH);
    http_connection_mark(c);
}

void http_reply(struct http_exchange *x, int status, const char *type, const void *body,
                size_t size) {
    if (x->has_begun) { /* too late */
        end(x, false);
        return;
    }
    if (is_alive(x)) {
        struct http_connection *c = x->c;
        bool fits = size <= c->server->options.limits.reply_max;
        if (c->out.bytes.size == 0) c->moved_at = http_now_ms();
        http_fields_write(&c->out.bytes, c, x, status, type, size);
        bool has_body = x->head.request.method != HTTP_HEAD && status != 204 && status != 304;
        if (has_body && fits) buf_add(&c->out.bytes, body, size);
        if (has_body && !fits) c->is_broken = true;
    }
    end(x, true);
}

void http_expect_stream(struct http_exchange *x, const char *type, const char *keep_alive) {
    x->stream_type = type;
    x->keep_alive = keep_alive;
    if (!is_alive(x)) return;
    if (http_pending(x) == 0) x->c->moved_at = http_now_ms();
    http_connection_mark(x->c);
}

bool http_has_begun(const struct http_exchange *x) {
    return x->has_begun;
}

void http_begin(struct http_exchange *x, int status, const char *type, const char *keep_alive) {
    if (x->has_begun) return;
    x->has_begun = true;
    x->keep_alive = x->head.request.method == HTTP_HEAD ? NULL : keep_alive;
    if (!is_alive(x)) return;
    if (x->c->out.bytes.size == 0) x->c->moved_at = http_now_ms();
    http_fields_write(&x->c->out.bytes, x->c, x, status, type, SIZE_MAX);
    http_connection_mark(x->c);
}

size_t http_pending(const struct http_exchange *x) {
    return x->c ? http_output_pending(&x->c->out) : 0;
}

/* One chunk. */
bool http_write(struct http_exchange *x, const void *data, size_t size) {
    if (!is_alive(x)) return false;
    struct http_connection *c = x->c;
    if (size == 0 || x->head.request.method == HTTP_HEAD) return true;
    size_t max = c->server->options.limits.send_max, pending = http_pending(x);
    if (pending > max || size > max - pending) { /* frames count, and may have passed it */
        c->cut = &c->server->info.cut_size;
        http_connection_mark(c);
        return false;
    }
    static const char digits[] = "0123456789abcdef";
    char head[sizeof size * 2 + 2], *p = head + sizeof head;
    *--p = '\n';
    *--p = '\r';
    for (size_t left = size; left; left >>= 4) *--p = digits[left & 15];
    http_output_add(c, p, (size_t)(head + sizeof head - p));
    buf_add(&c->out.bytes, data, size);
    if (!buf_add(&c->out.bytes, "\r\n", 2)) c->is_broken = true;
    if (pending + size >= SEND_AT && !http_output_send(c)) c->is_broken = true;
    http_output_count(c);
    http_output_limit(c->server);
    http_connection_mark(c);
    return is_alive(x);
}

void http_finish(struct http_exchange *x) {
    if (is_alive(x) && x->head.request.method != HTTP_HEAD) http_output_add(x->c, "0\r\n\r\n", 5);
    end(x, true);
}

void http_break(struct http_exchange *x) {
    end(x, false);
}

static const char *error_type(int status) {
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 429:
        return "rate_limit_error";
    default:
        return status < 500 ? "invalid_request_error" : "server_error";
    }
}

static void make_error(struct http_server *server, const struct http_request *r, int status,
                       const char *message, struct buf *out) {
    if (server->options.make_error) {
        server->options.make_error(r, status, message, out, server->options.user);
        return;
    }
    buf_add_str(out, "{\"error\":{\"message\":");
    json_quote(out, message, strlen(message));
    buf_addf(out, ",\"type\":\"%s\",\"param\":null,\"code\":%s}}", error_type(status),
             status == 401 ? "\"invalid_api_key\"" : "null");
}

void http_reply_error(struct http_exchange *x, int status, const char *message) {
    struct buf body;
    buf_init(&body, ERROR_MAX);
    make_error(x->server, &x->head.request, status, message, &body);
    http_reply(x, status, "application/json", body.data, body.size);
    buf_clear(&body);
}

/* Of a request that was not understood, what has come says it. */
static bool is_to_head(const struct http_connection *c, const struct http_request *r) {
    static const char method[] = "HEAD ";
    size_t len = sizeof method - 1;
    if (r) return r->method == HTTP_HEAD;
    return c->in.size >= len && memcmp(c->in.data, method, len) == 0;
}

void http_answer_refusal(struct http_connection *c, struct http_exchange *x,
                         struct http_refusal why) {
    struct buf body;
    buf_init(&body, ERROR_MAX);
    c->server->info.refused++;
    const struct http_request *r = x && x->head.host ? &x->head.request : NULL;
    make_error(c->server, r, why.status, why.message, &body);
    c->moved_at = http_now_ms();
    http_fields_write(&c->out.bytes, c, x, why.status, "application/json", body.size);
    if (!is_to_head(c, r)) buf_add(&c->out.bytes, body.data, body.size);
    buf_clear(&body);
    if (c->out.bytes.failed) c->is_broken = true;
    if (x) http_exchange_free(x);
    http_connection_enter(c, HTTP_FLUSH);
}

/* What a page of a configured origin may send (spec: the clients of npm). */
static const char allowed_headers[] =
    "Authorization, Content-Type, User-Agent, Accept, X-Requested-With, OpenAI-Beta, "
    "x-stainless-lang, x-stainless-package-version, x-stainless-os, x-stainless-arch, "
    "x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, "
    "x-stainless-async, x-stainless-helper-method, x-stainless-poll-helper, "
    "x-stainless-custom-poll-interval, x-stainless-timeout, x-api-key, anthropic-version, "
    "anthropic-beta, anthropic-dangerous-direct-browser-access";

void http_answer_preflight(struct http_connection *c, struct http_exchange *x) {
    static const char methods[] = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    (void)http_add_header(x, "Allow", methods);
    if (x->verdict.allow_origin) {
        (void)http_add_header(x, "Access-Control-Allow-Methods", methods);
        (void)http_add_header(x, "Access-Control-Allow-Headers", allowed_headers);
        (void)http_add_header(x, "Access-Control-Max-Age", "600");
        if (http_request_header(&x->head.request, "access-control-request-private-network")) {
            (void)http_add_header(x, "Access-Control-Allow-Private-Network", "true");
        }
    }
    c->moved_at = http_now_ms();
    http_fields_write(&c->out.bytes, c, x, 204, NULL, 0);
    if (c->out.bytes.failed) c->is_broken = true;
    http_exchange_free(x);
    http_connection_enter(c, HTTP_FLUSH);
}
