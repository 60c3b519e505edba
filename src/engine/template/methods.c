/* Methods of strings. */
#include "engine/template/methods.h"

#include "engine/template/chars.h"
#include "engine/template/eval.h"
#include "engine/template/seq.h"
#include "engine/template/str_ops.h"

#define METHOD(fn_name)                                                                            \
    static ingle_status fn_name(struct run *r, struct value self, struct params *p,                \
                                struct value *out)

/* Case. */
METHOD(upper) {
    (void)p;
    return str_to_case(r, self.s, CASE_UPPER, out);
}
METHOD(lower) {
    (void)p;
    return str_to_case(r, self.s, CASE_LOWER, out);
}
METHOD(swapcase) {
    (void)p;
    return str_to_case(r, self.s, CASE_SWAP, out);
}
METHOD(capitalize) {
    (void)p;
    return str_to_case(r, self.s, CASE_CAPITALIZE, out);
}
METHOD(title) {
    (void)p;
    return str_to_case(r, self.s, CASE_TITLE, out);
}

static ingle_status strip_sides(struct run *r, struct value self, struct params *p, bool left,
                                bool right, struct value *out) {
    struct str *chars;
    INGLE_TRY(param_str(r, p, 0, &chars));
    return str_strip(r, self.s, chars, left, right, out);
}
METHOD(strip) {
    return strip_sides(r, self, p, true, true, out);
}
METHOD(lstrip) {
    return strip_sides(r, self, p, true, false, out);
}
METHOD(rstrip) {
    return strip_sides(r, self, p, false, true, out);
}

METHOD(replace) {
    struct str *from, *to;
    int64_t max;
    INGLE_TRY(call_need_str(r, p, p->v[0], &from));
    INGLE_TRY(call_need_str(r, p, p->v[1], &to));
    INGLE_TRY(param_int(r, p, 2, -1, &max));
    struct value escaped = value_of_str(to);
    if (self.s->is_safe) INGLE_TRY(str_escape(r, to, &escaped));
    return str_replace(r, self.s, from, escaped.s, max, out);
}

static ingle_status split_from(struct run *r, struct value self, struct params *p, bool right,
                               struct value *out) {
    struct str *sep;
    int64_t max;
    INGLE_TRY(param_str(r, p, 0, &sep));
    INGLE_TRY(param_int(r, p, 1, -1, &max));
    return str_split(r, self.s, sep, max, right, out);
}
METHOD(split) {
    return split_from(r, self, p, false, out);
}
METHOD(rsplit) {
    return split_from(r, self, p, true, out);
}
METHOD(splitlines) {
    return str_split_lines(r, self.s, param_flag(p, 0), out);
}

/* A safe string joins anything, escaped. */
static ingle_status join_item(struct run *r, struct value self, struct params *p, struct value item,
                              struct value *out) {
    struct str *text;
    *out = item;
    if (!self.s->is_safe) return call_need_str(r, p, item, &text);
    if (item.kind == VALUE_STR) return str_escape(r, item.s, out);
    INGLE_TRY(str_of(r, item, &text));
    return str_escape(r, text, out);
}

METHOD(join) {
    const struct seq *items;
    struct build b;
    INGLE_TRY(seq_walk(r, p->v[0], &items));
    build_init(&b, r);
    for (size_t i = 0; i < items->n; i++) {
        struct value text;
        INGLE_TRY(join_item(r, self, p, items->items[i], &text));
        if (i) INGLE_TRY(build_add_str(&b, self.s));
        INGLE_TRY(build_add_str(&b, text.s));
    }
    return build_end(&b, out);
}

/* Bytes [*from, *end) that the parameters `first` and `first + 1` name as characters, as slices do.
 * False if the beginning lies behind the end, where nothing is found, not even "". */
static ingle_status part_of(struct run *r, struct str *s, struct params *p, int first, size_t *from,
                            size_t *end, bool *is_valid) {
    int64_t n = (int64_t)str_count(s), bounds[2] = {0, n};
    for (int i = 0; i < 2; i++) {
        bool is_given = p->has[first + i] && p->v[first + i].kind != VALUE_NONE;
        if (is_given) INGLE_TRY(param_int(r, p, first + i, 0, &bounds[i]));
        if (bounds[i] < 0) bounds[i] = bounds[i] < -n ? 0 : bounds[i] + n;
    }
    if (bounds[1] > n) bounds[1] = n;
    *is_valid = bounds[0] <= bounds[1];
    *from = *is_valid ? str_offset(s, (size_t)bounds[0]) : 0;
    *end = *is_valid ? str_offset(s, (size_t)bounds[1]) : 0;
    return run_work(r, s->len);
}

