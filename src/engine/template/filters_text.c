/* Filters of text. Most take any value, as its text. */
#include "engine/template/chars.h"
#include "engine/template/eval.h"
#include "engine/template/filters.h"
#include "engine/template/seq.h"
#include "engine/template/str_ops.h"

/* The value's text; a safe string stays one. */
static ingle_status soft(struct run *r, struct value v, struct str **out) {
    *out = v.s;
    return v.kind == VALUE_STR ? INGLE_OK : str_of(r, v, out);
}

static ingle_status to_case(struct run *r, struct value self, enum str_case to, struct value *out) {
    struct str *s;
    INGLE_TRY(soft(r, self, &s));
    return str_to_case(r, s, to, out);
}
static FILTER(filter_upper) {
    (void)p;
    return to_case(r, self, CASE_UPPER, out);
}
static FILTER(filter_lower) {
    (void)p;
    return to_case(r, self, CASE_LOWER, out);
}
static FILTER(filter_capitalize) {
    (void)p;
    return to_case(r, self, CASE_CAPITALIZE, out);
}
static FILTER(filter_title) {
    (void)p;
    return to_case(r, self, CASE_JINJA_TITLE, out);
}

static FILTER(filter_trim) {
    struct str *s, *chars;
    INGLE_TRY(soft(r, self, &s));
    INGLE_TRY(param_str(r, p, 0, &chars));
    return str_strip(r, s, chars, true, true, out);
}

static FILTER(filter_string) {
    struct str *s;
    (void)p;
    INGLE_TRY(soft(r, self, &s));
    *out = value_of_str(s);
    return INGLE_OK;
}

static FILTER(filter_safe) {
    struct str *s;
    (void)p;
    INGLE_TRY(str_of(r, self, &s));
    INGLE_TRY(str_part(r, s, 0, s->len, out));
    out->s->is_safe = true;
    return INGLE_OK;
}

static FILTER(filter_escape) {
    struct str *s;
    (void)p;
    INGLE_TRY(soft(r, self, &s));
    return str_escape(r, s, out);
}

static FILTER(filter_force_escape) {
    struct str *s;
    (void)p;
    INGLE_TRY(str_of(r, self, &s));
    return str_escape(r, s, out);
}

static FILTER(filter_replace) {
    struct str *s, *from, *to;
    int64_t max = -1;
    INGLE_TRY(str_of(r, self, &s));
    INGLE_TRY(str_of(r, p->v[0], &from));
    INGLE_TRY(str_of(r, p->v[1], &to));
    if (p->has[2] && p->v[2].kind != VALUE_NONE) INGLE_TRY(param_int(r, p, 2, -1, &max));
    return str_replace(r, s, from, to, max, out);
}

static FILTER(filter_format) {
    struct str *s;
    INGLE_TRY(soft(r, self, &s));
    if (p->all->n && p->all->names) {
        return run_invalid(r, "'format' takes arguments in order or by name, not both");
    }
    if (p->all->names) {
        struct dict *names;
        INGLE_TRY(dict_new(r, &names));
        for (size_t i = 0; i < p->all->names->n; i++) {
            const struct dict_entry *e = &p->all->names->entries[i];
            INGLE_TRY(dict_set(r, names, e->key, e->value));
        }
        return percent_format(r, s, value_of_dict(names), out);
    }
    struct seq *tuple;
    INGLE_TRY(seq_new(r, SEQ_TUPLE, p->all->n, &tuple));
    for (size_t i = 0; i < p->all->n; i++) INGLE_TRY(seq_add(r, tuple, p->all->items[i]));
    return percent_format(r, s, value_of_seq(tuple), out);
}

/* What is put before each line: so many spaces, or a string. */
static ingle_status indention(struct run *r, struct params *p, struct value *out) {
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    int64_t width;
    if (p->has[0] && p->v[0].kind == VALUE_STR) {
        *out = p->v[0];
        return INGLE_OK;
    }
    INGLE_TRY(param_int(r, p, 0, 4, &width));
    struct build b;
    build_init(&b, r);
    INGLE_TRY(build_repeat(&b, &space, width));
    return build_end(&b, out);
}

