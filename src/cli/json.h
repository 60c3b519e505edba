/* A small strict JSON writer. It keeps the commas; the caller keeps the order: key, then value.
 * Strings may be any bytes: what is not UTF-8 becomes U+FFFD, control characters are escaped. */
#ifndef INGLE_CLI_JSON_H
#define INGLE_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/out.h"

#define JSON_MAX_DEPTH 32

struct json {
    struct out *out;
    unsigned depth;
    uint32_t has_items; /* bit d: something stands at depth d already */
    bool after_key;
    bool in_line; /* part of a line of other text: the end of the value does not end it */
};

void json_init(struct json *j, struct out *out);
void json_init_in_line(struct json *j, struct out *out);
void json_begin(struct json *j, char bracket); /* '{' or '[' */
void json_end(struct json *j, char bracket);   /* '}' or ']'; the outermost also ends the line */
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *text);
void json_text(struct json *j, const char *text, size_t len);
void json_int(struct json *j, int64_t value);
void json_uint(struct json *j, uint64_t value);
/* `digits` significant ones; infinities and NaN are null. */
void json_number(struct json *j, double value, int digits);
void json_bool(struct json *j, bool value);

/* A text if the bytes are UTF-8, else an array of byte values: nothing is lost. */
void json_bytes(struct json *j, const char *bytes, size_t len);

/* A key and its value. */
void json_put_str(struct json *j, const char *key, const char *text);
void json_put_text(struct json *j, const char *key, const char *text, size_t len);
void json_put_int(struct json *j, const char *key, int64_t value);
void json_put_uint(struct json *j, const char *key, uint64_t value);
void json_put_number(struct json *j, const char *key, double value, int digits);
void json_put_bool(struct json *j, const char *key, bool value);
void json_put_bytes(struct json *j, const char *key, const char *bytes, size_t len);

#endif
