/* From a request to the function that serves it. */
#include "daemon/api/api.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "daemon/api/field.h"

/* ---- what is asked ---- */

/* In place; what is no character in this way stays as it is. */
static void decode_percent(char *text) {
    char *to = text;
    for (const char *at = text; *at; at++) {
        int coded = *at == '%' ? ascii_hex_byte(at + 1) : -1;
        *to++ = *at;
        if (coded <= 0) continue; /* a NUL would end it */
        to[-1] = (char)coded;
        at += 2;
    }
    *to = '\0';
}

const char *api_query_value(const struct api_call *c, const char *name) {
    const char *at = c->request->query.data;
    size_t len = strlen(name);
    while (at && *at) {
        size_t n = strcspn(at, "&");
        if (n > len && strncmp(at, name, len) == 0 && at[len] == '=') {
            char *value = arena_copy(c->arena, at + len + 1, n - len - 1);
            if (value) decode_percent(value);
            return value;
        }
        at += n + (at[n] == '&');
    }
    return NULL;
}

/* ---- failures ---- */

int api_http_status(ingle_status status) {
    switch (status) {
    case INGLE_OK:
        return 200;
    case INGLE_BAD_ARGUMENT:
    case INGLE_INVALID:
    case INGLE_UNSUPPORTED:
    case INGLE_CONTEXT_FULL:
    case INGLE_REFUSED:
        return 400;
    case INGLE_NOT_FOUND:
        return 404;
    case INGLE_LIMIT:
        return 429;
    case INGLE_NO_MEMORY:
        return 503;
    case INGLE_CANCELLED:
        return 499; /* nobody reads it */
    default:
        return 500;
    }
}

static const char *code_of(ingle_status status) {
    switch (status) {
    case INGLE_CONTEXT_FULL:
        return "context_length_exceeded";
    case INGLE_NOT_FOUND:
        return "model_not_found";
    case INGLE_LIMIT:
        return "rate_limit_exceeded";
    default:
        return NULL;
    }
}

struct api_failure api_failure_of(ingle_status status, const ingle_error *err, const char *param) {
    const char *message = err && err->msg[0] ? err->msg : ingle_status_text(status);
    return (struct api_failure){.http_status = api_http_status(status),
                                .status = status,
                                .message = message,
                                .param = param,
                                .code = code_of(status)};
}

void api_fail(struct api_call *c, ingle_status status, const ingle_error *err, const char *param) {
    struct api_failure f = api_failure_of(status, err, param);
    if (f.http_status == 429) {
        char seconds[16];
        struct service_load load = service_load_now(c->api->service);
        snprintf(seconds, sizeof seconds, "%.0f", load.retry_after_s);
        (void)http_add_header(c->x, "Retry-After", seconds);
    }
    c->dialect->fail(c->x, &f);
}

void api_fail_fields(struct api_call *c, const struct fields *f) {
    if (f->bad) {
        api_fail(c, f->err.code, &f->err, f->bad);
    } else {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    }
}

/* ---- answers ---- */

void api_reply_json(struct http_exchange *x, int http_status, struct buf *json) {
    if (buf_failed(json)) {
        http_reply_error(x, 500, "There is no memory for the answer.");
    } else {
        http_reply(x, http_status, "application/json", json->data, json->size);
    }
    buf_clear(json);
}

void api_reply_error(struct http_exchange *x, const struct api_failure *f,
                     void (*put)(struct json *j, const struct api_failure *f)) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    put(&j, f);
    api_reply_json(x, f->http_status, &b);
}

static bool send_line(struct http_exchange *x, struct buf *json, const char *end) {
    bool is_whole = buf_add_str(json, end) && !buf_failed(json);
    bool is_heard = is_whole && http_write(x, json->data, json->size);
    buf_reset(json);
    return is_heard;
}

bool api_send_event(struct http_exchange *x, const char *name, struct buf *json) {
    char head[128];
    int n = name ? snprintf(head, sizeof head, "event: %s\ndata: ", name)
                 : snprintf(head, sizeof head, "data: ");
    return http_write(x, head, (size_t)n) && send_line(x, json, "\n\n");
}

void api_end_events(struct http_exchange *x, const char *name, const struct api_failure *f,
                    void (*put)(struct json *j, const struct api_failure *f)) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    put(&j, f);
    bool is_told = api_send_event(x, name, &b);
    buf_clear(&b);
    if (is_told) {
        http_finish(x);
    } else {
        http_break(x);
    }
}

bool api_send_line(struct http_exchange *x, struct buf *json) {
    return send_line(x, json, "\n");
}

const char *api_take_text(struct arena *arena, struct buf *b, size_t *len) {
    const char *text = NULL;
    if (!buf_failed(b)) text = arena_copy(arena, b->data ? b->data : "", b->size);
    if (!text) arena->failed = true;
    if (len) *len = b->size;
    buf_clear(b);
    return text;
}

const char *api_text_of(struct arena *arena, const struct json_value *value, size_t *len) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_value(&j, value);
    return api_take_text(arena, &b, len);
}

/* ---- the way to a route ---- */

static bool is_path(const struct api_route *r, const char *path, const char **rest) {
    size_t n = strlen(r->path);
    *rest = "";
    if (r->path[n - 1] != '*') return strcmp(r->path, path) == 0;
    if (strncmp(r->path, path, n - 1) != 0) return false;
    *rest = path + n - 1;
    return true;
}

