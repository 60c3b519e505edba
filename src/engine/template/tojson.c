/* tojson as Hugging Face transformers defines it: json.dumps() of Python without ASCII escapes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "engine/template/chars.h"
#include "engine/template/filters.h"
#include "engine/template/number.h"
#include "engine/template/seq.h"

struct writer {
    struct build b;
    const struct str *item_end, *key_end; /* ", " and ": " */
    const struct str *indent;             /* of one level; NULL: all in one line */
    bool ascii, sorts;
    size_t depth;
};

static ingle_status put_value(struct writer *w, struct value v);

static ingle_status put(struct writer *w, const char *text) {
    return build_add_text(&w->b, text, true);
}

static ingle_status put_escaped(struct writer *w, uint32_t c, bool is_data) {
    static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    char text[16];
    const char *found = c && c < 0x80 ? strchr(names, (int)c) : NULL;
    if (found) {
        snprintf(text, sizeof text, "\\%c", letters[found - names]);
    } else if (c < 0x20 || (w->ascii && c >= 0x7f && c < 0x10000)) {
        snprintf(text, sizeof text, "\\u%04" PRIx32, c);
    } else if (w->ascii && c >= 0x10000) {
        snprintf(text, sizeof text, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (c >> 10),
                 0xdc00 + (c & 0x3ff));
    } else {
        return build_add_char(&w->b, c, is_data);
    }
    return build_add_text(&w->b, text, is_data);
}

static ingle_status put_string(struct writer *w, const struct str *s) {
    INGLE_TRY(put(w, "\""));
    for (size_t at = 0; at < s->len;) {
        size_t plain = at;
        while (plain < s->len && (unsigned char)s->data[plain] >= 0x20 && s->data[plain] != '"' &&
               s->data[plain] != '\\' && !(w->ascii && (unsigned char)s->data[plain] >= 0x7f)) {
            plain++;
        }
        if (plain > at) {
            INGLE_TRY(build_add_part(&w->b, s, at, plain - at));
            at = plain;
            continue;
        }
        uint32_t c;
        bool is_data = str_is_data(s, at);
        at += chars_decode(s->data + at, &c);
        INGLE_TRY(put_escaped(w, c, is_data));
    }
    return put(w, "\"");
}

static ingle_status put_float(struct writer *w, double f) {
    char text[NUMBER_TEXT];
    if (isnan(f)) return put(w, "NaN");
    if (isinf(f)) return put(w, f < 0 ? "-Infinity" : "Infinity");
    return build_add(&w->b, text, number_repr(f, text), true);
}

static ingle_status put_simple(struct writer *w, struct value v) {
    char text[32];
    switch (v.kind) {
    case VALUE_NONE:
        return put(w, "null");
    case VALUE_BOOL:
        return put(w, v.b ? "true" : "false");
    case VALUE_INT:
        snprintf(text, sizeof text, "%" PRId64, v.i);
        return put(w, text);
    case VALUE_BIG:
        return build_add(&w->b, v.s->data, v.s->len, true);
    case VALUE_FLOAT:
        return put_float(w, v.f);
    default:
        INGLE_TRY(run_undefined(w->b.r, v));
        return run_invalid(w->b.r, "JSON has nothing for %s", value_kind_name(v));
    }
}

static ingle_status put_line(struct writer *w) {
    if (!w->indent) return INGLE_OK;
    INGLE_TRY(put(w, "\n"));
    return build_repeat(&w->b, w->indent, (int64_t)w->depth);
}

static ingle_status put_list(struct writer *w, const struct seq *q) {
    if (q->n == 0) return put(w, "[]");
    INGLE_TRY(put(w, "["));
    w->depth++;
    for (size_t i = 0; i < q->n; i++) {
        if (i) INGLE_TRY(build_add_str(&w->b, w->item_end));
        INGLE_TRY(put_line(w));
        INGLE_TRY(put_value(w, q->items[i]));
    }
    w->depth--;
    INGLE_TRY(put_line(w));
    return put(w, "]");
}

/* Names are strings in JSON. */
static ingle_status put_key(struct writer *w, struct value key) {
    if (key.kind == VALUE_STR) return put_string(w, key.s);
    if (key.kind > VALUE_FLOAT) {
        INGLE_TRY(run_undefined(w->b.r, key));
        return run_invalid(w->b.r, "%s is no key for JSON", value_kind_name(key));
    }
    INGLE_TRY(put(w, "\""));
    INGLE_TRY(put_simple(w, key));
    return put(w, "\"");
}

