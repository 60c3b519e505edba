#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

void json_init(struct json *j, struct out *out) {
    *j = (struct json){.out = out};
}

void json_init_in_line(struct json *j, struct out *out) {
    *j = (struct json){.out = out, .in_line = true};
}

static void item(struct json *j) {
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    uint32_t bit = UINT32_C(1) << j->depth;
    if (j->depth > 0 && (j->has_items & bit)) out_str(j->out, ", ");
    j->has_items |= bit;
}

void json_begin(struct json *j, char bracket) {
    item(j);
    out_bytes(j->out, &bracket, 1);
    assert(j->depth + 1 < JSON_MAX_DEPTH);
    j->depth++;
    j->has_items &= ~(UINT32_C(1) << j->depth);
}

void json_end(struct json *j, char bracket) {
    assert(j->depth > 0);
    j->depth--;
    out_bytes(j->out, &bracket, 1);
    if (j->depth == 0 && !j->in_line) out_str(j->out, "\n");
}

static void quoted(struct out *o, const char *text, size_t len) {
    out_str(o, "\"");
    for (size_t i = 0, n; i < len; i += n) {
        unsigned c = utf8_next(text + i, len - i, &n);
        if (c == '"' || c == '\\') {
            out_f(o, "\\%c", (int)c);
        } else if (c == '\n') {
            out_str(o, "\\n");
        } else if (c == '\t') {
            out_str(o, "\\t");
        } else if (utf8_is_control(c) || (c == UTF8_REPLACEMENT && n == 1)) {
            out_f(o, "\\u%04x", c);
        } else {
            out_bytes(o, text + i, n);
        }
    }
    out_str(o, "\"");
}

void json_key(struct json *j, const char *key) {
    item(j);
    quoted(j->out, key, strlen(key));
    out_str(j->out, ": ");
    j->after_key = true;
}

void json_str(struct json *j, const char *text) {
    json_text(j, text, strlen(text));
}

void json_text(struct json *j, const char *text, size_t len) {
    item(j);
    quoted(j->out, text, len);
}

void json_int(struct json *j, int64_t value) {
    item(j);
    out_f(j->out, "%" PRId64, value);
}

void json_uint(struct json *j, uint64_t value) {
    item(j);
    out_f(j->out, "%" PRIu64, value);
}

void json_number(struct json *j, double value, int digits) {
    item(j);
    if (isfinite(value)) {
        out_f(j->out, "%.*g", digits, value);
    } else {
        out_str(j->out, "null");
    }
}

void json_bool(struct json *j, bool value) {
    item(j);
    out_str(j->out, value ? "true" : "false");
}

void json_bytes(struct json *j, const char *bytes, size_t len) {
    if (utf8_is_valid(bytes, len)) {
        json_text(j, bytes, len);
        return;
    }
    json_begin(j, '[');
    for (size_t i = 0; i < len; i++) json_uint(j, (unsigned char)bytes[i]);
    json_end(j, ']');
}

void json_put_str(struct json *j, const char *key, const char *text) {
    json_key(j, key);
    json_str(j, text);
}

void json_put_text(struct json *j, const char *key, const char *text, size_t len) {
    json_key(j, key);
    json_text(j, text, len);
}

void json_put_int(struct json *j, const char *key, int64_t value) {
    json_key(j, key);
    json_int(j, value);
}

void json_put_uint(struct json *j, const char *key, uint64_t value) {
    json_key(j, key);
    json_uint(j, value);
}

void json_put_number(struct json *j, const char *key, double value, int digits) {
    json_key(j, key);
    json_number(j, value, digits);
}

void json_put_bool(struct json *j, const char *key, bool value) {
    json_key(j, key);
    json_bool(j, value);
}

void json_put_bytes(struct json *j, const char *key, const char *bytes, size_t len) {
    json_key(j, key);
    json_bytes(j, bytes, len);
}
