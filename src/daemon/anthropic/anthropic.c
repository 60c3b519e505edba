/* Anthropic's dialect: its routes, its errors, and the counting of tokens. */
#include "daemon/anthropic/anthropic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/api/count.h"

/* ---- failures ---- */

static const char *type_of(int http_status) {
    switch (http_status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 413:
        return "request_too_large";
    case 429: /* the queue is full; nobody counts requests */
    case 503:
        return "overloaded_error";
    default:
        return http_status < 500 ? "invalid_request_error" : "api_error";
    }
}

/* By this clients know that they have to send the whole conversation every time. */
static void put_no_threads(struct json *j) {
    json_open(j, "details", '{');
    json_put_str(j, "error_code", "thread_unsupported_request");
    json_end(j, '}');
}

void anthropic_put_error(struct json *j, const struct api_failure *f) {
    json_begin(j, '{');
    json_put_str(j, "type", "error");
    json_open(j, "error", '{');
    json_put_str(j, "type", type_of(f->http_status));
    json_put_str(j, "message", f->message);
    if (f->param && strcmp(f->param, "thread") == 0) put_no_threads(j);
    json_end(j, '}');
    json_end(j, '}');
}

static void fail(struct http_exchange *x, const struct api_failure *f) {
    api_reply_error(x, f, anthropic_put_error);
}

void anthropic_sign(char signature[33], const char *thinking, size_t len) {
    uint64_t one = hash_bytes(UINT64_C(0x696e676c65), thinking, len); /* "ingle" */
    snprintf(signature, 33, "%016" PRIx64 "%016" PRIx64, one, hash_u64(one, len));
}

/* ---- routes ---- */

static void messages(struct api_call *c) {
    struct anthropic_request r;
    if (anthropic_read(c, &r, false)) anthropic_answer(c, &r);
}

static void reply_count(struct api_call *c, size_t n_tokens) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_uint(&j, "input_tokens", n_tokens);
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

static void count_tokens(struct api_call *c) {
    struct anthropic_request r;
    if (anthropic_read(c, &r, true)) {
        count_start(c, r.model, &r.chat.conversation, reply_count);
    }
}

static void no_such(struct api_call *c) {
    ingle_error err = {0};
    ingle_status status =
        status_set(&err, INGLE_NOT_FOUND, 0, "There is nothing at '%.100s'; batches are not done.",
                   c->request->path.data);
    api_fail(c, status, &err, NULL);
}

static const struct api_route routes[] = {
    {HTTP_POST, "/v1/messages", messages},
    {HTTP_POST, "/v1/messages/count_tokens", count_tokens},
    {HTTP_POST, "/v1/messages/*", no_such},
    {HTTP_GET, "/v1/messages/*", no_such},
    {HTTP_DELETE, "/v1/messages/*", no_such},
};

const struct api_dialect api_anthropic = {.routes = routes,
                                          .n_routes = BASE_COUNT(routes),
                                          .fail = fail,
                                          .put_error = anthropic_put_error,
                                          .id_header = "request-id"};
