#include <string.h>

#include "daemon/http/http_internal.h"

/* The first n bytes of what has come are understood: they go, and are wiped. */
static void consume(struct http_connection *c, size_t n) {
    size_t left = c->in.size - n;
    if (left == 0) {
        buf_clear(&c->in);
        return;
    }
    memmove(c->in.data, c->in.data + n, left);
    explicit_bzero(c->in.data + left, n);
    c->in.size = left;
}

/* A refusal after which what comes cannot be told from what came. */
static bool refuse(struct http_connection *c, struct http_exchange *x, struct http_refusal why) {
    c->must_close = true;
    http_answer_refusal(c, x, why);
    return true;
}

/* The whole request is there. */
static bool hand_over(struct http_connection *c) {
    struct http_exchange *x = c->x;
    struct http_server *server = c->server;
    x->head.request.body = (struct http_text){x->body.data ? x->body.data : "", x->body.size};
    x->is_handed = true;
    server->info.requests++;
    server->info.running++;
    http_connection_enter(c, HTTP_ANSWER);
    server->options.on_request(x, server->options.user);
    return true;
}

static bool is_public(const struct http_options *options, const struct http_request *r) {
    return (r->method == HTTP_GET || r->method == HTTP_HEAD) &&
           http_paths_name(options->public_paths, r->path);
}

/* Everything that can be said against a request before its body is read. */
static void judge(struct http_connection *c, struct http_exchange *x, struct http_refusal *why) {
    const struct http_options *options = &c->server->options;
    struct http_request *r = &x->head.request;
    http_gate_judge(&x->verdict, &c->listener->site, &x->head);
    *why = x->verdict.refusal;
    if (why->status != 0 || x->verdict.is_preflight) return;
    bool may = !options->authorize || is_public(options, r) ||
               options->authorize(r, &r->client, options->user);
    if (!may) *why = (struct http_refusal){401, "A token is needed: 'Authorization: Bearer ...'."};
    if (may && x->head.length > options->limits.body) {
        *why = (struct http_refusal){413, "The body is larger than is taken."};
    }
}

static bool begin_body(struct http_connection *c, struct http_exchange *x) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    bool has_body = x->head.is_chunked || x->head.length > 0;
    if (!has_body) return hand_over(c);
    if (x->head.expects_continue && c->in.size == 0) {
        http_output_add(c, go_on, sizeof go_on - 1);
    }
    c->chunks = (struct http_chunks){0};
    c->body_came = 0;
    http_connection_enter(c, HTTP_READ_BODY);
    return true;
}

bool http_take_head(struct http_connection *c) {
    struct http_refusal why = {0};
    enum http_scan_result result = http_head_scan(&c->scan, c->in.data, c->in.size, &why);
    if (result == HTTP_SCAN_MORE) return false;
    if (result == HTTP_SCAN_BAD) return refuse(c, NULL, why);
    struct http_exchange *x = http_exchange_new(c);
    if (!x) return refuse(c, NULL, (struct http_refusal){503, "There is not enough memory."});
    if (!http_head_parse(&x->head, &x->arena, c->in.data, c->scan.pos, &why)) {
        return refuse(c, x, why);
    }
    consume(c, c->scan.pos);
    x->head.request.peer = c->peer;
    c->must_close = x->head.wants_close;
    judge(c, x, &why);
    bool has_body = x->head.is_chunked || x->head.length > 0;
    if (why.status != 0) {
        c->must_close |= has_body || why.status == 400;
        http_answer_refusal(c, x, why);
        return true;
    }
    if (x->verdict.is_preflight) {
        http_answer_preflight(c, x);
        return true;
    }
    return begin_body(c, x);
}

/* Room for the bodies of all requests together is limited, too. */
static bool count_body(struct http_connection *c, size_t before) {
    struct http_server *server = c->server;
    server->bodies += c->x->body.size - before;
    return server->bodies <= server->options.limits.bodies;
}

bool http_take_body(struct http_connection *c) {
    struct http_exchange *x = c->x;
    struct http_refusal why = {503, "There is not enough memory for the body."};
    size_t used = c->in.size, before = x->body.size;
    enum http_chunks_result result = HTTP_CHUNKS_MORE;
    if (x->head.is_chunked) {
        result = http_chunks_take(&c->chunks, c->in.data, c->in.size, &used, &x->body, &why);
    } else {
        size_t left = (size_t)x->head.length - x->body.size;
        if (used > left) used = left;
        if (!buf_add(&x->body, c->in.data, used)) result = HTTP_CHUNKS_BAD;
        if (used == left) result = result == HTTP_CHUNKS_BAD ? result : HTTP_CHUNKS_DONE;
    }
    if (!count_body(c, before)) {
        why = (struct http_refusal){503, "The bodies of all requests fill the room there is."};
        result = HTTP_CHUNKS_BAD;
    }
    c->body_came += used;
    if (result == HTTP_CHUNKS_BAD) return refuse(c, x, why);
    consume(c, used);
    return result == HTTP_CHUNKS_DONE && hand_over(c);
}
