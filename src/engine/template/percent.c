/* The % of Python's strings: "%s and %5.2f" % (a, b), "%(name)s" % dict. */
#include <math.h>

#include "engine/template/eval.h"
#include "engine/template/seq.h"
#include "engine/template/spec.h"

struct percent {
    struct run *r;
    struct str *format;
    size_t at;
    struct value args;
    bool is_mapping;
    size_t n_taken;
    struct value named; /* what the last %(name) found */
    bool has_named;
    struct build b;
};

static char peek(const struct percent *p) {
    return p->at < p->format->len ? p->format->data[p->at] : '\0';
}

static ingle_status next_arg(struct percent *p, struct value *out) {
    if (p->has_named) {
        *out = p->named;
        return INGLE_OK;
    }
    bool is_tuple = p->args.kind == VALUE_SEQ && p->args.q->form == SEQ_TUPLE;
    size_t n = is_tuple ? p->args.q->n : 1;
    if (p->n_taken == n) return run_invalid(p->r, "'%%' has too few values for its format");
    *out = is_tuple ? p->args.q->items[p->n_taken] : p->args;
    p->n_taken++;
    return INGLE_OK;
}

/* "(name)" */
static ingle_status take_name(struct percent *p) {
    size_t start = ++p->at, depth = 1;
    for (; p->at < p->format->len && depth > 0; p->at++) {
        char c = p->format->data[p->at];
        depth += c == '(';
        depth -= c == ')';
    }
    if (depth > 0) return run_invalid(p->r, "the format of '%%' has a '(' without ')'");
    if (!p->is_mapping) return run_invalid(p->r, "'%%' needs a dict for names in its format");
    struct value name, *found = NULL;
    INGLE_TRY(str_part(p->r, p->format, start, p->at - 1 - start, &name));
    if (p->args.kind == VALUE_DICT) INGLE_TRY(dict_get(p->r, p->args.d, name, &found));
    if (!found) {
        return run_invalid(p->r, "'%%' finds no '%.*s'", (int)(name.s->len < 60 ? name.s->len : 60),
                           name.s->data);
    }
    p->named = *found;
    p->has_named = true;
    return INGLE_OK;
}

static void take_flags(struct percent *p, struct spec *s) {
    bool zero = false, left = false;
    for (;; p->at++) {
        char c = peek(p);
        if (c == '-') {
            left = true;
        } else if (c == '0') {
            zero = true;
        } else if (c == '+' || (c == ' ' && s->sign != '+')) {
            s->sign = c;
        } else if (c == '#') {
            s->is_alternate = true;
        } else if (c != ' ') {
            break;
        }
    }
    if (left) s->align = '<';
    if (zero && !left) s->align = '=';
    if (zero && !left) s->fill[0] = '0';
}

/* Digits, or '*' for the next argument. */
static ingle_status take_count(struct percent *p, int64_t *out) {
    if (peek(p) == '*') {
        struct value v;
        p->at++;
        INGLE_TRY(next_arg(p, &v));
        if (value_as_int(v, out)) return INGLE_OK;
        return run_invalid(p->r, "'*' in a format needs an integer");
    }
    *out = 0;
    while (peek(p) >= '0' && peek(p) <= '9') {
        *out = *out * 10 + (peek(p) - '0');
        p->at++;
        if (*out > (int64_t)TEMPLATE_MAX_OUTPUT) return run_invalid(p->r, "a width is too large");
    }
    return INGLE_OK;
}

static ingle_status put_text(struct percent *p, struct spec *s, struct value v) {
    struct value text;
    struct build b;
    build_init(&b, p->r);
    INGLE_TRY(s->type == 'r' ? build_add_repr(&b, v) : build_add_value(&b, v));
    INGLE_TRY(build_end(&b, &text));
    if (p->format->is_safe) {
        text.s->is_safe = s->type == 's' && v.kind == VALUE_STR && v.s->is_safe;
        INGLE_TRY(str_escape(p->r, text.s, &text));
    }
    if (s->fill[0] == '0') s->fill[0] = ' '; /* zeros are for numbers */
    if (s->align == '=') s->align = '>';
    return spec_put_str(&p->b, s, text.s);
}

