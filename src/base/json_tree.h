/* Reads a JSON text (RFC 8259) into a tree: order kept, numbers as they are written, strings
 * decoded to UTF-8. Strict: nothing but JSON, valid UTF-8, no lone surrogates, no name twice in an
 * object. Bounded in depth; memory is the arena's. */
#ifndef INGLE_BASE_JSON_TREE_H
#define INGLE_BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

#define JSON_TREE_MAX_DEPTH 512

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Bytes with a NUL behind them; a string may hold NULs of its own. */
struct json_text {
    const char *data;
    size_t len;
};

struct json_member;

struct json_value {
    enum json_kind kind;
    size_t where;          /* byte offset of the value in the text */
    struct json_text text; /* NUMBER: as written; STRING: decoded */
    size_t n;              /* ARRAY: items; OBJECT: members */
    struct json_value *items;
    struct json_member *members;
};

struct json_member {
    struct json_text name;
    struct json_value value;
};

/* *out lives as long as the arena. `what` names the text in the sentence ("the schema"). INVALID
 * with err->where, the byte offset, and line and column in the sentence; NO_MEMORY or LIMIT (the
 * arena's maximum). */
BASE_NODISCARD ingle_status json_tree_parse(const struct json_value **out, struct arena *arena,
                                            const char *text, size_t len, const char *what,
                                            ingle_error *err);

/* What a text may hold at most, for those whose size alone is no limit of the time it takes. */
struct json_limits {
    int depth;
    size_t values;
};

/* LIMIT as well if there are more values. */
BASE_NODISCARD ingle_status json_tree_parse_within(const struct json_value **out,
                                                   struct arena *arena, const char *text,
                                                   size_t len, const char *what,
                                                   const struct json_limits *limits,
                                                   ingle_error *err);

/* The member's value; NULL if value is no object or has none of this name. */
const struct json_value *json_member(const struct json_value *value, const char *name);

/* What may stand between values. */
static inline bool json_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Is there nothing else? */
static inline bool json_is_blank(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!json_is_space(text[i])) return false;
    }
    return true;
}

bool json_text_is(const struct json_text *text, const char *other);
bool json_text_equal(const struct json_text *a, const struct json_text *b);

#endif
