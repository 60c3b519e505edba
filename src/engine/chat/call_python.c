/* Calls written as Python: f(a=1, b="x"), with literals of Python or JSON. What is computed
 * (names, sums, calls in calls) is no call that can be passed on. */
#include <string.h>

#include "engine/chat/call_reader.h"
#include "engine/chat/json_out.h"
#include "engine/text/unicode.h"

#define MAX_DEPTH 100 /* of literals; each level is a call of C */

struct python {
    const struct call_sink *sink;
    const char *text;
    size_t len, pos;
    int depth;
    struct buf out;   /* the arguments' JSON text */
    struct buf piece; /* a name or the content of a string */
    ingle_error *err;
};

static ingle_status wrong(const struct python *p, const char *why) {
    return call_broken(p->pos, why, p->err);
}

static int peek(const struct python *p) {
    return p->pos < p->len ? (unsigned char)p->text[p->pos] : -1;
}

static void skip(struct python *p, const char *what) {
    while (p->pos < p->len && p->text[p->pos] && strchr(what, p->text[p->pos])) p->pos++;
}

static void skip_space(struct python *p) {
    skip(p, " \t\r\n");
}

static bool is_digit(int c) {
    return c >= '0' && c <= '9';
}

static bool is_word(int c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c >= 0x80;
}

/* A word and what names of tools may hold besides; its length may be 0. */
static struct json_text take_name(struct python *p) {
    size_t start = p->pos;
    while (is_word(peek(p)) || (peek(p) > 0 && strchr("-.:/", peek(p)))) p->pos++;
    return (struct json_text){p->text + start, p->pos - start};
}

static bool take(struct python *p, char c) {
    if (peek(p) != (unsigned char)c) return false;
    p->pos++;
    return true;
}

/* ---- strings ---- */

static bool take_hex(struct python *p, int n_digits, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < n_digits; i++, p->pos++) {
        int c = peek(p) | 0x20;
        bool is_letter = c >= 'a' && c <= 'f';
        if (peek(p) < 0 || (!is_digit(peek(p)) && !is_letter)) return false;
        *value = *value << 4 | (uint32_t)(is_letter ? c - 'a' + 10 : c - '0');
    }
    return true;
}

static ingle_status put_code_point(struct python *p, int n_digits) {
    uint32_t cp, low;
    uint8_t out[4];
    if (!take_hex(p, n_digits, &cp)) return wrong(p, "an escape in a string lacks digits");
    if (cp >= 0xd800 && cp < 0xdc00 && p->len - p->pos >= 6 &&
        memcmp(p->text + p->pos, "\\u", 2) == 0) {
        p->pos += 2;
        if (!take_hex(p, 4, &low)) return wrong(p, "an escape in a string lacks digits");
        if (low >= 0xdc00 && low <= 0xdfff) cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
    }
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        return wrong(p, "an escape in a string is no character");
    }
    buf_add(&p->piece, out, unicode_encode(cp, out));
    return INGLE_OK;
}

static ingle_status take_escape(struct python *p) {
    static const char names[] = "\\'\"nrtbfav0", values[] = "\\'\"\n\r\t\b\f\a\v";
    int c = peek(p);
    if (c < 0) return wrong(p, "a string does not end");
    p->pos++;
    if (c == 'x') return put_code_point(p, 2);
    if (c == 'u') return put_code_point(p, 4);
    if (c == 'U') return put_code_point(p, 8);
    if (c == '\n') return INGLE_OK;
    const char *found = c ? strchr(names, c) : NULL;
    if (found) {
        buf_add(&p->piece, c == '0' ? "" : &values[found - names], 1);
    } else {
        char kept[2] = {'\\', (char)c}; /* as Python keeps it */
        buf_add(&p->piece, kept, 2);
    }
    return INGLE_OK;
}