static ingle_status find_in(struct run *r, struct value self, struct params *p, bool last,
                            bool must, struct value *out) {
    struct str *what;
    size_t from, end, at = SIZE_MAX;
    bool is_valid;
    INGLE_TRY(call_need_str(r, p, p->v[0], &what));
    INGLE_TRY(part_of(r, self.s, p, 1, &from, &end, &is_valid));
    INGLE_TRY(str_find_work(r, self.s, what, last));
    if (is_valid) {
        at = last ? str_find_last(self.s, what, from, end) : str_find(self.s, what, from, end);
    }
    if (at == SIZE_MAX && must) return run_invalid(r, "'%s' does not find it", p->row->name);
    *out = value_int(at == SIZE_MAX ? -1 : (int64_t)chars_count(self.s->data, at));
    return INGLE_OK;
}
METHOD(find) {
    return find_in(r, self, p, false, false, out);
}
METHOD(rfind) {
    return find_in(r, self, p, true, false, out);
}
METHOD(index_) {
    return find_in(r, self, p, false, true, out);
}
METHOD(rindex_) {
    return find_in(r, self, p, true, true, out);
}

METHOD(count) {
    struct str *what;
    size_t from, end;
    bool is_valid;
    int64_t n = 0;
    INGLE_TRY(call_need_str(r, p, p->v[0], &what));
    INGLE_TRY(part_of(r, self.s, p, 1, &from, &end, &is_valid));
    if (is_valid && what->len == 0) n = (int64_t)chars_count(self.s->data + from, end - from) + 1;
    while (is_valid && what->len > 0 && (from = str_find(self.s, what, from, end)) != SIZE_MAX) {
        from += what->len;
        n++;
    }
    *out = value_int(n);
    return INGLE_OK;
}

static bool begins(const struct str *s, size_t from, size_t end, const struct str *what,
                   bool at_end) {
    if (what->len > end - from) return false;
    size_t at = at_end ? end - what->len : from;
    return memcmp(s->data + at, what->data, what->len) == 0;
}

static ingle_status with(struct run *r, struct value self, struct params *p, bool at_end,
                         struct value *out) {
    size_t from, end;
    bool is_valid, found = false;
    struct str *what;
    INGLE_TRY(part_of(r, self.s, p, 1, &from, &end, &is_valid));
    if (p->v[0].kind == VALUE_SEQ && p->v[0].q->form == SEQ_TUPLE) {
        for (size_t i = 0; i < p->v[0].q->n; i++) {
            INGLE_TRY(call_need_str(r, p, p->v[0].q->items[i], &what));
            found = found || (is_valid && begins(self.s, from, end, what, at_end));
        }
    } else {
        INGLE_TRY(call_need_str(r, p, p->v[0], &what));
        found = is_valid && begins(self.s, from, end, what, at_end);
    }
    *out = value_bool(found);
    return INGLE_OK;
}
METHOD(startswith) {
    return with(r, self, p, false, out);
}
METHOD(endswith) {
    return with(r, self, p, true, out);
}

static ingle_status remove_at(struct run *r, struct value self, struct params *p, bool at_end,
                              struct value *out) {
    struct str *what;
    INGLE_TRY(call_need_str(r, p, p->v[0], &what));
    bool found = begins(self.s, 0, self.s->len, what, at_end);
    size_t cut = found ? what->len : 0;
    return str_part(r, self.s, at_end ? 0 : cut, self.s->len - cut, out);
}
METHOD(removeprefix) {
    return remove_at(r, self, p, false, out);
}
METHOD(removesuffix) {
    return remove_at(r, self, p, true, out);
}

