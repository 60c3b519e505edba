/* A small strict JSON writer. It keeps the commas; the caller keeps the order: key, then value.
 * Strings may be any bytes: what is not UTF-8 becomes U+FFFD, control characters are escaped. */
#ifndef INGLE_BASE_JSON_WRITE_H
#define INGLE_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json_tree.h"

#define JSON_MAX_DEPTH 32

/* Takes the next bytes of the text. */
typedef void (*json_sink_fn)(void *to, const void *data, size_t size);

struct json {
    json_sink_fn put;
    void *to;
    unsigned depth;
    uint32_t has_items; /* bit d: something stands at depth d already */
    bool after_key;
    bool ends_line;  /* the end of the outermost value ends its line, too */
    bool is_compact; /* no space between items */
};

/* Into a sink, for people and files: spaces between items, and a newline behind it all. */
void json_init_sink(struct json *j, json_sink_fn put, void *to);
/* Into a buffer, for programs: no space, no newline. What does not fit, buf_failed() tells. */
void json_init_buf(struct json *j, struct buf *to);

void json_begin(struct json *j, char bracket); /* '{' or '[' */
void json_end(struct json *j, char bracket);   /* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_key_text(struct json *j, const char *key, size_t len);
void json_str(struct json *j, const char *text);
void json_text(struct json *j, const char *text, size_t len);
void json_int(struct json *j, int64_t value);
void json_uint(struct json *j, uint64_t value);
/* `digits` significant ones; infinities and NaN are null. */
void json_number(struct json *j, double value, int digits);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

/* A value that is JSON already. */
void json_raw(struct json *j, const char *text, size_t len);

/* A value that was read, of any depth: numbers as they were written. */
void json_value(struct json *j, const struct json_value *value);

/* A text if the bytes are UTF-8, else an array of byte values: nothing is lost. */
void json_bytes(struct json *j, const char *bytes, size_t len);

/* A key and its value. */
void json_put_str(struct json *j, const char *key, const char *text);
void json_put_text(struct json *j, const char *key, const char *text, size_t len);
void json_put_int(struct json *j, const char *key, int64_t value);
void json_put_uint(struct json *j, const char *key, uint64_t value);
void json_put_number(struct json *j, const char *key, double value, int digits);
void json_put_bool(struct json *j, const char *key, bool value);
void json_put_null(struct json *j, const char *key);
void json_put_raw(struct json *j, const char *key, const char *text, size_t len);
void json_put_value(struct json *j, const char *key, const struct json_value *value);
void json_put_bytes(struct json *j, const char *key, const char *bytes, size_t len);
/* A key and the bracket that opens its value. */
void json_open(struct json *j, const char *key, char bracket);

#endif