static FILTER(filter_indent) {
    struct value indent, lines;
    struct str *s;
    struct build b;
    INGLE_TRY(call_need_str(r, p, self, &s));
    INGLE_TRY(indention(r, p, &indent));
    INGLE_TRY(str_split_lines(r, s, false, &lines));
    /* jinja2 adds a line end before it splits: a text that ends in one has an empty last line. */
    uint32_t c = 0;
    size_t at = s->len;
    while (at > 0 && ((unsigned char)s->data[at - 1] & 0xc0) == 0x80) at--;
    if (s->len) chars_decode(s->data + (at ? at - 1 : 0), &c);
    if (s->len == 0 || chars_is_line_end(c)) {
        struct value empty;
        bool joins = s->len > 0 && s->data[s->len - 1] == '\r';
        INGLE_TRY(str_text(r, "", &empty));
        if (!joins) INGLE_TRY(seq_add(r, lines.q, empty));
    }
    bool first = param_flag(p, 1), blank = param_flag(p, 2);
    build_init(&b, r);
    for (size_t i = 0; i < lines.q->n; i++) {
        const struct str *line = lines.q->items[i].s;
        if (i) INGLE_TRY(build_add_text(&b, "\n", false));
        bool is_indented = i == 0 ? first : blank || line->len > 0;
        if (is_indented) INGLE_TRY(build_add_str(&b, indent.s));
        INGLE_TRY(build_add_str(&b, line));
    }
    INGLE_TRY(build_end(&b, out));
    out->s->is_safe = s->is_safe;
    return INGLE_OK;
}

static FILTER(filter_truncate) {
    static const struct str dots = {.data = "...", .len = 3, .n_chars = 3};
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    struct str *s, *end;
    int64_t length, leeway;
    size_t n;
    INGLE_TRY(param_int(r, p, 0, 255, &length));
    INGLE_TRY(param_str(r, p, 2, &end));
    INGLE_TRY(param_int(r, p, 3, 5, &leeway));
    struct value tail = value_of_str(end);
    if (!end) INGLE_TRY(str_part(r, &dots, 0, dots.len, &tail));
    int64_t keep = length - (int64_t)str_count(tail.s);
    if (keep < 0 || leeway < 0) return run_invalid(r, "'truncate' is given too small a length");
    *out = self; /* a list too, if it is short */
    if (seq_length(self, &n) && (int64_t)n - leeway <= length) return INGLE_OK;
    INGLE_TRY(call_need_str(r, p, self, &s));
    size_t cut = str_offset(s, (size_t)keep);
    if (!param_flag(p, 1)) {
        size_t word = str_find_last(s, &space, 0, cut);
        if (word != SIZE_MAX) cut = word;
    }
    struct value head;
    INGLE_TRY(str_part(r, s, 0, cut, &head));
    return operator_binary(r, OP_ADD, head, tail, out);
}

static FILTER(filter_word_count) {
    struct str *s;
    int64_t n = 0;
    bool in_word = false;
    (void)p;
    INGLE_TRY(soft(r, self, &s));
    INGLE_TRY(run_work(r, s->len * 4));
    for (size_t at = 0; at < s->len;) {
        uint32_t c;
        at += chars_decode(s->data + at, &c);
        bool is_word = c == '_' || chars_is_alnum(c);
        n += is_word && !in_word;
        in_word = is_word;
    }
    *out = value_int(n);
    return INGLE_OK;
}

static FILTER(filter_center) {
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    struct str *s;
    int64_t width;
    INGLE_TRY(soft(r, self, &s));
    INGLE_TRY(param_int(r, p, 0, 80, &width));
    INGLE_TRY(str_pad(r, s, width, &space, 1, out));
    out->s->is_safe = s->is_safe;
    return INGLE_OK;
}

static bool is_kept_in_url(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.-~/", c));
}

static FILTER(filter_url_encode) {
    static const char hex[] = "0123456789ABCDEF";
    struct str *s;
    struct build b;
    (void)p;
    if (self.kind == VALUE_DICT || self.kind == VALUE_SEQ) {
        return run_invalid(r, "'urlencode' of %s is not supported", value_kind_name(self));
    }
    INGLE_TRY(str_of(r, self, &s));
    build_init(&b, r);
    for (size_t i = 0; i < s->len; i++) {
        unsigned char c = (unsigned char)s->data[i];
        const char spelled[] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_kept_in_url(s->data[i])) {
            INGLE_TRY(build_add_part(&b, s, i, 1));
        } else {
            INGLE_TRY(build_add(&b, spelled, 3, str_is_data(s, i)));
        }
    }
    return build_end(&b, out);
}

const struct builtin *filters_of_text(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"capitalize", filter_capitalize, "", 0},
        {"center", filter_center, "width", 0},
        {"e", filter_escape, "", 0},
        {"escape", filter_escape, "", 0},
        {"forceescape", filter_force_escape, "", 0},
        {"format", filter_format, NULL, 0},
        {"indent", filter_indent, "width first blank", 0},
        {"lower", filter_lower, "", 0},
        {"replace", filter_replace, "old new count", 2},
        {"safe", filter_safe, "", 0},
        {"string", filter_string, "", 0},
        {"title", filter_title, "", 0},
        {"trim", filter_trim, "chars", 0},
        {"truncate", filter_truncate, "length killwords end leeway", 0},
        {"upper", filter_upper, "", 0},
        {"urlencode", filter_url_encode, "", 0},
        {"wordcount", filter_word_count, "", 0},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
