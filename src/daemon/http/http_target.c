#include "daemon/http/http_target.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

static bool refuse(struct http_refusal *why, int status, const char *message) {
    *why = (struct http_refusal){status, message};
    return false;
}

static const char *const method_names[] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method) {
    return (size_t)method < BASE_COUNT(method_names) ? method_names[method] : "";
}

static bool parse_method(struct http_head *head, const char *name, struct http_refusal *why) {
    for (size_t i = 0; i < BASE_COUNT(method_names); i++) {
        head->request.method = (enum http_method)i;
        if (strcmp(name, method_names[i]) == 0) return true;
    }
    for (const char *p = name; *p; p++) {
        if (!http_is_token_char(*p)) return refuse(why, 400, "The method is not one word.");
    }
    if (!*name) return refuse(why, 400, "The request line begins with a space.");
    return refuse(why, 501, "There is no such method here.");
}

static bool parse_version(const char *version, bool *is_1_0, struct http_refusal *why) {
    *is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    if (*is_1_0 || strcmp(version, "HTTP/1.1") == 0) return true;
    bool is_version = strlen(version) == 8 && memcmp(version, "HTTP/", 5) == 0 &&
                      ascii_is_digit(version[5]) && version[6] == '.' && ascii_is_digit(version[7]);
    if (is_version) return refuse(why, 505, "The only version is HTTP/1.1.");
    return refuse(why, 400, "The request line is not 'METHOD target HTTP/1.1'.");
}

/* Decoded once; nothing looks at the result for another '%'. */
static bool decode_path(struct http_text *out, struct arena *arena, struct http_text raw,
                        struct http_refusal *why) {
    char *text = arena_alloc(arena, raw.len + 1);
    size_t n = 0;
    if (!text) return refuse(why, 503, "There is not enough memory for the request.");
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.data[i];
        if (c == '%') {
            int coded = ascii_hex_byte(raw.data + i + 1); /* a NUL stands behind the text */
            if (coded < 0) return refuse(why, 400, "A '%' in the path is no escape.");
            c = (unsigned char)coded;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f) return refuse(why, 400, "The path has a control character.");
        text[n++] = (char)c;
    }
    if (!utf8_is_valid(text, n)) return refuse(why, 400, "The path is not UTF-8.");
    *out = (struct http_text){text, n};
    return true;
}

/* "http://host/path": cuts the authority off; *target is then the path. */
static bool parse_absolute(struct http_head *head, struct arena *arena, char **target,
                           struct http_refusal *why) {
    static const char *const schemes[] = {"http://", "https://"};
    char *rest = NULL;
    for (size_t i = 0; i < BASE_COUNT(schemes) && !rest; i++) {
        size_t len = strlen(schemes[i]), n = 0;
        while (n < len && ascii_lower((*target)[n]) == schemes[i][n]) n++;
        if (n < len) continue;
        rest = *target + len;
        head->target_is_https = i == 1;
    }
    if (!rest) return refuse(why, 400, "The target of the request is no path.");
    size_t len = strcspn(rest, "/?");
    head->authority.data = arena_copy(arena, rest, len);
    head->authority.len = len;
    if (!head->authority.data) return refuse(why, 503, "There is not enough memory.");
    if (rest[len] == '?') return refuse(why, 400, "The target of the request has no path.");
    static char root[] = "/";
    *target = rest[len] ? rest + len : root;
    return true;
}

static bool parse_target(struct http_head *head, struct arena *arena, char *target,
                         struct http_refusal *why) {
    struct http_request *r = &head->request;
    if (strchr(target, '#')) return refuse(why, 400, "The target of the request has a fragment.");
    if (strcmp(target, "*") == 0 && r->method == HTTP_OPTIONS) {
        r->raw_path = r->path = (struct http_text){target, 1};
        r->query = (struct http_text){"", 0};
        return true;
    }
    if (target[0] != '/' && !parse_absolute(head, arena, &target, why)) return false;
    size_t len = strcspn(target, "?");
    r->query = (struct http_text){"", 0};
    if (target[len]) {
        target[len] = '\0';
        r->query = (struct http_text){target + len + 1, strlen(target + len + 1)};
    }
    r->raw_path = (struct http_text){target, len};
    return decode_path(&r->path, arena, r->raw_path, why);
}

bool http_request_line_parse(struct http_head *head, struct arena *arena, char *line, bool *is_1_0,
                             struct http_refusal *why) {
    char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || version == target + 1 || strchr(version + 1, ' ')) {
        return refuse(why, 400, "The request line is not 'METHOD target HTTP/1.1'.");
    }
    *target++ = '\0';
    *version++ = '\0';
    return parse_version(version, is_1_0, why) && parse_method(head, line, why) &&
           parse_target(head, arena, target, why);
}
