#include "base/json_tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/json_plain.h"
#include "base/size.h"
#include "base/utf8.h"

#define FEW_NAMES 8 /* that are compared each with each */

/* A list under construction: members, or items with an empty name. One for all levels: each level
 * pushes behind those of its parents and moves its own to the arena when it ends. */
struct stack {
    struct json_member *data;
    size_t n, cap;
};

struct parser {
    struct arena *arena;
    const char *text, *what;
    size_t len, pos;
    int depth;
    size_t n_values;
    struct json_limits limits;
    struct stack stack;
    ingle_error *err;
};

static ingle_status parse_value(struct parser *p, struct json_value *out);

static ingle_status broken(struct parser *p, size_t where, const char *rule) {
    size_t line = 1, start = 0;
    for (size_t i = 0; i < where && i < p->len; i++) {
        if (p->text[i] != '\n') continue;
        line++;
        start = i + 1;
    }
    return status_set(p->err, INGLE_INVALID, where, "%s is not JSON: line %zu, column %zu: %s.",
                      p->what, line, where - start + 1, rule);
}

/* For so many bytes in the arena. */
static ingle_status no_room(struct parser *p, size_t size) {
    if (size < p->arena->max - p->arena->total) return status_no_memory(p->err, p->what, p->len);
    return status_set(p->err, INGLE_LIMIT, p->pos, "%s is too large: its tree exceeds %zu bytes.",
                      p->what, p->arena->max);
}

static int peek(const struct parser *p) {
    return p->pos < p->len ? (unsigned char)p->text[p->pos] : -1;
}

static void skip_space(struct parser *p) {
    while (p->pos < p->len && json_is_space(p->text[p->pos])) p->pos++;
}

