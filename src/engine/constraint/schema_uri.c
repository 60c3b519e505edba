#include <string.h>

#include "base/ascii.h"
#include "engine/constraint/schema_internal.h"

/* The parts of a URI reference (RFC 3986, appendix B), without its fragment. */
struct uri {
    struct json_text scheme, authority, path, query;
    bool has_scheme, has_authority, has_query;
};

static size_t span(const char *text, size_t len, const char *stops) {
    size_t n = 0;
    while (n < len && !strchr(stops, text[n])) n++;
    return n;
}

static bool is_scheme(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        bool may_follow = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!is_letter && (i == 0 || !may_follow)) return false;
    }
    return len > 0;
}

static struct uri parse(const char *text, size_t len) {
    struct uri u = {0};
    len = span(text, len, "#");
    size_t n = span(text, len, ":/?");
    if (n < len && text[n] == ':' && is_scheme(text, n)) {
        u.scheme = (struct json_text){text, n};
        u.has_scheme = true;
        text += n + 1;
        len -= n + 1;
    }
    if (len >= 2 && text[0] == '/' && text[1] == '/') {
        n = span(text + 2, len - 2, "/?");
        u.authority = (struct json_text){text + 2, n};
        u.has_authority = true;
        text += n + 2;
        len -= n + 2;
    }
    n = span(text, len, "?");
    u.path = (struct json_text){text, n};
    if (n < len) {
        u.has_query = true;
        u.query = (struct json_text){text + n + 1, len - n - 1};
    }
    return u;
}

/* Removes "." and ".." in place (RFC 3986, 5.2.4); the new length. */
static size_t remove_dots(char *path, size_t len) {
    size_t out = 0;
    bool is_rooted = len > 0 && path[0] == '/';
    for (size_t i = 0; i < len;) {
        size_t slash = i < len && path[i] == '/';
        size_t n = span(path + i + slash, len - i - slash, "/");
        bool is_last = i + slash + n == len;
        bool is_up = n == 2 && memcmp(path + i + slash, "..", 2) == 0;
        bool is_dot = n == 1 && path[i + slash] == '.';
        if (is_up) {
            while (out > 0 && path[--out] != '/') continue;
        }
        if (is_up || is_dot) {
            if (is_last && (out > 0 || is_rooted)) path[out++] = '/';
        } else {
            memmove(path + out, path + i, slash + n);
            out += slash + n;
        }
        i += slash + n;
    }
    return out;
}

/* The path of a relative reference, from the directory of the base's. */
static struct json_text merge(struct schema *c, const struct uri *base,
                              const struct json_text *path) {
    size_t dir = base->path.len;
    while (dir > 0 && base->path.data[dir - 1] != '/') dir--;
    bool needs_slash = base->has_authority && base->path.len == 0;
    bool is_rooted = path->len > 0 && path->data[0] == '/';
    if (is_rooted) dir = 0;
    char *merged = schema_alloc(c, dir + path->len + 2, 1);
    if (!merged) return (struct json_text){"", 0};
    size_t n = 0;
    if (needs_slash && !is_rooted) merged[n++] = '/';
    if (dir) memcpy(merged + n, base->path.data, dir);
    n += dir;
    if (path->len) memcpy(merged + n, path->data, path->len);
    n += path->len;
    return (struct json_text){merged, remove_dots(merged, n)};
}

static size_t put(char *out, size_t n, const void *data, size_t len) {
    if (len) memcpy(out + n, data, len);
    return n + len;
}

static const char *join(struct schema *c, const struct uri *u) {
    size_t room = u->scheme.len + u->authority.len + u->path.len + u->query.len + 8;
    char *out = schema_alloc(c, room, 1);
    if (!out) return "";
    size_t n = put(out, 0, u->scheme.data, u->scheme.len);
    n = put(out, n, ":", u->has_scheme);
    n = put(out, n, "//", u->has_authority ? 2 : 0);
    n = put(out, n, u->authority.data, u->authority.len);
    n = put(out, n, u->path.data, u->path.len);
    n = put(out, n, "?", u->has_query);
    put(out, n, u->query.data, u->query.len);
    return out;
}

struct json_text schema_anchor_key(struct schema *c, const char *uri,
                                   const struct json_text *anchor) {
    size_t len = strlen(uri), n = 0;
    char *key = schema_alloc(c, len + 1 + anchor->len, 1);
    if (!key) return (struct json_text){"", 0};
    n = put(key, n, uri, len);
    n = put(key, n, "#", 1);
    return (struct json_text){key, put(key, n, anchor->data, anchor->len)};
}

const char *schema_uri_resolve(struct schema *c, const char *base, const char *ref, size_t len) {
    struct uri b = parse(base, strlen(base)), u = parse(ref, len);
    if (u.has_scheme) {
        bool is_rooted = u.path.len > 0 && u.path.data[0] == '/';
        if (is_rooted) u.path = merge(c, &u, &u.path);
        return join(c, &u);
    }
    u.scheme = b.scheme;
    u.has_scheme = b.has_scheme;
    if (u.has_authority) return join(c, &u);
    u.authority = b.authority;
    u.has_authority = b.has_authority;
    if (u.path.len > 0) {
        u.path = merge(c, &b, &u.path);
        return join(c, &u);
    }
    u.path = b.path;
    if (!u.has_query) {
        u.has_query = b.has_query;
        u.query = b.query;
    }
    return join(c, &u);
}

struct json_text schema_uri_decode(struct schema *c, const char *text, size_t len) {
    char *out = schema_alloc(c, len + 1, 1);
    size_t n = 0;
    if (!out) return (struct json_text){"", 0};
    for (size_t i = 0; i < len; i++) {
        int coded = text[i] == '%' && len - i > 2 ? ascii_hex_byte(text + i + 1) : -1;
        if (coded >= 0) {
            out[n++] = (char)coded;
            i += 2;
        } else {
            out[n++] = text[i];
        }
    }
    return (struct json_text){out, n};
}
