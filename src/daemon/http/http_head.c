#include "daemon/http/http_head.h"

#include <string.h>

#include "base/ascii.h"
#include "daemon/http/http_target.h"

static bool refuse(struct http_refusal *why, int status, const char *message) {
    *why = (struct http_refusal){status, message};
    return false;
}

/* A line has ended at pos, its CRLF included. */
static enum http_scan_result end_line(struct http_scan *s, struct http_refusal *why) {
    size_t len = s->pos - s->line_start - 2;
    if (len == 0 && s->n_lines > 0) return HTTP_SCAN_DONE;
    if (len == 0) {
        refuse(why, 400, "An empty line stands before the request line.");
        return HTTP_SCAN_BAD;
    }
    s->line_start = s->pos;
    if (s->n_lines++ == 0) s->fields = s->pos;
    if (s->n_lines > 1 + HTTP_N_FIELDS_MAX) {
        refuse(why, 431, "The request has more than 64 header fields.");
        return HTTP_SCAN_BAD;
    }
    return HTTP_SCAN_MORE;
}

static bool is_too_long(const struct http_scan *s, struct http_refusal *why) {
    if (s->n_lines == 0 && s->pos > HTTP_LINE_MAX + (s->after_cr ? 1 : 0)) {
        return !refuse(why, 414, "The request line is longer than 8 KiB.");
    }
    if (s->n_lines > 0 && s->pos - s->fields > HTTP_FIELDS_MAX + 1) {
        return !refuse(why, 431, "The header fields are longer than 16 KiB.");
    }
    return false;
}

static bool is_allowed(const struct http_scan *s, unsigned char c, struct http_refusal *why) {
    if (s->after_cr != (c == '\n')) {
        return refuse(why, 400, "A carriage return or a line feed stands alone in the head.");
    }
    if (c == '\r' || c == '\n') return true;
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
        return refuse(why, 400, "A control character stands in the head.");
    }
    if (s->n_lines == 0 && (c == '\t' || c >= 0x80)) {
        return refuse(why, 400, "The request line has a character that may not be there.");
    }
    return true;
}

enum http_scan_result http_head_scan(struct http_scan *s, const char *data, size_t size,
                                     struct http_refusal *why) {
    while (s->pos < size) {
        unsigned char c = (unsigned char)data[s->pos];
        if (!is_allowed(s, c, why)) return HTTP_SCAN_BAD;
        s->pos++;
        s->after_cr = c == '\r';
        if (c != '\n') {
            if (is_too_long(s, why)) return HTTP_SCAN_BAD;
            continue;
        }
        enum http_scan_result result = end_line(s, why);
        if (result != HTTP_SCAN_MORE) return result;
    }
    return HTTP_SCAN_MORE;
}

bool http_is_token_char(char c) {
    return ascii_is_letter(c) || ascii_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool http_same(const char *a, const char *b) {
    while (*a && ascii_lower(*a) == ascii_lower(*b)) a++, b++;
    return *a == *b;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool http_list_has(const char *list, const char *element) {
    size_t len = strlen(element);
    for (const char *p = list; *p;) {
        while (is_blank(*p) || *p == ',') p++;
        size_t n = strcspn(p, ","), used = n;
        while (n && is_blank(p[n - 1])) n--;
        bool is_it = n == len;
        for (size_t i = 0; is_it && i < n; i++)
            is_it = ascii_lower(p[i]) == ascii_lower(element[i]);
        if (is_it) return true;
        p += used;
    }
    return false;
}

/* "name: value" at line, ended by a NUL; made two strings in place. */
static bool parse_field(struct http_header *field, char *line, struct http_refusal *why) {
    if (is_blank(line[0])) return refuse(why, 400, "A header field goes on in a second line.");
    char *p = line;
    for (; http_is_token_char(*p); p++) *p = ascii_lower(*p);
    if (p == line || *p != ':') {
        return refuse(why, 400,
                      "A line of the head is no header field, or has a blank before its "
                      "colon.");
    }
    *p++ = '\0';
    while (is_blank(*p)) p++;
    char *end = p + strlen(p);
    while (end > p && is_blank(end[-1])) end--;
    *end = '\0';
    *field = (struct http_header){line, p};
    return true;
}

/* Which may not be said twice, since two readers might believe different ones. Of Origin too many
 * are the gate's to refuse. */
static bool is_single(const char *name) {
    static const char *const names[] = {
        "host",   "content-length", "transfer-encoding", "content-type",   "authorization",
        "expect", "upgrade",        "x-api-key",         "sec-fetch-site", "content-encoding"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

static bool is_repeated(const struct http_header *fields, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, fields[n].name) == 0) return true;
    }
    return false;
}

static bool parse_fields(struct http_head *head, struct http_header *fields, char *line,
                         struct http_refusal *why) {
    size_t n = 0;
    for (char *end; (end = strstr(line, "\r\n")) != line; line = end + 2) {
        *end = '\0';
        if (!parse_field(&fields[n], line, why)) return false;
        if (is_single(fields[n].name) && is_repeated(fields, n)) {
            return refuse(why, 400, "A header field that may be there once is repeated.");
        }
        n++;
    }
    head->request.headers = fields;
    head->request.n_headers = n;
    return true;
}

const char *http_request_header(const struct http_request *r, const char *name) {
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) == 0) return r->headers[i].value;
    }
    return NULL;
}