static ingle_status partition_at(struct run *r, struct value self, struct params *p, bool last,
                                 struct value *out) {
    struct str *sep;
    struct seq *parts;
    struct str *s = self.s;
    INGLE_TRY(call_need_str(r, p, p->v[0], &sep));
    if (sep->len == 0) return run_invalid(r, "a string cannot be split at an empty one");
    INGLE_TRY(str_find_work(r, s, sep, last));
    size_t at = last ? str_find_last(s, sep, 0, s->len) : str_find(s, sep, 0, s->len);
    size_t whole = last ? 0 : s->len;
    size_t cuts[] = {0, at == SIZE_MAX ? whole : at, at == SIZE_MAX ? whole : at + sep->len,
                     s->len};
    INGLE_TRY(seq_new(r, SEQ_TUPLE, 3, &parts));
    for (int i = 0; i < 3; i++) {
        struct value part;
        INGLE_TRY(str_part(r, s, cuts[i], cuts[i + 1] - cuts[i], &part));
        INGLE_TRY(seq_add(r, parts, part));
    }
    *out = value_of_seq(parts);
    return INGLE_OK;
}
METHOD(partition) {
    return partition_at(r, self, p, false, out);
}
METHOD(rpartition) {
    return partition_at(r, self, p, true, out);
}

static ingle_status pad(struct run *r, struct value self, struct params *p, int share,
                        struct value *out) {
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    struct str *fill;
    int64_t width;
    INGLE_TRY(param_int(r, p, 0, 0, &width));
    INGLE_TRY(param_str(r, p, 1, &fill));
    if (fill && str_count(fill) != 1) {
        return run_invalid(r, "'%s' fills with one character", p->row->name);
    }
    return str_pad(r, self.s, width, fill ? fill : &space, share, out);
}
METHOD(ljust) {
    return pad(r, self, p, 0, out);
}
METHOD(center) {
    return pad(r, self, p, 1, out);
}
METHOD(rjust) {
    return pad(r, self, p, 2, out);
}

METHOD(zfill) {
    static const struct str zero = {.data = "0", .len = 1, .n_chars = 1};
    int64_t width, n = (int64_t)str_count(self.s);
    struct build b;
    INGLE_TRY(param_int(r, p, 0, 0, &width));
    size_t sign = self.s->len > 0 && (self.s->data[0] == '-' || self.s->data[0] == '+');
    build_init(&b, r);
    INGLE_TRY(build_add_part(&b, self.s, 0, sign));
    INGLE_TRY(build_repeat(&b, &zero, width > n ? width - n : 0));
    INGLE_TRY(build_add_part(&b, self.s, sign, self.s->len - sign));
    return build_end(&b, out);
}

METHOD(expandtabs) {
    static const struct str space = {.data = " ", .len = 1, .n_chars = 1};
    int64_t size, column = 0;
    struct build b;
    INGLE_TRY(param_int(r, p, 0, 8, &size));
    build_init(&b, r);
    for (size_t at = 0; at < self.s->len;) {
        size_t len = chars_len(self.s->data[at]);
        char c = self.s->data[at];
        if (c == '\t') {
            int64_t gap = size > 0 ? size - column % size : 0;
            INGLE_TRY(build_repeat(&b, &space, gap));
            column += gap;
        } else {
            INGLE_TRY(build_add_part(&b, self.s, at, len));
            column = c == '\n' || c == '\r' ? 0 : column + 1;
        }
        at += len;
    }
    return build_end(&b, out);
}

METHOD(format) {
    return braces_format(r, self.s, p->all, out);
}

/* Kinds of characters: whether all are so, and there is one. */
static ingle_status all_are(struct run *r, struct value self, bool (*is)(uint32_t),
                            struct value *out) {
    bool holds = self.s->len > 0;
    INGLE_TRY(run_work(r, self.s->len * 4));
    for (size_t at = 0; at < self.s->len && holds;) {
        uint32_t c;
        at += chars_decode(self.s->data + at, &c);
        holds = is(c);
    }
    *out = value_bool(holds);
    return INGLE_OK;
}
#define METHOD_OF_KIND(fn_name, is)                                                                \
    METHOD(fn_name) {                                                                              \
        (void)p;                                                                                   \
        return all_are(r, self, is, out);                                                          \
    }
METHOD_OF_KIND(isalpha_, chars_is_alpha)
METHOD_OF_KIND(isalnum_, chars_is_alnum)
METHOD_OF_KIND(isdecimal_, chars_is_decimal)
METHOD_OF_KIND(isdigit_, chars_is_digit)
METHOD_OF_KIND(isnumeric_, chars_is_numeric)
METHOD_OF_KIND(isspace_, chars_is_space)

