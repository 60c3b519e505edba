/* The head of a request (RFC 9112), read strictly: what two readers might understand differently is
 * refused. Pure functions over bytes; they know no socket and no policy.
 *
 *   POST /v1/x%2Fy?a=b HTTP/1.1 CRLF      request line, 8 KiB
 *   Host: localhost:8080 CRLF             at most 64 fields of 16 KiB together
 *   CRLF                                                                        */
#ifndef INGLE_DAEMON_HTTP_HTTP_HEAD_H
#define INGLE_DAEMON_HTTP_HTTP_HEAD_H

#include "base/arena.h"
#include "daemon/http/http.h"

#define HTTP_LINE_MAX ((size_t)8 << 10)    /* without its CRLF */
#define HTTP_FIELDS_MAX ((size_t)16 << 10) /* all fields, with theirs */
#define HTTP_N_FIELDS_MAX 64
#define HTTP_HEAD_MAX (HTTP_LINE_MAX + 2 + HTTP_FIELDS_MAX + 2)

/* How far a head has been looked at; zeroed at its start. */
struct http_scan {
    size_t pos;        /* bytes looked at */
    size_t line_start; /* of the line that pos is in */
    size_t fields;     /* where the second line begins */
    unsigned n_lines;  /* that have ended */
    bool after_cr;
};

enum http_scan_result { HTTP_SCAN_MORE, HTTP_SCAN_DONE, HTTP_SCAN_BAD };

/* Why a request is refused: an HTTP status, and a finished sentence. */
struct http_refusal {
    int status; /* 0: it is not */
    const char *message;
};

/* Goes on where it stopped in data, which may have grown. DONE: data[0..pos) is a head. Every byte
 * is looked at once, so that how it was cut into pieces changes nothing. */
enum http_scan_result http_head_scan(struct http_scan *s, const char *data, size_t size,
                                     struct http_refusal *why);

struct http_head {
    struct http_request request; /* method, path, query, headers */
    const char *host;            /* the one Host */
    struct http_text authority;  /* of a target in absolute form; data NULL if it is in another */
    bool target_is_https;        /* its scheme */
    bool has_length, is_chunked; /* how the body is framed: not both */
    uint64_t length;             /* UINT64_MAX for what is larger */
    bool wants_close, expects_continue;
};

/* A head that http_head_scan() has found, copied into the arena. False: *why says what is wrong. */
bool http_head_parse(struct http_head *head, struct arena *arena, const char *data, size_t size,
                     struct http_refusal *why);

/* What a client sends: the method's name; "" for an unknown one. */
const char *http_method_name(enum http_method method);

/* Whether the element stands in a comma-separated list, whatever the case. */
bool http_list_has(const char *list, const char *element);

/* A character of a token (RFC 9110, 5.6.2). */
bool http_is_token_char(char c);

/* The two lines of the same text, whatever the case of their letters. */
bool http_same(const char *a, const char *b);

#endif