/* To p->piece. */
static ingle_status take_string(struct python *p) {
    char quote = p->text[p->pos];
    size_t n_quotes =
        p->len - p->pos >= 3 && p->text[p->pos + 1] == quote && p->text[p->pos + 2] == quote ? 3
                                                                                             : 1;
    buf_reset(&p->piece);
    p->pos += n_quotes;
    for (;;) {
        if (p->pos >= p->len) return wrong(p, "a string does not end");
        char c = p->text[p->pos];
        bool ends =
            c == quote && (n_quotes == 1 || (p->len - p->pos >= 3 && p->text[p->pos + 1] == quote &&
                                             p->text[p->pos + 2] == quote));
        p->pos += ends ? n_quotes : 1;
        if (ends) return INGLE_OK;
        if (c == '\\') {
            INGLE_TRY(take_escape(p));
        } else {
            buf_add(&p->piece, &c, 1);
        }
    }
}

/* ---- values ---- */

static ingle_status take_value(struct python *p);

/* JSON wants digits on both sides of the point. */
static ingle_status take_number(struct python *p) {
    if (take(p, '-')) {
        buf_add(&p->out, "-", 1);
    } else {
        (void)take(p, '+');
    }
    size_t start = p->pos;
    while (is_digit(peek(p))) p->pos++;
    size_t n_digits = p->pos - start;
    if (n_digits > 1 && p->text[start] == '0') return wrong(p, "a number begins with a zero");
    buf_add(&p->out, n_digits ? p->text + start : "0", n_digits ? n_digits : 1);
    if (take(p, '.')) {
        size_t from = p->pos;
        while (is_digit(peek(p))) p->pos++;
        if (n_digits + p->pos - from == 0) return wrong(p, "a number has no digits");
        buf_add(&p->out, ".", 1);
        buf_add(&p->out, p->pos > from ? p->text + from : "0", p->pos > from ? p->pos - from : 1);
    } else if (n_digits == 0) {
        return wrong(p, "a value should stand here");
    }
    if ((peek(p) | 0x20) == 'e') {
        size_t from = p->pos++;
        if (peek(p) == '-' || peek(p) == '+') p->pos++;
        if (!is_digit(peek(p))) return wrong(p, "an exponent has no digits");
        while (is_digit(peek(p))) p->pos++;
        buf_add(&p->out, p->text + from, p->pos - from);
    }
    return is_word(peek(p)) ? wrong(p, "a number ends in letters") : INGLE_OK;
}

static ingle_status take_word(struct python *p) {
    static const struct {
        const char *word, *json;
    } words[] = {{"True", "true"}, {"False", "false"}, {"None", "null"},
                 {"true", "true"}, {"false", "false"}, {"null", "null"}};
    size_t start = p->pos;
    while (is_word(peek(p))) p->pos++;
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        size_t len = strlen(words[i].word);
        if (len != p->pos - start || memcmp(p->text + start, words[i].word, len) != 0) continue;
        buf_add_str(&p->out, words[i].json);
        return INGLE_OK;
    }
    return wrong(p, "an argument is no literal");
}

static ingle_status take_list(struct python *p, char end) {
    p->pos++;
    buf_add(&p->out, "[", 1);
    for (bool is_first = true;; is_first = false) {
        skip_space(p);
        if (take(p, end)) break;
        if (!is_first) {
            if (!take(p, ',')) return wrong(p, "',' should stand between elements");
            skip_space(p);
            if (take(p, end)) break;
            buf_add(&p->out, ", ", 2);
        }
        INGLE_TRY(take_value(p));
    }
    buf_add(&p->out, "]", 1);
    return INGLE_OK;
}

static ingle_status take_dict(struct python *p) {
    bool is_first = true;
    p->pos++;
    buf_add(&p->out, "{", 1);
    for (;;) {
        skip_space(p);
        if (take(p, '}')) break;
        if (!is_first) {
            if (!take(p, ',')) return wrong(p, "',' should stand between entries");
            skip_space(p);
            if (take(p, '}')) break;
        }
        if (peek(p) != '"' && peek(p) != '\'') return wrong(p, "a key must be a string");
        INGLE_TRY(take_string(p));
        json_out_name(&p->out, p->piece.data, p->piece.size, &is_first);
        skip_space(p);
        if (!take(p, ':')) return wrong(p, "':' should follow a key");
        INGLE_TRY(take_value(p));
    }
    buf_add(&p->out, "}", 1);
    return INGLE_OK;
}