static bool parse_length(struct http_head *head, const char *text, struct http_refusal *why) {
    if (!*text || strspn(text, "0123456789") != strlen(text)) {
        return refuse(why, 400, "Content-Length is not a number.");
    }
    head->has_length = true;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        bool fits = head->length <= (UINT64_MAX - digit) / 10;
        head->length = fits ? head->length * 10 + digit : UINT64_MAX;
        if (!fits) break;
    }
    return true;
}

/* How long the body is: RFC 9112, 6, with all that is deprecated or doubtful refused. */
static bool parse_framing(struct http_head *head, struct http_refusal *why) {
    const struct http_request *r = &head->request;
    const char *coding = http_request_header(r, "transfer-encoding");
    const char *length = http_request_header(r, "content-length");
    if (coding && length) {
        return refuse(why, 400, "The request has both Transfer-Encoding and Content-Length.");
    }
    if (coding && !http_same(coding, "chunked")) {
        return refuse(why, 400, "The only Transfer-Encoding is 'chunked'.");
    }
    if (http_request_header(r, "trailer")) return refuse(why, 400, "Trailers are not taken.");
    head->is_chunked = coding != NULL;
    if (length && !parse_length(head, length, why)) return false;
    bool takes_body = r->method == HTTP_POST || r->method == HTTP_PUT || r->method == HTTP_DELETE;
    if (!takes_body && (head->is_chunked || head->length > 0)) {
        return refuse(why, 400, "A request of this method has no body.");
    }
    return true;
}

static bool parse_connection(struct http_head *head, struct http_refusal *why) {
    const struct http_request *r = &head->request;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, "connection") != 0) continue;
        if (http_list_has(r->headers[i].value, "close")) head->wants_close = true;
        if (http_list_has(r->headers[i].value, "upgrade")) {
            return refuse(why, 400, "There is no other protocol to upgrade to.");
        }
    }
    if (http_request_header(r, "upgrade")) {
        return refuse(why, 400, "There is no other protocol to upgrade to.");
    }
    const char *expect = http_request_header(r, "expect");
    if (expect && !http_same(expect, "100-continue")) {
        return refuse(why, 417, "The only expectation is '100-continue'.");
    }
    head->expects_continue = expect && (head->is_chunked || head->length > 0);
    return true;
}

/* Of 1.0, what would have to be understood for it is doubtful enough to be malformed. */
static bool check_version(const struct http_head *head, bool is_1_0, struct http_refusal *why) {
    if (!is_1_0) return true;
    const struct http_request *r = &head->request;
    if (http_request_header(r, "connection") || http_request_header(r, "transfer-encoding")) {
        return refuse(why, 400, "HTTP/1.0 has neither Connection nor Transfer-Encoding.");
    }
    return refuse(why, 505, "The only version is HTTP/1.1.");
}

/* How long the name or the address at p is, as far as its characters say (RFC 3986, 3.2.2). */
static size_t host_span(const char *p) {
    size_t n = 0;
    if (*p == '[') {
        n = 1 + strspn(p + 1, "0123456789abcdefABCDEF:.");
        return p[n] == ']' && n > 1 ? n + 1 : 0;
    }
    for (; p[n]; n++) {
        if (p[n] == '%') {
            if (ascii_hex_value(p[n + 1]) < 0 || ascii_hex_value(p[n + 2]) < 0) break;
        } else if (!ascii_is_letter(p[n]) && !ascii_is_digit(p[n]) &&
                   !strchr("-._~!$&'()*+,;=", p[n])) {
            break;
        }
    }
    return n;
}

/* The one Host: "name:port", either of which may be empty. */
static bool check_host(struct http_head *head, struct http_refusal *why) {
    head->host = http_request_header(&head->request, "host");
    if (!head->host) return refuse(why, 400, "The request has no Host.");
    const char *port = head->host + host_span(head->host);
    if (*port == ':') port += 1 + strspn(port + 1, "0123456789");
    if (*port) return refuse(why, 400, "Host is no name or address, perhaps with a port.");
    return true;
}

bool http_head_parse(struct http_head *head, struct arena *arena, const char *data, size_t size,
                     struct http_refusal *why) {
    *head = (struct http_head){0};
    char *text = arena_copy(arena, data, size);
    struct http_header *fields = arena_array(arena, HTTP_N_FIELDS_MAX, sizeof *fields);
    if (!text || !fields) return refuse(why, 503, "There is not enough memory for the request.");
    char *line_end = strstr(text, "\r\n");
    *line_end = '\0';
    bool is_1_0;
    return http_request_line_parse(head, arena, text, &is_1_0, why) &&
           parse_fields(head, fields, line_end + 2, why) && check_version(head, is_1_0, why) &&
           check_host(head, why) && parse_framing(head, why) && parse_connection(head, why);
}
