/* Strings of a rendering: UTF-8 bytes that know whether they came from data. */
#ifndef INGLE_ENGINE_TEMPLATE_STR_H
#define INGLE_ENGINE_TEMPLATE_STR_H

#include <string.h>

#include "engine/template/value.h"

/* A string under construction. */
struct build {
    struct run *r;
    char *data;
    uint8_t *marks; /* NULL while all bytes are as is_data says */
    size_t len, cap, max;
    bool is_data;
};

void build_init(struct build *b, struct run *r);
BASE_NODISCARD ingle_status build_add(struct build *b, const char *data, size_t len, bool is_data);
BASE_NODISCARD ingle_status build_add_part(struct build *b, const struct str *s, size_t start,
                                           size_t len);
BASE_NODISCARD ingle_status build_add_char(struct build *b, uint32_t c, bool is_data);
BASE_NODISCARD ingle_status build_repeat(struct build *b, const struct str *s, int64_t times);
/* The string, whose bytes are the build's own. */
BASE_NODISCARD ingle_status build_end(struct build *b, struct value *out);

static inline ingle_status build_add_str(struct build *b, const struct str *s) {
    return build_add_part(b, s, 0, s->len);
}
static inline ingle_status build_add_text(struct build *b, const char *text, bool is_data) {
    return build_add(b, text, strlen(text), is_data);
}

/* A string that borrows its bytes; text of the template's own. */
BASE_NODISCARD ingle_status str_new(struct run *r, const char *data, size_t len, bool is_data,
                                    struct value *out);
BASE_NODISCARD ingle_status str_text(struct run *r, const char *text, struct value *out);

/* Bytes [start, start + len) of it, shared. */
BASE_NODISCARD ingle_status str_part(struct run *r, const struct str *s, size_t start, size_t len,
                                     struct value *out);
BASE_NODISCARD ingle_status str_concat(struct run *r, const struct str *a, const struct str *b,
                                       struct value *out);

static inline bool str_is_data(const struct str *s, size_t at) {
    return s->marks ? s->marks[at] : s->is_data;
}
bool str_equal(const struct str *a, const struct str *b);
bool str_is(const struct str *s, const char *text);
int str_order(const struct str *a, const struct str *b);

/* Characters, and the byte where one begins. */
size_t str_count(struct str *s);
size_t str_offset(struct str *s, size_t index);

/* The first `what` in [from, end) or the last one; SIZE_MAX. The first takes time for the bytes of
 * s, the last for those times the bytes of `what`: str_find_work() accounts for it. */
size_t str_find(const struct str *s, const struct str *what, size_t from, size_t end);
size_t str_find_last(const struct str *s, const struct str *what, size_t from, size_t end);
BASE_NODISCARD ingle_status str_find_work(struct run *r, const struct str *s,
                                          const struct str *what, bool last);

/* & < > " ' spelled for HTML; a safe string is left alone. The result is safe. */
BASE_NODISCARD ingle_status str_escape(struct run *r, struct str *s, struct value *out);

/* str(v) and repr(v) of Python. A string is itself, and not safe. */
BASE_NODISCARD ingle_status str_of(struct run *r, struct value v, struct str **out);
BASE_NODISCARD ingle_status build_add_value(struct build *b, struct value v);
BASE_NODISCARD ingle_status build_add_repr(struct build *b, struct value v);

#endif