static ingle_status take_value(struct python *p) {
    skip_space(p);
    int c = peek(p);
    if (p->depth == MAX_DEPTH) return wrong(p, "its arguments are nested too deep");
    p->depth++;
    ingle_status status;
    if (c == '"' || c == '\'') {
        status = take_string(p);
        json_out_string(&p->out, p->piece.data, p->piece.size);
    } else if (c == '[' || c == '(') {
        status = take_list(p, c == '[' ? ']' : ')');
    } else if (c == '{') {
        status = take_dict(p);
    } else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
        status = take_number(p);
    } else {
        status = take_word(p);
    }
    p->depth--;
    return status;
}

/* ---- calls ---- */

/* The name of an argument, if one stands here and not a value. */
static struct json_text take_keyword(struct python *p) {
    size_t start = p->pos;
    struct json_text name = take_name(p);
    skip_space(p);
    bool is_keyword =
        name.len > 0 && peek(p) == '=' && !(p->pos + 1 < p->len && p->text[p->pos + 1] == '=');
    if (!is_keyword) {
        p->pos = start;
        return (struct json_text){NULL, 0};
    }
    p->pos++;
    return name;
}

static ingle_status take_arguments(struct python *p, struct json_text name) {
    const struct tool *tool = tool_find(p->sink->tools, name.data, name.len);
    bool is_first = true;
    buf_add(&p->out, "{", 1);
    for (size_t i = 0;; i++) {
        skip_space(p);
        if (take(p, ')')) break;
        if (i > 0) {
            if (!take(p, ',')) return wrong(p, "',' should stand between arguments");
            skip_space(p);
            if (take(p, ')')) break;
        }
        struct json_text keyword = take_keyword(p);
        const struct json_text *place = tool ? tool_parameter_name(tool, i) : NULL;
        if (!keyword.data) {
            if (!place) return wrong(p, "an argument has no name");
            keyword = *place;
        }
        json_out_name(&p->out, keyword.data, keyword.len, &is_first);
        INGLE_TRY(take_value(p));
    }
    buf_add(&p->out, "}", 1);
    return INGLE_OK;
}

static ingle_status take_call(struct python *p) {
    struct json_text name = take_name(p);
    char with_nul[TOOL_NAME_MAX + 1];
    if (name.len == 0) return wrong(p, "a name should stand here");
    if (name.len > TOOL_NAME_MAX) return wrong(p, "a name is too long");
    memcpy(with_nul, name.data, name.len);
    with_nul[name.len] = '\0';
    skip_space(p);
    if (!take(p, '(')) return wrong(p, "'(' should follow the name");
    buf_reset(&p->out);
    INGLE_TRY(take_arguments(p, name));
    if (buf_failed(&p->piece)) {
        return status_no_memory(p->err, "the arguments of a call", p->piece.size);
    }
    return call_sink_put(p->sink, &(struct json_text){with_nul, name.len}, &p->out, p->pos, p->err);
}

/* [f(), g()] */
static ingle_status take_list_of_calls(struct python *p) {
    for (bool is_first = true;; is_first = false) {
        skip_space(p);
        if (take(p, ']')) return INGLE_OK;
        if (!is_first && !take(p, ',')) return wrong(p, "',' should stand between calls");
        skip_space(p);
        INGLE_TRY(take_call(p));
    }
}

static ingle_status take_all(struct python *p, bool is_list) {
    skip_space(p);
    if (is_list && take(p, '[')) {
        INGLE_TRY(take_list_of_calls(p));
        skip_space(p);
        return p->pos == p->len ? INGLE_OK : wrong(p, "something follows the calls");
    }
    for (skip(p, " \t\r\n;"); p->pos < p->len; skip(p, " \t\r\n;")) INGLE_TRY(take_call(p));
    return INGLE_OK;
}

ingle_status call_read_python(const struct call_sink *sink, const char *text, size_t len,
                              bool is_list, ingle_error *err) {
    struct python p = {.sink = sink, .text = text, .len = len, .err = err};
    buf_init(&p.out, 2 * CALL_MAX_SIZE);
    buf_init(&p.piece, CALL_MAX_SIZE);
    ingle_status status = take_all(&p, is_list);
    buf_clear(&p.out);
    buf_clear(&p.piece);
    return status;
}