/* HEAD is GET without the body, which the core leaves out. */
static bool is_method(const struct api_route *r, enum http_method method) {
    return r->method == method || (r->method == HTTP_GET && method == HTTP_HEAD);
}

/* *other: the dialect that has the path, but for another method. */
static const struct api_route *find(struct api_call *c, const struct api_dialect **other) {
    const struct api *api = c->api;
    *other = NULL;
    for (size_t i = 0; i < api->n_dialects; i++) {
        const struct api_dialect *d = api->dialects[i];
        for (size_t k = 0; k < d->n_routes; k++) {
            const struct api_route *r = &d->routes[k];
            if (!is_path(r, c->request->path.data, &c->rest)) continue;
            c->dialect = d;
            if (is_method(r, c->request->method)) return r;
            *other = d;
        }
    }
    return NULL;
}

static ingle_status read_body(struct api_call *c, ingle_error *err) {
    static const struct json_value nothing = {.kind = JSON_OBJECT};
    static const struct json_limits limits = {API_MAX_DEPTH, API_MAX_VALUES};
    const struct http_text *body = &c->request->body;
    if (body->len == 0) {
        c->body = c->request->method == HTTP_POST ? &nothing : NULL;
        return INGLE_OK;
    }
    INGLE_TRY(json_tree_parse_within(&c->body, c->arena, body->data, body->len, "The request",
                                     &limits, err));
    if (c->body->kind == JSON_OBJECT) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "The request must be a JSON object.");
}

/* What is too much for one request is no matter of patience: 413, not 429. */
static void fail_body(struct api_call *c, ingle_status status, const ingle_error *err) {
    if (status != INGLE_LIMIT) {
        api_fail(c, status, err, NULL);
        return;
    }
    struct api_failure f = {.http_status = 413, .status = INGLE_BAD_ARGUMENT, .message = err->msg};
    c->dialect->fail(c->x, &f);
}

/* Whose path it is; the first, if it is nobody's. */
static const struct api_dialect *owner(const struct api *api, const struct http_request *r) {
    const char *rest;
    bool has_path = r && r->path.data;
    for (size_t i = 0; has_path && i < api->n_dialects; i++) {
        const struct api_dialect *d = api->dialects[i];
        for (size_t k = 0; k < d->n_routes; k++) {
            if (d->put_error && is_path(&d->routes[k], r->path.data, &rest)) return d;
        }
    }
    for (size_t i = 0; has_path && i < api->n_dialects; i++) {
        const char *root = api->dialects[i]->root;
        if (root && strncmp(r->path.data, root, strlen(root)) == 0) return api->dialects[i];
    }
    return api->dialects[0];
}

void api_make_error(const struct http_request *r, int http_status, const char *message,
                    struct buf *out, void *api) {
    struct api_failure f = {.http_status = http_status,
                            .message = message,
                            .code = http_status == 401 ? "invalid_api_key" : NULL};
    struct json j;
    json_init_buf(&j, out);
    owner(api, r)->put_error(&j, &f);
}

/* The methods that the path is for. */
static void say_allowed(struct api_call *c) {
    static const char *const names[] = {
        [HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE"};
    char list[64] = "OPTIONS";
    const char *rest;
    bool has[BASE_COUNT(names)] = {0};
    for (size_t i = 0; i < c->api->n_dialects; i++) {
        const struct api_dialect *d = c->api->dialects[i];
        for (size_t k = 0; k < d->n_routes; k++) {
            const struct api_route *r = &d->routes[k];
            if (is_path(r, c->request->path.data, &rest)) has[r->method] = true;
        }
    }
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        size_t n = strlen(list);
        if (has[i]) snprintf(list + n, sizeof list - n, ", %s", names[i]);
    }
    (void)http_add_header(c->x, "Allow", list);
}

/* Before anything is answered: a stream may begin before it has something to say. */
static void name_answer(struct api_call *c, const struct api_dialect *d) {
    if (d->id_header) (void)http_add_header(c->x, d->id_header, api_new_id(c->arena, "req_"));
}

/* What d answers to a path that it does not serve, or has for other methods. */
static void no_route(struct api_call *c, const struct api_dialect *d, bool has_path) {
    ingle_error err = {0};
    name_answer(c, d);
    if (has_path) say_allowed(c);
    struct api_failure f = {.http_status = has_path ? 405 : 404, .message = err.msg};
    f.status =
        status_set(&err, has_path ? INGLE_BAD_ARGUMENT : INGLE_NOT_FOUND, 0,
                   has_path ? "'%.100s' is not for this method." : "There is nothing at '%.100s'.",
                   c->request->path.data);
    d->fail(c->x, &f);
}

void api_serve(struct http_exchange *x, void *api) {
    struct api_call c = {
        .api = api, .x = x, .request = http_exchange_request(x), .arena = http_exchange_arena(x)};
    const struct api_dialect *other;
    const struct api_route *route = find(&c, &other);
    ingle_error err = {0};
    if (!route) {
        no_route(&c, other ? other : owner(c.api, c.request), other != NULL);
        return;
    }
    name_answer(&c, c.dialect);
    ingle_status status = read_body(&c, &err);
    if (status != INGLE_OK) {
        fail_body(&c, status, &err);
        return;
    }
    route->serve(&c);
}
