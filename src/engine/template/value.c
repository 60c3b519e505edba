#include "engine/template/value.h"

#include <math.h>

#include "base/hash.h"
#include "engine/template/run.h"
#include "engine/template/seq.h"
#include "engine/template/str.h"

static const char *const seq_names[][2] = {
    [SEQ_LIST] = {"a list", "list object"},
    [SEQ_TUPLE] = {"a tuple", "tuple object"},
    [SEQ_RANGE] = {"a range", "range object"},
    [SEQ_KEYS] = {"a dict's keys", "dict_keys object"},
    [SEQ_VALUES] = {"a dict's values", "dict_values object"},
    [SEQ_ITEMS] = {"a dict's items", "dict_items object"},
    [SEQ_ITERATOR] = {"an iterator", "generator object"},
};

static const char *const names[][2] = {
    [VALUE_UNDEFINED] = {"an undefined value", "undefined value"},
    [VALUE_NONE] = {"none", "None"},
    [VALUE_BOOL] = {"a bool", "bool object"},
    [VALUE_INT] = {"an integer", "int object"},
    [VALUE_BIG] = {"an integer beyond 64 bits", "int object"},
    [VALUE_FLOAT] = {"a float", "float object"},
    [VALUE_STR] = {"a string", "str object"},
    [VALUE_DICT] = {"a dict", "dict object"},
    [VALUE_NAMESPACE] = {"a namespace", "namespace object"},
    [VALUE_MACRO] = {"a macro", "macro object"},
    [VALUE_GLOBAL] = {"a function", "function object"},
    [VALUE_METHOD] = {"a method", "method object"},
    [VALUE_LOOP] = {"a loop", "loop object"},
    [VALUE_CYCLER] = {"a cycler", "cycler object"},
    [VALUE_JOINER] = {"a joiner", "joiner object"},
};

const char *value_kind_name(struct value v) {
    return v.kind == VALUE_SEQ ? seq_names[v.q->form][0] : names[v.kind][0];
}

const char *value_python_name(struct value v) {
    return v.kind == VALUE_SEQ ? seq_names[v.q->form][1] : names[v.kind][1];
}

bool value_is_true(struct value v) {
    switch (v.kind) {
    case VALUE_UNDEFINED:
    case VALUE_NONE:
        return false;
    case VALUE_BOOL:
        return v.b;
    case VALUE_INT:
        return v.i != 0;
    case VALUE_FLOAT:
        return v.f != 0;
    case VALUE_STR:
        return v.s->len > 0;
    case VALUE_SEQ:
        return v.q->n > 0 || v.q->form == SEQ_ITERATOR;
    case VALUE_DICT:
        return v.d->n > 0;
    default:
        return true;
    }
}

bool value_as_float(struct value v, double *out) {
    int64_t i;
    if (value_as_int(v, &i)) *out = (double)i;
    if (v.kind == VALUE_FLOAT) *out = v.f;
    return v.kind == VALUE_BOOL || v.kind == VALUE_INT || v.kind == VALUE_FLOAT;
}

/* -1, 0, 1; 2 for a NaN. An integer and a float exactly, not by rounding the integer. */
static int order_numbers(struct value a, struct value b) {
    int64_t x = 0, y = 0;
    double f = 0, g = 0;
    bool a_is_int = value_as_int(a, &x), b_is_int = value_as_int(b, &y);
    if (a_is_int && b_is_int) return x < y ? -1 : x > y;
    (void)value_as_float(a, &f);
    (void)value_as_float(b, &g);
    if (isnan(f) || isnan(g)) return 2;
    if (f != g || a_is_int == b_is_int) return f < g ? -1 : f > g;
    double whole = a_is_int ? g : f;
    if (whole >= 0x1p63) return a_is_int ? -1 : 1;
    int64_t other = (int64_t)whole;
    return a_is_int ? (x < other ? -1 : x > other) : (other < y ? -1 : other > y);
}

static ingle_status equal_seqs(struct run *r, const struct seq *a, const struct seq *b, bool *out) {
    *out = a == b;
    if (*out || a->form != b->form || a->n != b->n) return INGLE_OK;
    if (a->form == SEQ_ITERATOR || a->form == SEQ_VALUES) return INGLE_OK;
    *out = true;
    for (size_t i = 0; i < a->n && *out; i++) {
        if (value_is_same(a->items[i], b->items[i])) continue;
        INGLE_TRY(value_equal(r, a->items[i], b->items[i], out));
    }
    return INGLE_OK;
}

