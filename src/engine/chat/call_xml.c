/* Qwen3-Coder's calls: <function=NAME>, a <parameter=KEY> for each argument with its raw text,
 * which the tool's schema tells the type of. */
#include <string.h>

#include "engine/chat/call_reader.h"
#include "engine/chat/json_out.h"

enum { IS_STRING = 1, IS_NUMBER = 2, IS_BOOL = 4, IS_NULL = 8, IS_OBJECT = 16, IS_ARRAY = 32 };

#define IS_ANY (IS_STRING | IS_NUMBER | IS_BOOL | IS_NULL | IS_OBJECT | IS_ARRAY)
#define MAX_DEPTH 16 /* of schemas in schemas */

struct xml {
    const struct call_sink *sink;
    const char *text;
    size_t len, pos;
    struct buf out;
    struct arena arena;
    ingle_error *err;
};

static ingle_status wrong(const struct xml *x, const char *why) {
    return call_broken(x->pos, why, x->err);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct xml *x) {
    while (x->pos < x->len && is_space(x->text[x->pos])) x->pos++;
}

static bool stands_at(const struct xml *x, size_t at, const char *what) {
    size_t len = strlen(what);
    return at <= x->len && x->len - at >= len && memcmp(x->text + at, what, len) == 0;
}

static bool take(struct xml *x, const char *what) {
    if (!stands_at(x, x->pos, what)) return false;
    x->pos += strlen(what);
    return true;
}

/* <what=NAME> behind "<what=". */
static bool take_name(struct xml *x, struct json_text *name) {
    const char *end = memchr(x->text + x->pos, '>', x->len - x->pos);
    if (!end) return false;
    *name = (struct json_text){x->text + x->pos, (size_t)(end - x->text) - x->pos};
    x->pos += name->len + 1;
    return name->len > 0;
}

/* ---- types ---- */

static unsigned kind_bit(const struct json_value *value) {
    static const unsigned bits[] = {
        [JSON_NULL] = IS_NULL,     [JSON_FALSE] = IS_BOOL,    [JSON_TRUE] = IS_BOOL,
        [JSON_NUMBER] = IS_NUMBER, [JSON_STRING] = IS_STRING, [JSON_ARRAY] = IS_ARRAY,
        [JSON_OBJECT] = IS_OBJECT};
    return bits[value->kind];
}

static unsigned named_bit(const struct json_value *name) {
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {{"string", IS_STRING}, {"number", IS_NUMBER}, {"integer", IS_NUMBER},
                 {"boolean", IS_BOOL},  {"null", IS_NULL},     {"object", IS_OBJECT},
                 {"array", IS_ARRAY}};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (name->kind == JSON_STRING && json_text_is(&name->text, names[i].name)) {
            return names[i].bit;
        }
    }
    return 0;
}

/* The kinds of values that a schema speaks of; whether they fit is judged later. */
static unsigned types_of(const struct json_value *schema, int depth) {
    if (!schema || schema->kind != JSON_OBJECT || depth == MAX_DEPTH) return IS_ANY;
    const struct json_value *type = json_member(schema, "type"),
                            *list = json_member(schema, "enum"),
                            *constant = json_member(schema, "const");
    unsigned bits = 0;
    if (type && type->kind == JSON_STRING) bits = named_bit(type);
    for (size_t i = 0; type && type->kind == JSON_ARRAY && i < type->n; i++) {
        bits |= named_bit(&type->items[i]);
    }
    if (bits) return bits;
    if (constant) return kind_bit(constant);
    for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->n; i++) {
        bits |= kind_bit(&list->items[i]);
    }
    if (bits) return bits;
    static const char *const groups[] = {"anyOf", "oneOf"};
    for (size_t g = 0; g < BASE_COUNT(groups); g++) {
        const struct json_value *group = json_member(schema, groups[g]);
        for (size_t i = 0; group && group->kind == JSON_ARRAY && i < group->n; i++) {
            bits |= types_of(&group->items[i], depth + 1);
        }
    }
    return bits ? bits : IS_ANY;
}

