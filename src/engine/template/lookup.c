#include "engine/template/chars.h"
#include "engine/template/eval.h"
#include "engine/template/exec.h"
#include "engine/template/number.h"
#include "engine/template/seq.h"

static ingle_status new_undefined(struct run *r, struct undefined u, struct value *out) {
    void *copy;
    INGLE_TRY(run_alloc(r, 1, sizeof u, &copy));
    *(struct undefined *)copy = u;
    *out = (struct value){.kind = VALUE_UNDEFINED, .u = copy};
    return INGLE_OK;
}

ingle_status lookup_undefined(struct run *r, const char *hint, struct value *out) {
    return new_undefined(r, (struct undefined){.hint = hint}, out);
}

static ingle_status missing(struct run *r, struct value v, const char *name, size_t len,
                            struct value *out) {
    return new_undefined(
        r, (struct undefined){.of = value_python_name(v), .name = name, .name_len = len}, out);
}

static bool is_one_of(const char *const *names, const char *name, size_t len) {
    for (; *names; names++) {
        if (strlen(*names) == len && memcmp(*names, name, len) == 0) return true;
    }
    return false;
}

/* What Python has by this name and no template needs, or the sandbox forbids: its use is an error,
 * not something undefined. */
static bool is_forbidden(struct value v, const char *name, size_t len) {
    static const char *const of_dict[] = {"clear",   "copy",       "fromkeys",
                                          "popitem", "setdefault", NULL};
    static const char *const of_str[] = {"casefold", "encode", "maketrans", "translate", NULL};
    static const char *const of_list[] = {"clear",  "copy",    "extend", "insert",
                                          "remove", "reverse", "sort",   NULL};
    static const char *const of_number[] = {
        "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator",
        "from_bytes",       "fromhex",   "hex",        "imag",      "is_integer",
        "numerator",        "real",      "to_bytes",   NULL};
    static const char *const of_macro[] = {"arguments", "catch_kwargs", "catch_varargs",
                                           "caller",    "name",         NULL};
    static const char *const of_iterator[] = {"close", "gi_code", "gi_frame", "gi_running",
                                              "send",  "throw",   NULL};
    static const char *const of_view[] = {"isdisjoint", "mapping", NULL};
    if (len > 4 && memcmp(name, "__", 2) == 0 && memcmp(name + len - 2, "__", 2) == 0) return true;
    if (v.kind == VALUE_DICT) return is_one_of(of_dict, name, len);
    if (v.kind == VALUE_STR) return is_one_of(of_str, name, len);
    if (v.kind == VALUE_MACRO) return is_one_of(of_macro, name, len);
    if (v.kind >= VALUE_BOOL && v.kind <= VALUE_FLOAT) return is_one_of(of_number, name, len);
    if (v.kind != VALUE_SEQ) return false;
    if (v.q->form == SEQ_LIST) return is_one_of(of_list, name, len);
    if (v.q->form == SEQ_ITERATOR) return is_one_of(of_iterator, name, len);
    return v.q->form != SEQ_TUPLE && is_one_of(of_view, name, len);
}

/* What getattr() of Python gives: a method, an attribute. */
static ingle_status python_attr(struct run *r, struct value v, const char *name, size_t len,
                                struct value *out, bool *found) {
    *found = true;
    const struct builtin *row = method_find(v, name, len);
    if (row) {
        void *method;
        INGLE_TRY(run_alloc(r, 1, sizeof(struct method), &method));
        *(struct method *)method = (struct method){.self = v, .row = row};
        *out = (struct value){.kind = VALUE_METHOD, .method = method};
        return INGLE_OK;
    }
    if (is_forbidden(v, name, len)) {
        return new_undefined(
            r,
            (struct undefined){
                .of = value_python_name(v), .name = name, .name_len = len, .is_unsafe = true},
            out);
    }
    if (v.kind == VALUE_LOOP) return loop_attr(r, v.loop, name, len, out, found);
    if (v.kind == VALUE_CYCLER && len == 7 && memcmp(name, "current", 7) == 0) {
        *out = v.cycler->items[v.cycler->pos];
        return INGLE_OK;
    }
    if (v.kind == VALUE_SEQ && v.q->form == SEQ_RANGE) {
        static const char *const names[] = {"start", "stop", "step"};
        const int64_t parts[] = {v.q->start, v.q->stop, v.q->step};
        for (int i = 0; i < 3; i++) {
            if (strlen(names[i]) != len || memcmp(names[i], name, len) != 0) continue;
            *out = value_int(parts[i]);
            return INGLE_OK;
        }
    }
    if (v.kind == VALUE_SEQ && v.q->is_group) {
        bool is_list = len == 4 && memcmp(name, "list", 4) == 0;
        *found = is_list || (len == 7 && memcmp(name, "grouper", 7) == 0);
        if (*found) *out = v.q->items[is_list];
        return INGLE_OK;
    }
    const struct value *attr = v.kind == VALUE_NAMESPACE ? dict_find(v.d, name, len) : NULL;
    *found = attr != NULL;
    if (attr) *out = *attr;
    return INGLE_OK;
}

