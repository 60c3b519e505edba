/* str() and repr() of Python. The brackets and commas of a list count as data: control tokens are
 * not looked for in what was made from a structure, but in the template's own strings within. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/template/chars.h"
#include "engine/template/number.h"
#include "engine/template/run.h"
#include "engine/template/seq.h"
#include "engine/template/str.h"

static ingle_status add_escaped(struct build *b, uint32_t c, char quote, bool is_data) {
    char text[16];
    const char *short_form = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
    if (short_form) return build_add_text(b, short_form, is_data);
    if (c == '\\' || c == (uint32_t)quote) {
        snprintf(text, sizeof text, "\\%c", (char)c);
        return build_add_text(b, text, is_data);
    }
    if (chars_is_printable(c)) return build_add_char(b, c, is_data);
    snprintf(text, sizeof text,
             c < 0x100     ? "\\x%02" PRIx32
             : c < 0x10000 ? "\\u%04" PRIx32
                           : "\\U%08" PRIx32,
             c);
    return build_add_text(b, text, is_data);
}

static ingle_status add_quoted(struct build *b, const struct str *s) {
    bool has_single = memchr(s->data, '\'', s->len) != NULL;
    char quote = has_single && !memchr(s->data, '"', s->len) ? '"' : '\'';
    if (s->is_safe) INGLE_TRY(build_add_text(b, "Markup(", true));
    INGLE_TRY(build_add(b, &quote, 1, true));
    for (size_t at = 0; at < s->len;) {
        size_t plain = at;
        while (plain < s->len && (unsigned char)s->data[plain] >= 0x20 &&
               (unsigned char)s->data[plain] < 0x7f && s->data[plain] != '\\' &&
               s->data[plain] != quote) {
            plain++;
        }
        if (plain > at) {
            INGLE_TRY(build_add_part(b, s, at, plain - at));
            at = plain;
            continue;
        }
        uint32_t c;
        bool is_data = str_is_data(s, at);
        at += chars_decode(s->data + at, &c);
        INGLE_TRY(add_escaped(b, c, quote, is_data));
    }
    INGLE_TRY(build_add(b, &quote, 1, true));
    return s->is_safe ? build_add_text(b, ")", true) : INGLE_OK;
}

static ingle_status add_items(struct build *b, const struct seq *q) {
    for (size_t i = 0; i < q->n; i++) {
        if (i) INGLE_TRY(build_add_text(b, ", ", true));
        INGLE_TRY(build_add_repr(b, q->items[i]));
    }
    return INGLE_OK;
}

static ingle_status add_range(struct build *b, const struct seq *q) {
    char text[80];
    int n = snprintf(text, sizeof text, "range(%" PRId64 ", %" PRId64, q->start, q->stop);
    if (q->step != 1) {
        n += snprintf(text + n, sizeof text - (size_t)n, ", %" PRId64, q->step);
    }
    INGLE_TRY(build_add(b, text, (size_t)n, true));
    return build_add_text(b, ")", true);
}

static ingle_status add_seq(struct build *b, const struct seq *q) {
    static const char *const brackets[][2] = {
        [SEQ_LIST] = {"[", "]"},
        [SEQ_TUPLE] = {"(", ")"},
        [SEQ_KEYS] = {"dict_keys([", "])"},
        [SEQ_VALUES] = {"dict_values([", "])"},
        [SEQ_ITEMS] = {"dict_items([", "])"},
    };
    if (q->form == SEQ_RANGE) return add_range(b, q);
    if (q->form == SEQ_ITERATOR) {
        return run_invalid(b->r, "an iterator has no text; |list makes a list of it");
    }
    INGLE_TRY(build_add_text(b, brackets[q->form][0], true));
    INGLE_TRY(add_items(b, q));
    if (q->form == SEQ_TUPLE && q->n == 1) INGLE_TRY(build_add_text(b, ",", true));
    return build_add_text(b, brackets[q->form][1], true);
}

static ingle_status add_dict(struct build *b, const struct dict *d) {
    INGLE_TRY(build_add_text(b, "{", true));
    for (size_t i = 0; i < d->n; i++) {
        if (i) INGLE_TRY(build_add_text(b, ", ", true));
        INGLE_TRY(build_add_repr(b, d->entries[i].key));
        INGLE_TRY(build_add_text(b, ": ", true));
        INGLE_TRY(build_add_repr(b, d->entries[i].value));
    }
    return build_add_text(b, "}", true);
}

/* Values without parts; is_data for those within a structure. */
static ingle_status add_simple(struct build *b, struct value v, bool is_data) {
    char text[NUMBER_TEXT];
    switch (v.kind) {
    case VALUE_NONE:
        return build_add_text(b, "None", is_data);
    case VALUE_BOOL:
        return build_add_text(b, v.b ? "True" : "False", is_data);
    case VALUE_INT:
        snprintf(text, sizeof text, "%" PRId64, v.i);
        return build_add_text(b, text, is_data);
    case VALUE_BIG:
        return build_add(b, v.s->data, v.s->len, is_data);
    case VALUE_FLOAT:
        return build_add(b, text, number_repr(v.f, text), is_data);
    default:
        return run_invalid(b->r, "%s has no text", value_kind_name(v));
    }
}

ingle_status build_add_repr(struct build *b, struct value v) {
    INGLE_TRY(run_enter(b->r));
    switch (v.kind) {
    case VALUE_UNDEFINED:
        INGLE_TRY(build_add_text(b, "Undefined", true));
        break;
    case VALUE_STR:
        INGLE_TRY(add_quoted(b, v.s));
        break;
    case VALUE_SEQ:
        INGLE_TRY(add_seq(b, v.q));
        break;
    case VALUE_DICT:
        INGLE_TRY(add_dict(b, v.d));
        break;
    case VALUE_NAMESPACE:
        INGLE_TRY(build_add_text(b, "<Namespace ", true));
        INGLE_TRY(add_dict(b, v.d));
        INGLE_TRY(build_add_text(b, ">", true));
        break;
    default:
        INGLE_TRY(add_simple(b, v, true));
    }
    run_leave(b->r);
    return INGLE_OK;
}

ingle_status build_add_value(struct build *b, struct value v) {
    switch (v.kind) {
    case VALUE_UNDEFINED:
        return v.u && v.u->is_unsafe ? run_undefined(b->r, v) : INGLE_OK;
    case VALUE_STR:
        return build_add_str(b, v.s);
    case VALUE_SEQ:
    case VALUE_DICT:
    case VALUE_NAMESPACE:
        return build_add_repr(b, v);
    default:
        return add_simple(b, v, false);
    }
}

ingle_status str_of(struct run *r, struct value v, struct str **out) {
    struct value text;
    if (v.kind == VALUE_STR && !v.s->is_safe) {
        *out = v.s;
        return INGLE_OK;
    }
    if (v.kind == VALUE_STR) {
        INGLE_TRY(str_part(r, v.s, 0, v.s->len, &text));
        text.s->is_safe = false;
    } else {
        struct build b;
        build_init(&b, r);
        INGLE_TRY(build_add_value(&b, v));
        INGLE_TRY(build_end(&b, &text));
    }
    *out = text.s;
    return INGLE_OK;
}
