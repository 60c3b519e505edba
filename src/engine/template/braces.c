/* str.format(): "{} and {name[0]:>8}". */
#include "engine/template/chars.h"
#include "engine/template/eval.h"
#include "engine/template/number.h"
#include "engine/template/seq.h"
#include "engine/template/spec.h"

struct braces {
    struct run *r;
    const struct str *format;
    const struct args *args;
    int64_t n_auto;   /* fields without a number so far */
    bool has_numbers; /* and some had one */
    struct build b;
};

static ingle_status broken(struct braces *x) {
    return run_invalid(x->r, "the format of 'format' has a brace that does not fit");
}

static ingle_status arg_at(struct braces *x, int64_t i, struct value *out) {
    if (i < 0 || (uint64_t)i >= x->args->n) {
        return run_invalid(x->r, "'format' has too few values for its format");
    }
    *out = x->args->items[i];
    return INGLE_OK;
}

/* The first part of a field: a number, a name, or nothing for the next one. */
static ingle_status first_value(struct braces *x, const char *name, size_t len, struct value *out) {
    int64_t i;
    bool is_big;
    bool is_number = len > 0 && name[0] >= '0' && name[0] <= '9' &&
                     number_read_int(name, len, 10, &i, &is_big) && !is_big;
    if (is_number || len == 0) {
        if (is_number) x->has_numbers = true;
        if (x->has_numbers && (len == 0 || x->n_auto > 0)) {
            return run_invalid(x->r, "'format' cannot mix '{}' with numbered fields");
        }
        return arg_at(x, is_number ? i : x->n_auto++, out);
    }
    const struct value *found = x->args->names ? dict_find(x->args->names, name, len) : NULL;
    if (!found) {
        return run_invalid(x->r, "'format' finds no '%.*s'", (int)(len < 60 ? len : 60), name);
    }
    *out = *found;
    return INGLE_OK;
}

/* "name.attr[key]" */
static ingle_status field_value(struct braces *x, const char *field, size_t len,
                                struct value *out) {
    size_t at = 0;
    while (at < len && field[at] != '.' && field[at] != '[') at++;
    INGLE_TRY(first_value(x, field, at, out));
    while (at < len) {
        size_t start = at + 1, end = start;
        if (field[at] == '.') {
            while (end < len && field[end] != '.' && field[end] != '[') end++;
            INGLE_TRY(lookup_attr(x->r, *out, field + start, end - start, out));
            at = end;
            continue;
        }
        while (end < len && field[end] != ']') end++;
        if (end == len || field[at] != '[') return broken(x);
        struct value key;
        int64_t i;
        bool is_big;
        INGLE_TRY(str_new(x->r, field + start, end - start, false, &key));
        bool is_digits = end > start && strspn(field + start, "0123456789") >= end - start;
        if (is_digits && number_read_int(field + start, end - start, 10, &i, &is_big) && !is_big) {
            key = value_int(i);
        }
        INGLE_TRY(lookup_item(x->r, *out, key, out));
        at = end + 1;
        if (at < len && field[at] != '.' && field[at] != '[') return broken(x);
    }
    return INGLE_OK;
}

static bool is_align(char c) {
    return c && strchr("<>^=", c);
}

static int64_t take_digits(const char **p) {
    int64_t n = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        if (n <= (int64_t)TEMPLATE_MAX_OUTPUT) n = n * 10 + (**p - '0');
    }
    return n;
}

/* [[fill]align][sign][#][0][width][group][.precision][type], NUL-terminated. */
static bool read_spec(const char *p, struct spec *s, bool *has_align) {
    size_t fill_len = *p ? chars_len(*p) : 1;
    *has_align = true;
    if (*p && strlen(p) > fill_len && is_align(p[fill_len])) {
        memcpy(s->fill, p, fill_len);
        s->fill_len = fill_len;
        s->align = p[fill_len];
        p += fill_len + 1;
    } else if (is_align(*p)) {
        s->align = *p++;
    } else {
        *has_align = false;
    }
    if (*p == '+' || *p == '-' || *p == ' ') s->sign = *p++;
    if (*p == '#') {
        s->is_alternate = true;
        p++;
    }
    if (*p == '0') {
        if (!*has_align) s->align = '=';
        if (!*has_align) s->fill[0] = '0';
        *has_align = true;
        p++;
    }
    s->width = take_digits(&p);
    if (*p == ',' || *p == '_') s->group = *p++;
    if (*p == '.') {
        p++;
        if (*p < '0' || *p > '9') return false;
        s->precision = take_digits(&p);
    }
    if (*p) s->type = *p++;
    return *p == '\0';
}

