#include "base/json_write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_plain.h"
#include "base/utf8.h"

void json_init_sink(struct json *j, json_sink_fn put, void *to) {
    *j = (struct json){.put = put, .to = to, .ends_line = true};
}

static void to_buf(void *to, const void *data, size_t size) {
    buf_add(to, data, size);
}

void json_init_buf(struct json *j, struct buf *to) {
    *j = (struct json){.put = to_buf, .to = to, .is_compact = true};
}

static void put_str(struct json *j, const char *text) {
    j->put(j->to, text, strlen(text));
}

static BASE_PRINTF(2, 3) void put_f(struct json *j, const char *fmt, ...) {
    char text[64];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < sizeof text);
    j->put(j->to, text, (size_t)n);
}

static void item(struct json *j) {
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    uint32_t bit = UINT32_C(1) << j->depth;
    if (j->depth > 0 && (j->has_items & bit)) put_str(j, j->is_compact ? "," : ", ");
    j->has_items |= bit;
}

void json_begin(struct json *j, char bracket) {
    item(j);
    j->put(j->to, &bracket, 1);
    assert(j->depth + 1 < JSON_MAX_DEPTH);
    j->depth++;
    j->has_items &= ~(UINT32_C(1) << j->depth);
}

void json_end(struct json *j, char bracket) {
    assert(j->depth > 0);
    j->depth--;
    j->put(j->to, &bracket, 1);
    if (j->depth == 0 && j->ends_line) put_str(j, "\n");
}

static void escaped(struct json *j, unsigned c) {
    if (c == '"' || c == '\\') {
        put_f(j, "\\%c", (int)c);
    } else if (c == '\n') {
        put_str(j, "\\n");
    } else if (c == '\t') {
        put_str(j, "\\t");
    } else {
        put_f(j, "\\u%04x", c);
    }
}

static void quoted(struct json *j, const char *text, size_t len) {
    size_t start = 0;
    put_str(j, "\"");
    for (size_t i = 0, n; i < len; i += n) {
        n = json_plain_length(text + i, len - i);
        if (n > 0) continue;
        unsigned c = utf8_next(text + i, len - i, &n);
        bool is_escaped = c == '"' || c == '\\' || utf8_is_control(c);
        if (!is_escaped && !(c == UTF8_REPLACEMENT && n == 1)) continue;
        if (i > start) j->put(j->to, text + start, i - start);
        escaped(j, c);
        start = i + n;
    }
    if (len > start) j->put(j->to, text + start, len - start);
    put_str(j, "\"");
}

void json_key(struct json *j, const char *key) {
    json_key_text(j, key, strlen(key));
}

void json_key_text(struct json *j, const char *key, size_t len) {
    item(j);
    quoted(j, key, len);
    put_str(j, j->is_compact ? ":" : ": ");
    j->after_key = true;
}

void json_str(struct json *j, const char *text) {
    json_text(j, text, strlen(text));
}

void json_text(struct json *j, const char *text, size_t len) {
    item(j);
    quoted(j, text, len);
}

void json_int(struct json *j, int64_t value) {
    item(j);
    put_f(j, "%" PRId64, value);
}

void json_uint(struct json *j, uint64_t value) {
    item(j);
    put_f(j, "%" PRIu64, value);
}

void json_number(struct json *j, double value, int digits) {
    item(j);
    if (isfinite(value)) {
        put_f(j, "%.*g", digits, value);
    } else {
        put_str(j, "null");
    }
}

void json_bool(struct json *j, bool value) {
    item(j);
    put_str(j, value ? "true" : "false");
}

void json_null(struct json *j) {
    json_raw(j, "null", 4);
}

void json_raw(struct json *j, const char *text, size_t len) {
    item(j);
    j->put(j->to, text, len);
}

/* Without item(): it may be deeper than that can count. */
static void put_value(struct json *j, const struct json_value *v) {
    switch (v->kind) {
    case JSON_NULL:
        put_str(j, "null");
        return;
    case JSON_FALSE:
        put_str(j, "false");
        return;
    case JSON_TRUE:
        put_str(j, "true");
        return;
    case JSON_NUMBER:
        j->put(j->to, v->text.data, v->text.len);
        return;
    case JSON_STRING:
        quoted(j, v->text.data, v->text.len);
        return;
    case JSON_ARRAY:
        for (size_t i = 0; i < v->n; i++) {
            put_str(j, i == 0 ? "[" : ",");
            put_value(j, &v->items[i]);
        }
        put_str(j, v->n == 0 ? "[]" : "]");
        return;
    case JSON_OBJECT:
        for (size_t i = 0; i < v->n; i++) {
            put_str(j, i == 0 ? "{" : ",");
            quoted(j, v->members[i].name.data, v->members[i].name.len);
            put_str(j, ":");
            put_value(j, &v->members[i].value);
        }
        put_str(j, v->n == 0 ? "{}" : "}");
        return;
    }
}

void json_value(struct json *j, const struct json_value *value) {
    item(j);
    put_value(j, value);
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

void json_put_null(struct json *j, const char *key) {
    json_key(j, key);
    json_null(j);
}

void json_put_raw(struct json *j, const char *key, const char *text, size_t len) {
    json_key(j, key);
    json_raw(j, text, len);
}

void json_open(struct json *j, const char *key, char bracket) {
    json_key(j, key);
    json_begin(j, bracket);
}

void json_put_value(struct json *j, const char *key, const struct json_value *value) {
    json_key(j, key);
    json_value(j, value);
}