/* Python's words, which models trained on code like to write. */
static struct json_text json_word(struct json_text raw) {
    if (json_text_is(&raw, "True")) return (struct json_text){"true", 4};
    if (json_text_is(&raw, "False")) return (struct json_text){"false", 5};
    if (json_text_is(&raw, "None")) return (struct json_text){"null", 4};
    return raw;
}

static ingle_status put_value(struct xml *x, struct json_text raw, unsigned types) {
    const struct json_value *value;
    if (types != IS_STRING) {
        struct json_text word = json_word(raw);
        ingle_error why;
        ingle_status status =
            json_tree_parse(&value, &x->arena, word.data, word.len, "The value", &why);
        if (status == INGLE_NO_MEMORY || status == INGLE_LIMIT) {
            if (x->err) *x->err = why;
            return status;
        }
        if (status == INGLE_OK && (types & kind_bit(value))) {
            json_out_value(&x->out, value);
            return INGLE_OK;
        }
    }
    json_out_string(&x->out, raw.data, raw.len);
    return INGLE_OK;
}

/* ---- calls ---- */

/* Where the value that begins at pos ends: at the closing tag that something of a call follows, for
 * the text may hold one of its own. */
static bool find_end(const struct xml *x, size_t *end, size_t *next) {
    static const char close[] = "</parameter>";
    for (size_t at = x->pos; at < x->len; at++) {
        if (x->text[at] != '<' || !stands_at(x, at, close)) continue;
        size_t after = at + sizeof close - 1;
        *end = at;
        *next = after;
        while (after < x->len && is_space(x->text[after])) after++;
        if (stands_at(x, after, "<parameter=") || stands_at(x, after, "</function>")) return true;
    }
    return false;
}

static ingle_status read_parameter(struct xml *x, const struct tool *tool, bool *is_first) {
    struct json_text key;
    size_t end, next;
    if (!take_name(x, &key)) return wrong(x, "a parameter has no name");
    if (!find_end(x, &end, &next)) return wrong(x, "a parameter does not end");
    if (x->text[x->pos] == '\n' && x->pos < end) x->pos++;
    if (end > x->pos && x->text[end - 1] == '\n') end--;
    json_out_name(&x->out, key.data, key.len, is_first);
    const struct json_value *schema = tool ? tool_parameter(tool, key.data, key.len) : NULL;
    struct json_text raw = {x->text + x->pos, end - x->pos};
    INGLE_TRY(put_value(x, raw, types_of(schema, 0)));
    x->pos = next;
    return INGLE_OK;
}

static ingle_status read_call(struct xml *x) {
    char name[TOOL_NAME_MAX + 1];
    struct json_text text;
    bool is_first = true;
    if (!take(x, "<function=")) return wrong(x, "it does not begin with <function=");
    if (!take_name(x, &text) || text.len > TOOL_NAME_MAX) return wrong(x, "it has no name");
    memcpy(name, text.data, text.len);
    name[text.len] = '\0';
    const struct tool *tool = tool_find(x->sink->tools, text.data, text.len);
    buf_reset(&x->out);
    buf_add(&x->out, "{", 1);
    for (skip_space(x); take(x, "<parameter="); skip_space(x)) {
        INGLE_TRY(read_parameter(x, tool, &is_first));
    }
    buf_add(&x->out, "}", 1);
    if (!take(x, "</function>")) return wrong(x, "</function> should stand here");
    return call_sink_put(x->sink, &(struct json_text){name, text.len}, &x->out, x->pos, x->err);
}

static ingle_status read_calls(struct xml *x) {
    skip_space(x);
    do {
        INGLE_TRY(read_call(x));
        skip_space(x);
    } while (x->pos < x->len);
    return INGLE_OK;
}

ingle_status call_read_xml(const struct call_sink *sink, const char *text, size_t len,
                           ingle_error *err) {
    struct xml x = {.sink = sink, .text = text, .len = len, .err = err};
    buf_init(&x.out, 8 * CALL_MAX_SIZE);
    arena_init(&x.arena, 32 * CALL_MAX_SIZE);
    ingle_status status = read_calls(&x);
    buf_clear(&x.out);
    arena_clear(&x.arena);
    return status;
}