static ingle_status put_with_spec(struct braces *x, struct value v, const char *text) {
    struct spec s;
    bool has_align;
    int64_t i;
    double f;
    spec_init(&s, v.kind == VALUE_STR ? '<' : '>');
    if (!read_spec(text, &s, &has_align)) {
        return run_invalid(x->r, "'format' does not know the format '%.60s'", text);
    }
    if (v.kind == VALUE_STR) {
        bool fits = (!s.type || s.type == 's') && s.align != '=' && !s.sign && !s.group;
        if (fits) return spec_put_str(&x->b, &s, v.s);
    } else if (value_as_int(v, &i) && (!s.type || strchr("bcdoxXn", s.type))) {
        if (s.precision < 0) return spec_put_int(&x->b, &s, i);
    } else if (value_as_float(v, &f) && (!s.type || strchr("eEfFgGn%", s.type))) {
        if (s.type || s.precision < 0) return spec_put_float(&x->b, &s, f);
    }
    if (v.kind == VALUE_FLOAT && !s.type) {
        return run_invalid(x->r, "a precision without a type is not supported by 'format'");
    }
    return run_invalid(x->r, "'format' cannot show %s as '%.60s'", value_kind_name(v), text);
}

static ingle_status convert(struct braces *x, char how, struct value *v) {
    struct build b;
    build_init(&b, x->r);
    if (how != 's' && how != 'r') return run_invalid(x->r, "'format' converts by !s and !r only");
    INGLE_TRY(how == 'r' ? build_add_repr(&b, *v) : build_add_value(&b, *v));
    return build_end(&b, v);
}

static ingle_status put_field(struct braces *x, const char *field, size_t len) {
    size_t name_len = 0, in_item = 0;
    while (name_len < len && (in_item || (field[name_len] != '!' && field[name_len] != ':'))) {
        in_item = field[name_len] == '[' || (in_item && field[name_len] != ']');
        name_len++;
    }
    struct value v;
    INGLE_TRY(field_value(x, field, name_len, &v));
    const char *rest = field + name_len, *end = field + len;
    if (rest < end && *rest == '!') {
        if (end - rest < 2) return broken(x);
        INGLE_TRY(convert(x, rest[1], &v));
        rest += 2;
        if (rest < end && *rest != ':') return broken(x);
    }
    size_t spec_len = rest < end ? (size_t)(end - rest) - 1 : 0;
    if (spec_len > 0 && memchr(rest + 1, '{', spec_len)) {
        return run_invalid(x->r, "fields within fields of 'format' are not supported");
    }
    if (spec_len > 0) {
        char text[80];
        if (spec_len >= sizeof text) return broken(x);
        memcpy(text, rest + 1, spec_len);
        text[spec_len] = '\0';
        return put_with_spec(x, v, text);
    }
    struct build b;
    build_init(&b, x->r);
    INGLE_TRY(build_add_value(&b, v));
    INGLE_TRY(build_end(&b, &v));
    if (x->format->is_safe) INGLE_TRY(str_escape(x->r, v.s, &v));
    return build_add_str(&x->b, v.s);
}

ingle_status braces_format(struct run *r, const struct str *format, const struct args *args,
                           struct value *out) {
    struct braces x = {.r = r, .format = format, .args = args};
    build_init(&x.b, r);
    for (size_t at = 0; at < format->len;) {
        const char *s = format->data + at;
        size_t left = format->len - at;
        if (*s != '{' && *s != '}') {
            INGLE_TRY(build_add_part(&x.b, format, at, 1));
            at++;
        } else if (left > 1 && s[1] == *s) {
            INGLE_TRY(build_add_part(&x.b, format, at, 1));
            at += 2;
        } else {
            size_t end = 1, depth = 1;
            for (; *s == '{' && end < left && depth > 0; end++) {
                depth += s[end] == '{';
                depth -= s[end] == '}';
            }
            if (*s == '}' || depth > 0) return broken(&x);
            INGLE_TRY(put_field(&x, s + 1, end - 2));
            at += end;
        }
    }
    return build_end(&x.b, out);
}