static ingle_status equal_dicts(struct run *r, const struct dict *a, const struct dict *b,
                                bool *out) {
    *out = a == b;
    if (*out || a->n != b->n) return INGLE_OK;
    *out = true;
    for (size_t i = 0; i < a->n && *out; i++) {
        struct value *other;
        INGLE_TRY(dict_get(r, b, a->entries[i].key, &other));
        *out = other != NULL;
        if (other) INGLE_TRY(value_equal(r, a->entries[i].value, *other, out));
    }
    return INGLE_OK;
}

ingle_status value_equal(struct run *r, struct value a, struct value b, bool *out) {
    *out = false;
    if (a.kind == VALUE_BIG || b.kind == VALUE_BIG) {
        *out = a.kind == b.kind && str_equal(a.s, b.s);
        return INGLE_OK;
    }
    if (value_is_number(a) && value_is_number(b)) {
        *out = order_numbers(a, b) == 0;
        return INGLE_OK;
    }
    if (a.kind != b.kind) return INGLE_OK;
    INGLE_TRY(run_enter(r));
    switch (a.kind) {
    case VALUE_UNDEFINED:
        *out = true;
        break;
    case VALUE_STR:
        INGLE_TRY(run_work(r, a.s->len < b.s->len ? a.s->len : b.s->len));
        *out = str_equal(a.s, b.s);
        break;
    case VALUE_SEQ:
        INGLE_TRY(equal_seqs(r, a.q, b.q, out));
        break;
    case VALUE_DICT:
        INGLE_TRY(equal_dicts(r, a.d, b.d, out));
        break;
    default:
        *out = value_is_same(a, b);
    }
    run_leave(r);
    return INGLE_OK;
}

bool value_is_same(struct value a, struct value b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case VALUE_NONE:
        return true;
    case VALUE_BOOL:
        return a.b == b.b;
    case VALUE_INT:
        return a.i == b.i;
    case VALUE_UNDEFINED:
    case VALUE_FLOAT:
        return false;
    case VALUE_STR:
        return a.s == b.s || (a.s->data == b.s->data && a.s->len == b.s->len);
    case VALUE_METHOD:
        return a.method == b.method;
    default:
        return a.q == b.q; /* one of the pointers, whatever the kind */
    }
}

static ingle_status order_seqs(struct run *r, const struct seq *a, const struct seq *b,
                               const char *op, int *out) {
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        bool same;
        INGLE_TRY(value_equal(r, a->items[i], b->items[i], &same));
        if (!same) return value_compare(r, a->items[i], b->items[i], op, out);
    }
    *out = a->n < b->n ? -1 : a->n > b->n;
    return INGLE_OK;
}

ingle_status value_compare(struct run *r, struct value a, struct value b, const char *op,
                           int *out) {
    INGLE_TRY(run_undefined(r, a));
    INGLE_TRY(run_undefined(r, b));
    if (a.kind == VALUE_STR && b.kind == VALUE_STR) {
        INGLE_TRY(run_work(r, a.s->len < b.s->len ? a.s->len : b.s->len));
        *out = str_order(a.s, b.s);
        return INGLE_OK;
    }
    if (value_is_number(a) && value_is_number(b) && a.kind != VALUE_BIG && b.kind != VALUE_BIG) {
        *out = order_numbers(a, b);
        return INGLE_OK;
    }
    bool lists = a.kind == VALUE_SEQ && b.kind == VALUE_SEQ && a.q->form == b.q->form &&
                 a.q->form <= SEQ_TUPLE;
    if (!lists) {
        return run_invalid(r, "'%s' cannot order %s and %s", op, value_kind_name(a),
                           value_kind_name(b));
    }
    INGLE_TRY(run_enter(r));
    INGLE_TRY(order_seqs(r, a.q, b.q, op, out));
    run_leave(r);
    return INGLE_OK;
}