ingle_status lookup_attr(struct run *r, struct value v, const char *name, size_t len,
                         struct value *out) {
    bool found;
    INGLE_TRY(run_undefined(r, v));
    INGLE_TRY(python_attr(r, v, name, len, out, &found));
    if (found) return INGLE_OK;
    const struct value *member = v.kind == VALUE_DICT ? dict_find(v.d, name, len) : NULL;
    if (!member) return missing(r, v, name, len, out);
    *out = *member;
    return INGLE_OK;
}

/* Index -1 is the last. */
static bool index_of(int64_t i, size_t n, size_t *out) {
    if (i < 0) i += (int64_t)n;
    *out = (size_t)i;
    return i >= 0 && (size_t)i < n;
}

static ingle_status char_at(struct run *r, struct str *s, size_t index, struct value *out) {
    INGLE_TRY(run_work(r, str_count(s) == s->len ? 0 : s->len));
    size_t at = str_offset(s, index);
    return str_part(r, s, at, chars_len(s->data[at]), out);
}

static bool is_key(struct value v) {
    bool is_list = v.kind == VALUE_SEQ &&
                   (v.q->form == SEQ_LIST || v.q->form == SEQ_KEYS || v.q->form == SEQ_ITEMS);
    return v.kind != VALUE_DICT && v.kind != VALUE_NAMESPACE && !is_list;
}

/* What v[key] of Python gives. */
static ingle_status python_item(struct run *r, struct value v, struct value key, struct value *out,
                                bool *found) {
    int64_t i;
    size_t at;
    *found = false;
    if (v.kind == VALUE_DICT && is_key(key)) {
        struct value *member;
        INGLE_TRY(dict_get(r, v.d, key, &member));
        *found = member != NULL;
        if (member) *out = *member;
    } else if (v.kind == VALUE_SEQ && v.q->form <= SEQ_RANGE && value_as_int(key, &i)) {
        *found = index_of(i, v.q->n, &at);
        if (*found) *out = v.q->items[at];
    } else if (v.kind == VALUE_STR && value_as_int(key, &i)) {
        *found = index_of(i, str_count(v.s), &at);
        if (*found) return char_at(r, v.s, at, out);
    }
    return INGLE_OK;
}

ingle_status lookup_item(struct run *r, struct value v, struct value key, struct value *out) {
    bool found;
    INGLE_TRY(run_undefined(r, v));
    INGLE_TRY(python_item(r, v, key, out, &found));
    if (!found && key.kind == VALUE_STR) {
        INGLE_TRY(python_attr(r, v, key.s->data, key.s->len, out, &found));
        if (!found) return missing(r, v, key.s->data, key.s->len, out);
    }
    if (found) return INGLE_OK;
    struct build name;
    struct value text;
    build_init(&name, r);
    if (value_is_number(key)) INGLE_TRY(build_add_value(&name, key));
    INGLE_TRY(build_end(&name, &text));
    return missing(r, v, text.s->data, text.s->len, out);
}

static ingle_status slice_part(struct run *r, struct value v, int64_t other, int64_t *out) {
    *out = other;
    if (v.kind == VALUE_NONE || value_as_int(v, out)) return INGLE_OK;
    return run_invalid(r, "the parts of a slice are integers or none, not %s", value_kind_name(v));
}

/* Python's rules: negative ones count from the end, all are kept within the length. */
static ingle_status slice_bounds(struct run *r, const struct value part[3], int64_t n,
                                 int64_t bounds[3]) {
    INGLE_TRY(slice_part(r, part[2], 1, &bounds[2]));
    if (bounds[2] == 0) return run_invalid(r, "a slice cannot have steps of 0");
    bool back = bounds[2] < 0;
    INGLE_TRY(slice_part(r, part[0], back ? INT64_MAX : 0, &bounds[0]));
    INGLE_TRY(slice_part(r, part[1], back ? INT64_MIN : INT64_MAX, &bounds[1]));
    for (int i = 0; i < 2; i++) {
        if (bounds[i] < 0) bounds[i] = bounds[i] < -n ? -1 : bounds[i] + n;
        if (bounds[i] < 0) bounds[i] = back ? -1 : 0;
        if (bounds[i] > n - back) bounds[i] = n - back;
    }
    return INGLE_OK;
}