static ingle_status put_int(struct percent *p, struct spec *s, struct value v) {
    int64_t i;
    bool is_char = s->type == 'c';
    if (is_char && v.kind == VALUE_STR && str_count(v.s) == 1) return spec_put_str(&p->b, s, v.s);
    bool truncates = strchr("diu", s->type) && v.kind == VALUE_FLOAT && isfinite(v.f);
    if (truncates && fabs(v.f) >= 0x1p63) return run_invalid(p->r, "the number exceeds 64 bits");
    if (truncates) v = value_int((int64_t)v.f);
    INGLE_TRY(run_undefined(p->r, v));
    if (!value_as_int(v, &i)) {
        return run_invalid(p->r, "'%%%c' cannot show %s", s->type, value_kind_name(v));
    }
    if (s->type == 'i' || s->type == 'u') s->type = 'd';
    return spec_put_int(&p->b, s, i);
}

static ingle_status take_directive(struct percent *p) {
    struct spec s;
    struct value v;
    spec_init(&s, '>');
    p->has_named = false;
    if (peek(p) == '(') INGLE_TRY(take_name(p));
    take_flags(p, &s);
    INGLE_TRY(take_count(p, &s.width));
    if (s.width < 0) {
        s.align = '<';
        s.width = s.width == INT64_MIN ? INT64_MAX : -s.width;
    }
    if (peek(p) == '.') {
        p->at++;
        INGLE_TRY(take_count(p, &s.precision));
        if (s.precision < 0) s.precision = 0;
    }
    while (peek(p) && strchr("hlL", peek(p))) p->at++;
    s.type = peek(p);
    p->at++;
    if (s.type == '%') return build_add_text(&p->b, "%", false);
    if (!s.type || !strchr("srdiuxXoceEfFgG", s.type)) {
        return run_invalid(p->r, "'%%' does not know the format '%%%c'",
                           s.type > ' ' ? s.type : '?');
    }
    INGLE_TRY(next_arg(p, &v));
    if (strchr("sr", s.type)) return put_text(p, &s, v);
    if (strchr("diuxXoc", s.type)) return put_int(p, &s, v);
    double f;
    INGLE_TRY(run_undefined(p->r, v));
    if (!value_as_float(v, &f)) {
        return run_invalid(p->r, "'%%%c' cannot show %s", s.type, value_kind_name(v));
    }
    return spec_put_float(&p->b, &s, f);
}

ingle_status percent_format(struct run *r, struct str *format, struct value args,
                            struct value *out) {
    struct percent p = {.r = r, .format = format, .args = args};
    bool is_tuple = args.kind == VALUE_SEQ && args.q->form == SEQ_TUPLE;
    p.is_mapping = args.kind == VALUE_DICT || args.kind == VALUE_UNDEFINED ||
                   (args.kind == VALUE_SEQ && !is_tuple && args.q->form <= SEQ_RANGE);
    build_init(&p.b, r);
    while (p.at < format->len) {
        const char *start = format->data + p.at;
        const char *found = memchr(start, '%', format->len - p.at);
        size_t len = found ? (size_t)(found - start) : format->len - p.at;
        INGLE_TRY(build_add_part(&p.b, format, p.at, len));
        p.at += len + 1;
        if (found) INGLE_TRY(take_directive(&p));
    }
    if (!p.is_mapping && p.n_taken < (is_tuple ? args.q->n : 1)) {
        return run_invalid(r, "'%%' has more values than its format shows");
    }
    INGLE_TRY(build_end(&p.b, out));
    out->s->is_safe = format->is_safe;
    return INGLE_OK;
}
