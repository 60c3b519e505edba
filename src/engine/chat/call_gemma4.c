/* Gemma 4's calls: call:NAME{key:value,...}. Keys stand bare, strings between <|"|> marks with no
 * escapes, all else is as in JSON. */
#include <string.h>

#include "engine/chat/call_reader.h"
#include "engine/chat/json_out.h"

#define QUOTE "<|\"|>"
#define MAX_DEPTH 100 /* each level is a call of C */

struct gemma {
    const struct call_sink *sink;
    const char *text;
    size_t len, pos;
    int depth;
    struct buf out;
    ingle_error *err;
};

static ingle_status wrong(const struct gemma *g, const char *why) {
    return call_broken(g->pos, why, g->err);
}

static void skip_space(struct gemma *g) {
    while (g->pos < g->len && strchr(" \t\r\n", g->text[g->pos]) && g->text[g->pos]) g->pos++;
}

static bool take(struct gemma *g, const char *what) {
    size_t len = strlen(what);
    if (g->len - g->pos < len || memcmp(g->text + g->pos, what, len) != 0) return false;
    g->pos += len;
    return true;
}

/* Up to one of the bytes `ends`, without white space at its end. */
static struct json_text take_until(struct gemma *g, const char *ends) {
    size_t start = g->pos;
    while (g->pos < g->len && (!g->text[g->pos] || !strchr(ends, g->text[g->pos]))) g->pos++;
    size_t end = g->pos;
    while (end > start && strchr(" \t\r\n", g->text[end - 1])) end--;
    return (struct json_text){g->text + start, end - start};
}

static bool take_quoted(struct gemma *g, struct json_text *out) {
    size_t start = g->pos, len = strlen(QUOTE);
    for (; g->pos + len <= g->len; g->pos++) {
        if (memcmp(g->text + g->pos, QUOTE, len) != 0) continue;
        *out = (struct json_text){g->text + start, g->pos - start};
        g->pos += len;
        return true;
    }
    return false;
}

static ingle_status take_value(struct gemma *g);

static ingle_status take_object(struct gemma *g) {
    bool is_first = true;
    buf_add(&g->out, "{", 1);
    for (;;) {
        struct json_text key;
        skip_space(g);
        if (take(g, "}")) break;
        if (!is_first && !take(g, ",")) return wrong(g, "',' should stand between entries");
        skip_space(g);
        if (take(g, QUOTE)) {
            if (!take_quoted(g, &key)) return wrong(g, "a key does not end");
        } else {
            key = take_until(g, ":{}[],");
        }
        if (key.len == 0) return wrong(g, "a key should stand here");
        skip_space(g);
        if (!take(g, ":")) return wrong(g, "':' should follow a key");
        json_out_name(&g->out, key.data, key.len, &is_first);
        INGLE_TRY(take_value(g));
    }
    buf_add(&g->out, "}", 1);
    return INGLE_OK;
}

static ingle_status take_list(struct gemma *g) {
    buf_add(&g->out, "[", 1);
    for (bool is_first = true;; is_first = false) {
        skip_space(g);
        if (take(g, "]")) break;
        if (!is_first && !take(g, ",")) return wrong(g, "',' should stand between elements");
        if (!is_first) buf_add(&g->out, ", ", 2);
        INGLE_TRY(take_value(g));
    }
    buf_add(&g->out, "]", 1);
    return INGLE_OK;
}

static ingle_status take_value(struct gemma *g) {
    struct json_text text;
    ingle_status status = INGLE_OK;
    skip_space(g);
    if (g->depth == MAX_DEPTH) return wrong(g, "its arguments are nested too deep");
    g->depth++;
    if (take(g, QUOTE)) {
        if (!take_quoted(g, &text)) return wrong(g, "a string does not end");
        json_out_string(&g->out, text.data, text.len);
    } else if (take(g, "{")) {
        status = take_object(g);
    } else if (take(g, "[")) {
        status = take_list(g);
    } else {
        /* A number or word: what it is, JSON says. */
        text = take_until(g, ",]}");
        if (text.len == 0) return wrong(g, "a value should stand here");
        buf_add(&g->out, text.data, text.len);
    }
    g->depth--;
    return status;
}

static ingle_status read_call(struct gemma *g) {
    char name[TOOL_NAME_MAX + 1];
    skip_space(g);
    if (!take(g, "call:")) return wrong(g, "it does not begin with call:");
    struct json_text text = take_until(g, "{");
    if (text.len == 0 || text.len > TOOL_NAME_MAX) return wrong(g, "it has no name");
    memcpy(name, text.data, text.len);
    name[text.len] = '\0';
    if (!take(g, "{")) return wrong(g, "'{' should follow the name");
    INGLE_TRY(take_object(g));
    skip_space(g);
    if (g->pos < g->len) return wrong(g, "something follows the call");
    return call_sink_put(g->sink, &(struct json_text){name, text.len}, &g->out, g->pos, g->err);
}

ingle_status call_read_gemma4(const struct call_sink *sink, const char *text, size_t len,
                              ingle_error *err) {
    struct gemma g = {.sink = sink, .text = text, .len = len, .err = err};
    buf_init(&g.out, 2 * CALL_MAX_SIZE);
    ingle_status status = read_call(&g);
    buf_clear(&g.out);
    return status;
}