static bool is_ascii(uint32_t c) {
    return c < 0x80;
}

METHOD(isascii_) {
    INGLE_TRY(all_are(r, self, is_ascii, out));
    (void)p;
    out->b = out->b || self.s->len == 0;
    return INGLE_OK;
}
METHOD(isprintable_) {
    INGLE_TRY(all_are(r, self, chars_is_printable, out));
    (void)p;
    out->b = out->b || self.s->len == 0;
    return INGLE_OK;
}

bool methods_is_case(const struct str *s, bool upper) {
    bool has_any = false;
    for (size_t at = 0; at < s->len;) {
        uint32_t c;
        at += chars_decode(s->data + at, &c);
        if (upper ? chars_is_lower(c) : chars_is_upper(c)) return false;
        has_any = has_any || (upper ? chars_is_upper(c) : chars_is_lower(c));
    }
    return has_any;
}
METHOD(isupper_) {
    (void)p;
    *out = value_bool(methods_is_case(self.s, true));
    return run_work(r, self.s->len * 4);
}
METHOD(islower_) {
    (void)p;
    *out = value_bool(methods_is_case(self.s, false));
    return run_work(r, self.s->len * 4);
}
METHOD(istitle_) {
    bool has_any = false, after_cased = false;
    (void)p;
    *out = value_bool(false);
    INGLE_TRY(run_work(r, self.s->len * 4));
    for (size_t at = 0; at < self.s->len;) {
        uint32_t c;
        at += chars_decode(self.s->data + at, &c);
        bool up = chars_is_upper(c), low = chars_is_lower(c);
        if ((up && after_cased) || (low && !after_cased)) return INGLE_OK;
        after_cased = up || low;
        has_any = has_any || after_cased;
    }
    *out = value_bool(has_any);
    return INGLE_OK;
}
METHOD(isidentifier_) {
    bool holds = self.s->len > 0;
    (void)p;
    for (size_t at = 0; at < self.s->len && holds;) {
        uint32_t c;
        size_t len = chars_decode(self.s->data + at, &c);
        holds = c == '_' || chars_is_alpha(c) || (at > 0 && chars_is_numeric(c));
        at += len;
    }
    *out = value_bool(holds);
    return run_work(r, self.s->len * 4);
}

const struct builtin *methods_of_str(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"capitalize", capitalize, "", 0},
        {"center", center, "width fillchar", 1},
        {"count", count, "sub start end", 1},
        {"endswith", endswith, "suffix start end", 1},
        {"expandtabs", expandtabs, "tabsize", 0},
        {"find", find, "sub start end", 1},
        {"format", format, NULL, 0},
        {"index", index_, "sub start end", 1},
        {"isalnum", isalnum_, "", 0},
        {"isalpha", isalpha_, "", 0},
        {"isascii", isascii_, "", 0},
        {"isdecimal", isdecimal_, "", 0},
        {"isdigit", isdigit_, "", 0},
        {"isidentifier", isidentifier_, "", 0},
        {"islower", islower_, "", 0},
        {"isnumeric", isnumeric_, "", 0},
        {"isprintable", isprintable_, "", 0},
        {"isspace", isspace_, "", 0},
        {"istitle", istitle_, "", 0},
        {"isupper", isupper_, "", 0},
        {"join", join, "iterable", 1},
        {"ljust", ljust, "width fillchar", 1},
        {"lower", lower, "", 0},
        {"lstrip", lstrip, "chars", 0},
        {"partition", partition, "sep", 1},
        {"removeprefix", removeprefix, "prefix", 1},
        {"removesuffix", removesuffix, "suffix", 1},
        {"replace", replace, "old new count", 2},
        {"rfind", rfind, "sub start end", 1},
        {"rindex", rindex_, "sub start end", 1},
        {"rjust", rjust, "width fillchar", 1},
        {"rpartition", rpartition, "sep", 1},
        {"rsplit", rsplit, "sep maxsplit", 0},
        {"rstrip", rstrip, "chars", 0},
        {"split", split, "sep maxsplit", 0},
        {"splitlines", splitlines, "keepends", 0},
        {"startswith", startswith, "prefix start end", 1},
        {"strip", strip, "chars", 0},
        {"swapcase", swapcase, "", 0},
        {"title", title, "", 0},
        {"upper", upper, "", 0},
        {"zfill", zfill, "width", 1},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
