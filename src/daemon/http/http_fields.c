#include <stdio.h>
#include <string.h>

#include "daemon/http/http_internal.h"

static const char *reason(int status) {
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < BASE_COUNT(reasons); i++) {
        if (reasons[i].status == status) return reasons[i].text;
    }
    return "Status";
}

/* "Sun, 22 Nov 2026 08:00:00 GMT", whatever the locale says; made once a second. */
static const char *date(struct http_server *server) {
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm t;
    if (now != server->date_at && gmtime_r(&now, &t)) {
        server->date_at = now;
        snprintf(server->date, sizeof server->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                 days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon, (t.tm_year + 1900) % 10000,
                 t.tm_hour, t.tm_min, t.tm_sec);
    }
    return server->date;
}

/* What a browser must not make of an answer. */
static const char protections[] = "X-Content-Type-Options: nosniff\r\n"
                                  "Referrer-Policy: no-referrer\r\n"
                                  "Cross-Origin-Resource-Policy: same-origin\r\n";

static void write_origin(struct buf *out, const struct http_exchange *x) {
    if (!x || !x->verdict.allow_origin) return;
    buf_addf(out,
             "Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n"
             "Access-Control-Expose-Headers: Retry-After\r\n",
             x->verdict.allow_origin);
}

void http_fields_write(struct buf *out, struct http_connection *c, const struct http_exchange *x,
                       int status, const char *type, size_t size) {
    bool is_stream = size == SIZE_MAX;
    buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, reason(status), date(c->server));
    if (type) buf_addf(out, "Content-Type: %s\r\n", type);
    if (is_stream) {
        buf_add_str(out, "Transfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\n");
    } else if (status != 204 && status != 304) {
        buf_addf(out, "Content-Length: %zu\r\n", size);
    }
    if (!x || !x->says_cache) {
        buf_addf(out, "Cache-Control: %s\r\n", is_stream ? "no-cache" : "no-store");
    }
    buf_add_str(out, protections);
    write_origin(out, x);
    if (status == 401) buf_add_str(out, "WWW-Authenticate: Bearer\r\n");
    if (status == 503 && !(x && x->is_handed)) buf_add_str(out, "Retry-After: 1\r\n");
    if (x && x->headers.size) buf_add(out, x->headers.data, x->headers.size);
    if (c->must_close || c->server->is_draining) buf_add_str(out, "Connection: close\r\n");
    buf_add_str(out, "\r\n");
}
