#include "engine/template/str.h"

#include <assert.h>

#include "base/size.h"
#include "base/utf8.h"
#include "engine/template/chars.h"
#include "engine/template/run.h"

#define FIRST_CAP 64

void build_init(struct build *b, struct run *r) {
    *b = (struct build){.r = r, .max = TEMPLATE_MAX_OUTPUT};
}

static ingle_status grow(struct build *b, size_t more) {
    size_t need;
    if (!add_size(&need, b->len, more) || need > b->max) {
        return run_fail(b->r, INGLE_LIMIT, "a text exceeds %zu bytes", b->max);
    }
    if (need <= b->cap) return INGLE_OK;
    size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
    if (cap < need) cap = need;
    void *data, *marks;
    INGLE_TRY(run_alloc(b->r, cap, 1, &data));
    if (b->len) memcpy(data, b->data, b->len);
    if (b->marks) {
        INGLE_TRY(run_alloc(b->r, cap, 1, &marks));
        memcpy(marks, b->marks, b->len);
        b->marks = marks;
    }
    b->data = data;
    b->cap = cap;
    return INGLE_OK;
}

static ingle_status mix(struct build *b) {
    void *marks;
    INGLE_TRY(run_alloc(b->r, b->cap, 1, &marks));
    memset(marks, b->is_data, b->len);
    b->marks = marks;
    return INGLE_OK;
}

static ingle_status add(struct build *b, const char *data, const uint8_t *marks, size_t len,
                        bool is_data) {
    if (len == 0) return INGLE_OK;
    INGLE_TRY(run_work(b->r, len));
    INGLE_TRY(grow(b, len));
    assert(b->data);
    if (b->len == 0 && !marks && !b->marks) b->is_data = is_data;
    if (!b->marks && (marks || is_data != b->is_data)) INGLE_TRY(mix(b));
    memcpy(b->data + b->len, data, len);
    if (b->marks && marks) memcpy(b->marks + b->len, marks, len);
    if (b->marks && !marks) memset(b->marks + b->len, is_data, len);
    b->len += len;
    return INGLE_OK;
}

ingle_status build_add(struct build *b, const char *data, size_t len, bool is_data) {
    return add(b, data, NULL, len, is_data);
}

ingle_status build_add_part(struct build *b, const struct str *s, size_t start, size_t len) {
    return add(b, s->data + start, s->marks ? s->marks + start : NULL, len, s->is_data);
}

ingle_status build_add_char(struct build *b, uint32_t c, bool is_data) {
    char bytes[4];
    return build_add(b, bytes, utf8_put(bytes, c), is_data);
}

ingle_status build_repeat(struct build *b, const struct str *s, int64_t times) {
    size_t whole;
    if (times <= 0 || s->len == 0) return INGLE_OK;
    if (!mul_size(&whole, s->len, (size_t)times)) whole = SIZE_MAX;
    INGLE_TRY(grow(b, whole));
    for (int64_t i = 0; i < times; i++) INGLE_TRY(build_add_str(b, s));
    return INGLE_OK;
}

ingle_status build_end(struct build *b, struct value *out) {
    void *s;
    INGLE_TRY(run_alloc(b->r, 1, sizeof(struct str), &s));
    *(struct str *)s = (struct str){.data = b->len ? b->data : "",
                                    .marks = b->marks,
                                    .len = b->len,
                                    .n_chars = STR_NOT_COUNTED,
                                    .is_data = b->is_data};
    *out = value_of_str(s);
    return INGLE_OK;
}

ingle_status str_new(struct run *r, const char *data, size_t len, bool is_data, struct value *out) {
    void *s;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct str), &s));
    *(struct str *)s =
        (struct str){.data = data, .len = len, .n_chars = STR_NOT_COUNTED, .is_data = is_data};
    *out = value_of_str(s);
    return INGLE_OK;
}

ingle_status str_text(struct run *r, const char *text, struct value *out) {
    return str_new(r, text, strlen(text), false, out);
}

ingle_status str_part(struct run *r, const struct str *s, size_t start, size_t len,
                      struct value *out) {
    INGLE_TRY(str_new(r, s->data + start, len, s->is_data, out));
    if (s->marks) out->s->marks = s->marks + start;
    out->s->is_safe = s->is_safe;
    if (start == 0 && len == s->len) out->s->n_chars = s->n_chars;
    return INGLE_OK;
}

ingle_status str_concat(struct run *r, const struct str *a, const struct str *b,
                        struct value *out) {
    if (b->len == 0) return str_part(r, a, 0, a->len, out);
    if (a->len == 0) return str_part(r, b, 0, b->len, out);
    struct build whole;
    build_init(&whole, r);
    INGLE_TRY(build_add_str(&whole, a));
    INGLE_TRY(build_add_str(&whole, b));
    return build_end(&whole, out);
}

bool str_equal(const struct str *a, const struct str *b) {
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

bool str_is(const struct str *s, const char *text) {
    return s->len == strlen(text) && memcmp(s->data, text, s->len) == 0;
}

int str_order(const struct str *a, const struct str *b) {
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->data, b->data, len);
    if (order) return order < 0 ? -1 : 1;
    return a->len < b->len ? -1 : a->len > b->len;
}

size_t str_count(struct str *s) {
    if (s->n_chars == STR_NOT_COUNTED) s->n_chars = chars_count(s->data, s->len);
    return s->n_chars;
}

size_t str_offset(struct str *s, size_t index) {
    if (str_count(s) == s->len) return index < s->len ? index : s->len;
    return chars_offset(s->data, s->len, index);
}

size_t str_find(const struct str *s, const struct str *what, size_t from, size_t end) {
    if (from > end || what->len > end - from) return SIZE_MAX;
    if (what->len == 0) return from;
    const char *found = memmem(s->data + from, end - from, what->data, what->len);
    return found ? (size_t)(found - s->data) : SIZE_MAX;
}

size_t str_find_last(const struct str *s, const struct str *what, size_t from, size_t end) {
    if (from > end || what->len > end - from) return SIZE_MAX;
    for (size_t at = end - what->len + 1; at > from;) {
        at--;
        if (memcmp(s->data + at, what->data, what->len) == 0) return at;
    }
    return SIZE_MAX;
}

ingle_status str_find_work(struct run *r, const struct str *s, const struct str *what, bool last) {
    size_t work = s->len;
    if (last && !mul_size(&work, s->len / 16 + 1, what->len)) work = SIZE_MAX;
    return run_work(r, work);
}

ingle_status str_escape(struct run *r, struct str *s, struct value *out) {
    static const char special[] = "&<>\"'";
    static const char *const spelled[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
    if (s->is_safe) {
        *out = value_of_str(s);
        return INGLE_OK;
    }
    struct build b;
    build_init(&b, r);
    for (size_t i = 0; i < s->len; i++) {
        const char *found = s->data[i] ? strchr(special, s->data[i]) : NULL;
        if (found) {
            INGLE_TRY(build_add_text(&b, spelled[found - special], str_is_data(s, i)));
        } else {
            INGLE_TRY(build_add_part(&b, s, i, 1));
        }
    }
    INGLE_TRY(build_end(&b, out));
    out->s->is_safe = true;
    return INGLE_OK;
}