/* Four hexadecimal digits at the position, or -1. */
static int32_t take_hex(struct parser *p) {
    int32_t value = 0;
    if (p->len - p->pos < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int digit = ascii_hex_value(p->text[p->pos + (size_t)i]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    p->pos += 4;
    return value;
}

/* After "\u". */
static ingle_status take_unicode(struct parser *p, char **out) {
    size_t where = p->pos - 2;
    int32_t c = take_hex(p);
    if (c < 0) return broken(p, where, "\\u needs four hexadecimal digits");
    bool is_high = c >= 0xd800 && c < 0xdc00;
    if (is_high && p->len - p->pos >= 6 && memcmp(p->text + p->pos, "\\u", 2) == 0) {
        p->pos += 2;
        int32_t low = take_hex(p);
        if (low < 0xdc00 || low > 0xdfff) return broken(p, where, "half of a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xd800 && c <= 0xdfff) {
        return broken(p, where, "half of a surrogate pair");
    }
    *out += utf8_put(*out, (uint32_t)c);
    return INGLE_OK;
}

static ingle_status take_escape(struct parser *p, char **out) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    size_t where = p->pos++;
    int c = peek(p);
    p->pos++;
    if (c == 'u') return take_unicode(p, out);
    const char *found = c > 0 ? strchr(names, c) : NULL;
    if (!found) return broken(p, where, "no escape of JSON begins so");
    *(*out)++ = values[found - names];
    return INGLE_OK;
}

/* The length of the string at the position, as written; SIZE_MAX if it does not end. */
static size_t written_length(const struct parser *p) {
    for (size_t i = p->pos + 1; i < p->len; i++) {
        i += json_plain_length(p->text + i, p->len - i);
        if (i >= p->len) break;
        if (p->text[i] == '"') return i - p->pos - 1;
        if (p->text[i] == '\\') i++;
    }
    return SIZE_MAX;
}

/* What stands for itself, up to an escape or the end, which is there. */
static ingle_status take_plain(struct parser *p, char **out) {
    size_t start = p->pos;
    for (;;) {
        p->pos += json_plain_length(p->text + p->pos, p->len - p->pos);
        unsigned char c = (unsigned char)p->text[p->pos];
        if (c == '"' || c == '\\') break;
        if (c < 0x20) return broken(p, p->pos, "a control character in a string");
        uint32_t character;
        size_t n = utf8_take(p->text + p->pos, p->len - p->pos, &character);
        if (n == 0) return broken(p, p->pos, "these bytes are not UTF-8");
        p->pos += n;
    }
    memcpy(*out, p->text + start, p->pos - start);
    *out += p->pos - start;
    return INGLE_OK;
}

static ingle_status parse_string(struct parser *p, struct json_text *out) {
    size_t start = p->pos;
    size_t room = written_length(p);
    if (room == SIZE_MAX) return broken(p, start, "this string does not end");
    char *data = arena_alloc(p->arena, room + 1);
    if (!data) return no_room(p, room + 1);
    char *end = data;
    p->pos++;
    while (p->text[p->pos] != '"') {
        INGLE_TRY(p->text[p->pos] == '\\' ? take_escape(p, &end) : take_plain(p, &end));
    }
    p->pos++;
    *out = (struct json_text){.data = data, .len = (size_t)(end - data)};
    return INGLE_OK;
}

static size_t take_digits(struct parser *p) {
    size_t start = p->pos;
    while (peek(p) >= '0' && peek(p) <= '9') p->pos++;
    return p->pos - start;
}

static ingle_status parse_number(struct parser *p, struct json_value *out) {
    size_t start = p->pos;
    if (peek(p) == '-') p->pos++;
    bool is_zero = peek(p) == '0';
    size_t n_digits = take_digits(p);
    if (n_digits == 0) return broken(p, start, "a value should stand here");
    if (is_zero && n_digits > 1) return broken(p, start, "a number begins with a needless zero");
    if (peek(p) == '.') {
        p->pos++;
        if (!take_digits(p)) return broken(p, p->pos, "a digit should follow the point");
    }
    if ((peek(p) | 0x20) == 'e') {
        p->pos++;
        if (peek(p) == '+' || peek(p) == '-') p->pos++;
        if (!take_digits(p)) return broken(p, p->pos, "the exponent has no digits");
    }
    out->kind = JSON_NUMBER;
    out->text.len = p->pos - start;
    out->text.data = arena_copy(p->arena, p->text + start, out->text.len);
    return out->text.data ? INGLE_OK : no_room(p, out->text.len + 1);
}

static ingle_status parse_word(struct parser *p, struct json_value *out) {
    static const struct {
        const char *word;
        enum json_kind kind;
    } words[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if (p->len - p->pos < n || memcmp(p->text + p->pos, words[i].word, n) != 0) continue;
        p->pos += n;
        out->kind = words[i].kind;
        return INGLE_OK;
    }
    return broken(p, p->pos, p->pos == p->len ? "it ends too early" : "a value should stand here");
}

static ingle_status push(struct parser *p, const struct json_member *member) {
    struct stack *s = &p->stack;
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16, size;
        /* What the arena has no room for needs none here. */
        if (s->n > p->arena->max / sizeof(struct json_value)) return no_room(p, SIZE_MAX);
        if (!mul_size(&size, cap, sizeof *s->data)) return no_room(p, SIZE_MAX);
        struct json_member *data = mem_realloc(s->data, size);
        if (!data) return status_no_memory(p->err, p->what, size);
        s->data = data;
        s->cap = cap;
    }
    s->data[s->n++] = *member;
    return INGLE_OK;
}

/* After a value in a list: true in *more if a comma follows, false if the list ends. */
static ingle_status after_item(struct parser *p, char close, bool *more) {
    skip_space(p);
    int c = peek(p);
    *more = c == ',';
    if (c != ',' && c != close) {
        if (c < 0) return broken(p, p->pos, "it ends too early");
        return broken(p, p->pos,
                      close == ']' ? "',' or ']' should stand here"
                                   : "',' or '}' should stand here");
    }
    p->pos++;
    if (*more) skip_space(p);
    return INGLE_OK;
}

struct json_ref {
    uint64_t head; /* the name's first bytes, which tell most names apart */
    const struct json_member *member;
};

/* Equal names in the order of the text. */
static int by_name(const void *a, const void *b) {
    const struct json_ref *x = a, *y = b;
    if (x->head != y->head) return x->head < y->head ? -1 : 1;
    const struct json_text *n = &x->member->name, *m = &y->member->name;
    if (n->len != m->len) return n->len < m->len ? -1 : 1;
    int order = memcmp(n->data, m->data, n->len);
    return order ? order : x->member < y->member ? -1 : x->member > y->member;
}

static ingle_status twice(struct parser *p, const struct json_member *member) {
    return broken(p, member->value.where, "this name stands twice in its object");
}

static ingle_status check_few_names(struct parser *p, const struct json_value *object) {
    for (size_t i = 1; i < object->n; i++) {
        const struct json_member *member = &object->members[i];
        for (size_t j = 0; j < i; j++) {
            if (json_text_equal(&object->members[j].name, &member->name)) return twice(p, member);
        }
    }
    return INGLE_OK;
}

static ingle_status check_names(struct parser *p, const struct json_value *object) {
    if (object->n <= FEW_NAMES) return check_few_names(p, object);
    struct json_ref *sorted = arena_array(p->arena, object->n, sizeof *sorted);
    if (!sorted) return no_room(p, object->n * sizeof *sorted);
    for (size_t i = 0; i < object->n; i++) {
        const struct json_text *name = &object->members[i].name;
        sorted[i].member = &object->members[i];
        memcpy(&sorted[i].head, name->data, name->len < 8 ? name->len : 8);
    }
    qsort(sorted, object->n, sizeof *sorted, by_name);
    for (size_t i = 1; i < object->n; i++) {
        const struct json_member *member = sorted[i].member;
        if (json_text_equal(&sorted[i - 1].member->name, &member->name)) return twice(p, member);
    }
    return INGLE_OK;
}

static ingle_status keep_list(struct parser *p, struct json_value *out, size_t base) {
    out->n = p->stack.n - base;
    p->stack.n = base;
    if (out->n == 0) return INGLE_OK;
    const struct json_member *from = p->stack.data + base;
    if (out->kind == JSON_OBJECT) {
        out->members = arena_array(p->arena, out->n, sizeof *out->members);
        if (!out->members) return no_room(p, out->n * sizeof *out->members);
        memcpy(out->members, from, out->n * sizeof *from);
        return check_names(p, out);
    }
    out->items = arena_array(p->arena, out->n, sizeof *out->items);
    if (!out->items) return no_room(p, out->n * sizeof *out->items);
    for (size_t i = 0; i < out->n; i++) out->items[i] = from[i].value;
    return INGLE_OK;
}

static ingle_status parse_member(struct parser *p, struct json_member *member) {
    if (peek(p) != '"') return broken(p, p->pos, "a name in quotes should stand here");
    INGLE_TRY(parse_string(p, &member->name));
    skip_space(p);
    if (peek(p) != ':') return broken(p, p->pos, "':' should stand here");
    p->pos++;
    skip_space(p);
    return parse_value(p, &member->value);
}

static ingle_status parse_list(struct parser *p, struct json_value *out) {
    out->kind = peek(p) == '[' ? JSON_ARRAY : JSON_OBJECT;
    char close = out->kind == JSON_ARRAY ? ']' : '}';
    size_t base = p->stack.n;
    if (p->depth == p->limits.depth) return broken(p, p->pos, "it is nested too deeply");
    p->depth++;
    p->pos++;
    skip_space(p);
    bool more = peek(p) != close;
    if (!more) p->pos++;
    while (more) {
        struct json_member member = {0};
        INGLE_TRY(out->kind == JSON_ARRAY ? parse_value(p, &member.value)
                                          : parse_member(p, &member));
        INGLE_TRY(push(p, &member));
        INGLE_TRY(after_item(p, close, &more));
    }
    p->depth--;
    return keep_list(p, out, base);
}

static ingle_status parse_value(struct parser *p, struct json_value *out) {
    out->where = p->pos;
    if (p->n_values++ == p->limits.values) {
        return status_set(p->err, INGLE_LIMIT, p->pos, "%s has more than %zu values.", p->what,
                          p->limits.values);
    }
    int c = peek(p);
    if (c == '[' || c == '{') return parse_list(p, out);
    if (c == '"') {
        out->kind = JSON_STRING;
        return parse_string(p, &out->text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) return parse_number(p, out);
    return parse_word(p, out);
}

ingle_status json_tree_parse_within(const struct json_value **out, struct arena *arena,
                                    const char *text, size_t len, const char *what,
                                    const struct json_limits *limits, ingle_error *err) {
    *out = NULL;
    struct parser p = {
        .arena = arena, .text = text, .what = what, .len = len, .limits = *limits, .err = err};
    struct json_value *root = arena_alloc(arena, sizeof *root);
    if (!root) return no_room(&p, sizeof *root);
    skip_space(&p);
    ingle_status status = parse_value(&p, root);
    skip_space(&p);
    if (status == INGLE_OK && p.pos < len) {
        status = broken(&p, p.pos, "nothing should follow the value");
    }
    mem_free(p.stack.data);
    if (status == INGLE_OK) *out = root;
    return status;
}

ingle_status json_tree_parse(const struct json_value **out, struct arena *arena, const char *text,
                             size_t len, const char *what, ingle_error *err) {
    static const struct json_limits limits = {.depth = JSON_TREE_MAX_DEPTH, .values = SIZE_MAX};
    return json_tree_parse_within(out, arena, text, len, what, &limits, err);
}

const struct json_value *json_member(const struct json_value *value, const char *name) {
    if (value->kind != JSON_OBJECT) return NULL;
    for (size_t i = 0; i < value->n; i++) {
        if (json_text_is(&value->members[i].name, name)) return &value->members[i].value;
    }
    return NULL;
}

bool json_text_is(const struct json_text *text, const char *other) {
    return text->len == strlen(other) && memcmp(text->data, other, text->len) == 0;
}

bool json_text_equal(const struct json_text *a, const struct json_text *b) {
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}
