/* Tests: what may stand behind `is`. */
#include <math.h>

#include "engine/template/call.h"
#include "engine/template/eval.h"
#include "engine/template/methods.h"
#include "engine/template/seq.h"

#define PREDICATE(fn_name)                                                                         \
    static ingle_status fn_name(struct run *r, struct value self, struct params *p,                \
                                struct value *out)

/* Of the value's kind alone. */
#define PREDICATE_OF_KIND(fn_name, holds)                                                          \
    PREDICATE(fn_name) {                                                                           \
        (void)p;                                                                                   \
        *out = value_bool(holds);                                                                  \
        return run_work(r, 0);                                                                     \
    }

PREDICATE_OF_KIND(is_defined, self.kind != VALUE_UNDEFINED)
PREDICATE_OF_KIND(is_undefined, self.kind == VALUE_UNDEFINED)
PREDICATE_OF_KIND(is_none, self.kind == VALUE_NONE)
PREDICATE_OF_KIND(is_boolean, self.kind == VALUE_BOOL)
PREDICATE_OF_KIND(is_true_, self.kind == VALUE_BOOL && self.b)
PREDICATE_OF_KIND(is_false_, self.kind == VALUE_BOOL && !self.b)
PREDICATE_OF_KIND(is_integer, self.kind == VALUE_INT || self.kind == VALUE_BIG)
PREDICATE_OF_KIND(is_float, self.kind == VALUE_FLOAT)
PREDICATE_OF_KIND(is_number, value_is_number(self))
PREDICATE_OF_KIND(is_string, self.kind == VALUE_STR)
PREDICATE_OF_KIND(is_mapping, self.kind == VALUE_DICT)
PREDICATE_OF_KIND(is_iterable, seq_can_walk(self) || self.kind == VALUE_LOOP)
PREDICATE_OF_KIND(is_escaped, self.kind == VALUE_STR && self.s->is_safe)
PREDICATE_OF_KIND(is_sequence, self.kind == VALUE_STR || self.kind == VALUE_DICT ||
                                   self.kind == VALUE_UNDEFINED ||
                                   (self.kind == VALUE_SEQ && self.q->form <= SEQ_RANGE))
PREDICATE_OF_KIND(is_callable, self.kind == VALUE_MACRO || self.kind == VALUE_GLOBAL ||
                                   self.kind == VALUE_METHOD || self.kind == VALUE_LOOP ||
                                   self.kind == VALUE_JOINER || self.kind == VALUE_UNDEFINED)

static ingle_status rest_is(struct run *r, struct value self, struct value divisor, int64_t rest,
                            struct value *out) {
    struct value left;
    bool same;
    INGLE_TRY(operator_binary(r, OP_MOD, self, divisor, &left));
    INGLE_TRY(value_equal(r, left, value_int(rest), &same));
    *out = value_bool(same);
    return INGLE_OK;
}
PREDICATE(is_odd) {
    (void)p;
    return rest_is(r, self, value_int(2), 1, out);
}
PREDICATE(is_even) {
    (void)p;
    return rest_is(r, self, value_int(2), 0, out);
}
PREDICATE(is_divisible) {
    return rest_is(r, self, p->v[0], 0, out);
}

static ingle_status is_case(struct run *r, struct value self, bool upper, struct value *out) {
    struct str *s;
    INGLE_TRY(str_of(r, self, &s));
    *out = value_bool(methods_is_case(s, upper));
    return run_work(r, s->len * 4);
}
PREDICATE(is_lower) {
    (void)p;
    return is_case(r, self, false, out);
}
PREDICATE(is_upper) {
    (void)p;
    return is_case(r, self, true, out);
}

PREDICATE(is_same) {
    *out = value_bool(value_is_same(self, p->v[0]));
    return run_work(r, 0);
}

static ingle_status compare(struct run *r, enum node_op op, struct value self, struct params *p,
                            struct value *out) {
    bool holds;
    INGLE_TRY(operator_compare(r, op, self, p->v[0], &holds));
    *out = value_bool(holds);
    return INGLE_OK;
}
PREDICATE(is_eq) {
    return compare(r, OP_EQ, self, p, out);
}
PREDICATE(is_ne) {
    return compare(r, OP_NE, self, p, out);
}
PREDICATE(is_lt) {
    return compare(r, OP_LT, self, p, out);
}
PREDICATE(is_le) {
    return compare(r, OP_LE, self, p, out);
}
PREDICATE(is_gt) {
    return compare(r, OP_GT, self, p, out);
}
PREDICATE(is_ge) {
    return compare(r, OP_GE, self, p, out);
}
PREDICATE(is_in) {
    return compare(r, OP_IN, self, p, out);
}

PREDICATE(is_filter) {
    (void)p;
    *out = value_bool(self.kind == VALUE_STR && filter_find(self.s->data, self.s->len) != NULL);
    return run_work(r, 0);
}
PREDICATE(is_test) {
    (void)p;
    *out = value_bool(self.kind == VALUE_STR && predicate_find(self.s->data, self.s->len) != NULL);
    return run_work(r, 0);
}

const struct builtin *predicate_find(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"!=", is_ne, "other", 1},
        {"<", is_lt, "other", 1},
        {"<=", is_le, "other", 1},
        {"==", is_eq, "other", 1},
        {">", is_gt, "other", 1},
        {">=", is_ge, "other", 1},
        {"boolean", is_boolean, "", 0},
        {"callable", is_callable, "", 0},
        {"defined", is_defined, "", 0},
        {"divisibleby", is_divisible, "num", 1},
        {"eq", is_eq, "other", 1},
        {"equalto", is_eq, "other", 1},
        {"escaped", is_escaped, "", 0},
        {"even", is_even, "", 0},
        {"false", is_false_, "", 0},
        {"filter", is_filter, "", 0},
        {"float", is_float, "", 0},
        {"ge", is_ge, "other", 1},
        {"greaterthan", is_gt, "other", 1},
        {"gt", is_gt, "other", 1},
        {"in", is_in, "seq", 1},
        {"integer", is_integer, "", 0},
        {"iterable", is_iterable, "", 0},
        {"le", is_le, "other", 1},
        {"lessthan", is_lt, "other", 1},
        {"lower", is_lower, "", 0},
        {"lt", is_lt, "other", 1},
        {"mapping", is_mapping, "", 0},
        {"ne", is_ne, "other", 1},
        {"none", is_none, "", 0},
        {"number", is_number, "", 0},
        {"odd", is_odd, "", 0},
        {"sameas", is_same, "other", 1},
        {"sequence", is_sequence, "", 0},
        {"string", is_string, "", 0},
        {"test", is_test, "", 0},
        {"true", is_true_, "", 0},
        {"undefined", is_undefined, "", 0},
        {"upper", is_upper, "", 0},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