static ingle_status contains_item(struct run *r, struct seq *q, struct value one, bool *out) {
    uint64_t ignored;
    *out = false;
    if (q->form == SEQ_KEYS) INGLE_TRY(value_hash(r, one, &ignored)); /* as a dict would look */
    while (q->pos < q->n && q->form == SEQ_ITERATOR && !*out) {
        INGLE_TRY(value_equal(r, q->items[q->pos++], one, out));
    }
    for (size_t i = 0; i < q->n && q->form != SEQ_ITERATOR && !*out; i++) {
        *out = value_is_same(q->items[i], one);
        if (!*out) INGLE_TRY(value_equal(r, q->items[i], one, out));
    }
    return INGLE_OK;
}

ingle_status value_contains(struct run *r, struct value all, struct value one, bool *out) {
    struct value *found;
    *out = false;
    switch (all.kind) {
    case VALUE_STR:
        INGLE_TRY(run_undefined(r, one));
        if (one.kind != VALUE_STR) {
            return run_invalid(r, "'in' looks for a string in a string, not for %s",
                               value_kind_name(one));
        }
        INGLE_TRY(run_work(r, all.s->len));
        *out = str_find(all.s, one.s, 0, all.s->len) != SIZE_MAX;
        return INGLE_OK;
    case VALUE_DICT:
        INGLE_TRY(dict_get(r, all.d, one, &found));
        *out = found != NULL;
        return INGLE_OK;
    case VALUE_SEQ:
        return contains_item(r, all.q, one, out);
    case VALUE_UNDEFINED:
        return all.u && all.u->is_unsafe ? run_undefined(r, all) : INGLE_OK;
    default:
        return run_invalid(r, "'in' looks through lists, dicts and strings, not through %s",
                           value_kind_name(all));
    }
}

uint64_t value_hash_text(uint64_t seed, const char *text, size_t len) {
    return hash_bytes(seed, text, len);
}

static ingle_status hash_tuple(struct run *r, const struct seq *q, uint64_t *out) {
    *out = hash_u64(r->seed, q->n);
    for (size_t i = 0; i < q->n; i++) {
        uint64_t one;
        INGLE_TRY(value_hash(r, q->items[i], &one));
        *out = hash_u64(r->seed ^ *out, one);
    }
    return INGLE_OK;
}

ingle_status value_hash(struct run *r, struct value v, uint64_t *out) {
    switch (v.kind) {
    case VALUE_STR:
        INGLE_TRY(run_work(r, v.s->len));
        *out = value_hash_text(r->seed, v.s->data, v.s->len);
        return INGLE_OK;
    case VALUE_BIG:
        *out = value_hash_text(r->seed ^ 1, v.s->data, v.s->len);
        return INGLE_OK;
    case VALUE_BOOL:
        *out = hash_u64(r->seed, v.b);
        return INGLE_OK;
    case VALUE_INT:
        *out = hash_u64(r->seed, (uint64_t)v.i);
        return INGLE_OK;
    case VALUE_FLOAT: /* as the integer that it equals */
        *out = hash_u64(r->seed, fabs(v.f) < 0x1p62 ? (uint64_t)(int64_t)v.f : 7);
        return INGLE_OK;
    case VALUE_NONE:
        *out = hash_u64(r->seed, 11);
        return INGLE_OK;
    case VALUE_UNDEFINED:
        *out = hash_u64(r->seed, 13);
        return INGLE_OK;
    case VALUE_DICT:
    case VALUE_NAMESPACE:
        return run_invalid(r, "%s cannot be a key", value_kind_name(v));
    case VALUE_SEQ:
        break;
    default:
        *out = hash_u64(r->seed, (uint64_t)(uintptr_t)v.q);
        return INGLE_OK;
    }
    if (v.q->form == SEQ_VALUES || v.q->form == SEQ_ITERATOR) {
        *out = hash_u64(r->seed, (uint64_t)(uintptr_t)v.q);
        return INGLE_OK;
    }
    if (v.q->form != SEQ_TUPLE && v.q->form != SEQ_RANGE) {
        return run_invalid(r, "%s cannot be a key", value_kind_name(v));
    }
    INGLE_TRY(run_enter(r));
    INGLE_TRY(hash_tuple(r, v.q, out));
    run_leave(r);
    return INGLE_OK;
}