static ingle_status sorted(struct writer *w, const struct dict *d, const struct seq **out) {
    static const struct builtin row = {"sort_keys", filter_dict_sort, "", 0};
    static const struct args none = {0};
    struct params p = {.row = &row, .all = &none};
    struct value list;
    p.v[0] = value_bool(true);
    p.has[0] = true;
    INGLE_TRY(filter_dict_sort(w->b.r, value_of_dict((struct dict *)d), &p, &list));
    *out = list.q;
    return INGLE_OK;
}

static ingle_status put_dict(struct writer *w, const struct dict *d) {
    const struct seq *order = NULL;
    if (d->n == 0) return put(w, "{}");
    if (w->sorts) INGLE_TRY(sorted(w, d, &order));
    INGLE_TRY(put(w, "{"));
    w->depth++;
    for (size_t i = 0; i < d->n; i++) {
        struct value key = order ? order->items[i].q->items[0] : d->entries[i].key;
        struct value v = order ? order->items[i].q->items[1] : d->entries[i].value;
        if (i) INGLE_TRY(build_add_str(&w->b, w->item_end));
        INGLE_TRY(put_line(w));
        INGLE_TRY(put_key(w, key));
        INGLE_TRY(build_add_str(&w->b, w->key_end));
        INGLE_TRY(put_value(w, v));
    }
    w->depth--;
    INGLE_TRY(put_line(w));
    return put(w, "}");
}

static ingle_status put_value(struct writer *w, struct value v) {
    INGLE_TRY(run_enter(w->b.r));
    if (v.kind == VALUE_STR) {
        INGLE_TRY(put_string(w, v.s));
    } else if (v.kind == VALUE_DICT) {
        INGLE_TRY(put_dict(w, v.d));
    } else if (v.kind == VALUE_SEQ && v.q->form <= SEQ_TUPLE) {
        INGLE_TRY(put_list(w, v.q));
    } else {
        INGLE_TRY(put_simple(w, v));
    }
    run_leave(w->b.r);
    return INGLE_OK;
}

/* indent: so many spaces, or a string. */
static ingle_status read_indent(struct run *r, struct params *p, struct writer *w) {
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    int64_t width;
    struct value text;
    struct build b;
    if (!p->has[1] || p->v[1].kind == VALUE_NONE) return INGLE_OK;
    if (p->v[1].kind == VALUE_STR) {
        w->indent = p->v[1].s;
        return INGLE_OK;
    }
    INGLE_TRY(param_int(r, p, 1, 0, &width));
    build_init(&b, r);
    INGLE_TRY(build_repeat(&b, &space, width));
    INGLE_TRY(build_end(&b, &text));
    w->indent = text.s;
    return INGLE_OK;
}

static ingle_status read_separators(struct run *r, struct params *p, struct writer *w) {
    const struct seq *both;
    struct str *one;
    if (!p->has[2] || p->v[2].kind == VALUE_NONE) return INGLE_OK;
    INGLE_TRY(seq_walk(r, p->v[2], &both));
    if (both->n != 2) return run_invalid(r, "'tojson' needs two separators");
    INGLE_TRY(call_need_str(r, p, both->items[0], &one));
    w->item_end = one;
    INGLE_TRY(call_need_str(r, p, both->items[1], &one));
    w->key_end = one;
    return INGLE_OK;
}

FILTER(filter_to_json) {
    static const struct str comma = {.data = ",", .len = 1, .n_chars = 1, .is_data = true};
    static const struct str comma_space = {.data = ", ", .len = 2, .n_chars = 2, .is_data = true};
    static const struct str colon = {.data = ": ", .len = 2, .n_chars = 2, .is_data = true};
    struct writer w = {.ascii = param_flag(p, 0), .sorts = param_flag(p, 3), .key_end = &colon};
    build_init(&w.b, r);
    INGLE_TRY(read_indent(r, p, &w));
    w.item_end = w.indent ? &comma : &comma_space;
    INGLE_TRY(read_separators(r, p, &w));
    INGLE_TRY(put_value(&w, self));
    return build_end(&w.b, out);
}