static bool is_within(const int64_t bounds[3], int64_t i) {
    return bounds[2] > 0 ? i < bounds[1] : i > bounds[1];
}

static ingle_status slice_str(struct run *r, struct str *s, const int64_t bounds[3],
                              struct value *out) {
    INGLE_TRY(run_work(r, s->len));
    if (bounds[2] == 1) {
        int64_t end = bounds[1] > bounds[0] ? bounds[1] : bounds[0];
        size_t from = str_offset(s, (size_t)bounds[0]), to = str_offset(s, (size_t)end);
        return str_part(r, s, from, to - from, out);
    }
    const struct seq *chars;
    struct build b;
    INGLE_TRY(seq_walk(r, value_of_str(s), &chars));
    build_init(&b, r);
    for (int64_t i = bounds[0]; is_within(bounds, i); i += bounds[2]) {
        INGLE_TRY(build_add_str(&b, chars->items[i].s));
        if (bounds[2] > (int64_t)chars->n || bounds[2] < -(int64_t)chars->n) break;
    }
    INGLE_TRY(build_end(&b, out));
    out->s->is_safe = s->is_safe;
    return INGLE_OK;
}

/* The bounds of an empty range may be anything. */
static int64_t wrap_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrap_mul(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static ingle_status slice_seq(struct run *r, const struct seq *q, const int64_t bounds[3],
                              struct value *out) {
    struct seq *part;
    INGLE_TRY(seq_new(r, q->form, 0, &part));
    for (int64_t i = bounds[0]; is_within(bounds, i); i += bounds[2]) {
        INGLE_TRY(seq_add(r, part, q->items[i]));
        if (bounds[2] > (int64_t)q->n || bounds[2] < -(int64_t)q->n) break;
    }
    if (q->form == SEQ_RANGE) {
        part->start = wrap_add(q->start, wrap_mul(bounds[0], q->step));
        part->stop = wrap_add(q->start, wrap_mul(bounds[1], q->step));
        part->step = wrap_mul(q->step, bounds[2]);
    }
    *out = value_of_seq(part);
    return INGLE_OK;
}

ingle_status lookup_slice(struct run *r, struct value v, const struct value part[3],
                          struct value *out) {
    int64_t bounds[3];
    INGLE_TRY(run_undefined(r, v));
    if (v.kind == VALUE_STR) {
        INGLE_TRY(slice_bounds(r, part, (int64_t)str_count(v.s), bounds));
        return slice_str(r, v.s, bounds, out);
    }
    if (v.kind == VALUE_SEQ && v.q->form <= SEQ_RANGE) {
        INGLE_TRY(slice_bounds(r, part, (int64_t)v.q->n, bounds));
        return slice_seq(r, v.q, bounds, out);
    }
    return run_invalid(r, "%s has no slices", value_kind_name(v));
}

static bool is_index(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
    }
    return len > 0;
}

ingle_status lookup_path(struct run *r, struct value v, struct value path, struct value other,
                         struct value *out) {
    *out = v;
    if (path.kind == VALUE_NONE) return INGLE_OK;
    if (path.kind != VALUE_STR) {
        INGLE_TRY(lookup_item(r, v, path, out));
        if (out->kind == VALUE_UNDEFINED && other.kind != VALUE_NONE) *out = other;
        return INGLE_OK;
    }
    const char *text = path.s->data, *end = text + path.s->len;
    for (;;) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        size_t len = (size_t)((dot ? dot : end) - text);
        struct value key;
        bool is_big = false;
        int64_t i = 0;
        if (is_index(text, len) && number_read_int(text, len, 10, &i, &is_big) && !is_big) {
            key = value_int(i);
        } else {
            INGLE_TRY(str_new(r, text, len, false, &key));
        }
        INGLE_TRY(lookup_item(r, *out, key, out));
        if (out->kind == VALUE_UNDEFINED && other.kind != VALUE_NONE) *out = other;
        if (!dot) return INGLE_OK;
        text = dot + 1;
    }
}
