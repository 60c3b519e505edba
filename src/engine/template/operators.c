#include <math.h>

#include "engine/template/eval.h"
#include "engine/template/seq.h"

static const char *const op_texts[] = {
    [OP_ADD] = "+", [OP_SUB] = "-",  [OP_MUL] = "*", [OP_DIV] = "/", [OP_FLOOR_DIV] = "//",
    [OP_MOD] = "%", [OP_POW] = "**", [OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<",
    [OP_LE] = "<=", [OP_GT] = ">",   [OP_GE] = ">=",
};

static ingle_status overflow(struct run *r) {
    return run_invalid(r, "the result exceeds 64 bits");
}

static ingle_status no_zero(struct run *r) {
    return run_invalid(r, "this divides by zero");
}

static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return q - ((a % b != 0) && ((a < 0) != (b < 0)));
}

static ingle_status power_int(struct run *r, int64_t base, int64_t exponent, int64_t *out) {
    *out = 1;
    while (exponent > 0) {
        if ((exponent & 1) && __builtin_mul_overflow(*out, base, out)) return overflow(r);
        exponent >>= 1;
        if (exponent && __builtin_mul_overflow(base, base, &base)) return overflow(r);
    }
    return INGLE_OK;
}

static ingle_status on_ints(struct run *r, enum node_op op, int64_t a, int64_t b,
                            struct value *out) {
    int64_t result = 0;
    bool wraps = false;
    switch (op) {
    case OP_ADD:
        wraps = __builtin_add_overflow(a, b, &result);
        break;
    case OP_SUB:
        wraps = __builtin_sub_overflow(a, b, &result);
        break;
    case OP_MUL:
        wraps = __builtin_mul_overflow(a, b, &result);
        break;
    case OP_POW:
        INGLE_TRY(power_int(r, a, b, &result));
        break;
    default:
        if (b == 0) return no_zero(r);
        wraps = op == OP_FLOOR_DIV && a == INT64_MIN && b == -1;
        if (!wraps && b != -1) result = op == OP_MOD ? a - floor_div(a, b) * b : floor_div(a, b);
        if (!wraps && b == -1) result = op == OP_MOD ? 0 : -a;
    }
    if (wraps) return overflow(r);
    *out = value_int(result);
    return INGLE_OK;
}

/* Python's: the remainder has the sign of the divisor. */
static void div_floats(double a, double b, double *quotient, double *rest) {
    *rest = fmod(a, b);
    double whole = (a - *rest) / b;
    if (*rest != 0 && (b < 0) != (*rest < 0)) {
        *rest += b;
        whole -= 1;
    }
    if (*rest == 0) *rest = copysign(0, b);
    *quotient = whole == 0 ? copysign(0, a / b) : floor(whole);
    if (whole != 0 && whole - *quotient > 0.5) *quotient += 1;
}

static ingle_status power_float(struct run *r, double a, double b, double *out) {
    if (a == 0 && b < 0) return no_zero(r);
    if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b)) {
        return run_invalid(r, "this power is a complex number");
    }
    *out = pow(a, b);
    if (isinf(*out) && isfinite(a) && isfinite(b)) return run_invalid(r, "this power is too large");
    return INGLE_OK;
}

static ingle_status on_floats(struct run *r, enum node_op op, double a, double b,
                              struct value *out) {
    double result = 0, rest;
    switch (op) {
    case OP_ADD:
        result = a + b;
        break;
    case OP_SUB:
        result = a - b;
        break;
    case OP_MUL:
        result = a * b;
        break;
    case OP_POW:
        INGLE_TRY(power_float(r, a, b, &result));
        break;
    default:
        if (b == 0) return no_zero(r);
        div_floats(a, b, &result, &rest);
        if (op == OP_MOD) result = rest;
        if (op == OP_DIV) result = a / b;
    }
    *out = value_float(result);
    return INGLE_OK;
}

/* Rounded once, as Python does it, however large they are. */
static double quotient(int64_t a, int64_t b) {
    uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    if (x <= 1ull << 53 && y <= 1ull << 53) return (double)a / (double)b;
    if (x == 0) return 0;
    int shift = __builtin_clzll(x);
    unsigned __int128 wide = (unsigned __int128)(x << shift) << 64;
    unsigned __int128 whole = wide / y;
    whole |= wide % y != 0; /* far below the last bit that counts: decides ties */
    double result = ldexp((double)whole, -64 - shift);
    return (a < 0) != (b < 0) ? -result : result;
}

static ingle_status on_numbers(struct run *r, enum node_op op, struct value a, struct value b,
                               struct value *out) {
    int64_t x, y;
    double f, g;
    if (a.kind == VALUE_BIG || b.kind == VALUE_BIG) {
        return run_invalid(r, "integers beyond 64 bits cannot be computed with");
    }
    bool are_ints = value_as_int(a, &x) && value_as_int(b, &y);
    if (are_ints && op == OP_DIV) {
        if (y == 0) return no_zero(r);
        *out = value_float(quotient(x, y));
        return INGLE_OK;
    }
    if (are_ints && (op != OP_POW || y >= 0)) return on_ints(r, op, x, y, out);
    (void)value_as_float(a, &f);
    (void)value_as_float(b, &g);
    return on_floats(r, op, f, g, out);
}

/* A safe string and another: the other is escaped. */
static ingle_status add_strings(struct run *r, struct str *a, struct str *b, struct value *out) {
    struct value x = value_of_str(a), y = value_of_str(b);
    bool is_safe = a->is_safe || b->is_safe;
    if (is_safe) INGLE_TRY(str_escape(r, a, &x));
    if (is_safe) INGLE_TRY(str_escape(r, b, &y));
    INGLE_TRY(str_concat(r, x.s, y.s, out));
    out->s->is_safe = is_safe;
    return INGLE_OK;
}

static ingle_status add_lists(struct run *r, const struct seq *a, const struct seq *b,
                              struct value *out) {
    struct seq *q;
    INGLE_TRY(seq_new(r, a->form, a->n + b->n, &q));
    for (size_t i = 0; i < a->n; i++) INGLE_TRY(seq_add(r, q, a->items[i]));
    for (size_t i = 0; i < b->n; i++) INGLE_TRY(seq_add(r, q, b->items[i]));
    *out = value_of_seq(q);
    return INGLE_OK;
}

static bool is_list(struct value v) {
    return v.kind == VALUE_SEQ && v.q->form <= SEQ_TUPLE;
}

static ingle_status repeat(struct run *r, struct value v, int64_t times, struct value *out) {
    if (v.kind == VALUE_STR) {
        struct build b;
        build_init(&b, r);
        INGLE_TRY(build_repeat(&b, v.s, times));
        INGLE_TRY(build_end(&b, out));
        out->s->is_safe = v.s->is_safe;
        return INGLE_OK;
    }
    struct seq *q;
    INGLE_TRY(seq_new(r, v.q->form, 0, &q));
    for (int64_t k = 0; k < times && v.q->n; k++) {
        for (size_t i = 0; i < v.q->n; i++) INGLE_TRY(seq_add(r, q, v.q->items[i]));
    }
    *out = value_of_seq(q);
    return INGLE_OK;
}

ingle_status operator_binary(struct run *r, enum node_op op, struct value a, struct value b,
                             struct value *out) {
    int64_t times;
    INGLE_TRY(run_undefined(r, a));
    if (op == OP_MOD && a.kind == VALUE_STR) return percent_format(r, a.s, b, out);
    INGLE_TRY(run_undefined(r, b));
    if (value_is_number(a) && value_is_number(b)) return on_numbers(r, op, a, b, out);
    if (op == OP_ADD && a.kind == VALUE_STR && b.kind == VALUE_STR) {
        return add_strings(r, a.s, b.s, out);
    }
    if (op == OP_ADD && is_list(a) && is_list(b) && a.q->form == b.q->form) {
        return add_lists(r, a.q, b.q, out);
    }
    if (op == OP_MUL && (a.kind == VALUE_STR || is_list(a)) && value_as_int(b, &times)) {
        return repeat(r, a, times, out);
    }
    if (op == OP_MUL && (b.kind == VALUE_STR || is_list(b)) && value_as_int(a, &times)) {
        return repeat(r, b, times, out);
    }
    return run_invalid(r, "'%s' does not work on %s and %s", op_texts[op], value_kind_name(a),
                       value_kind_name(b));
}

ingle_status operator_unary(struct run *r, enum node_op op, struct value v, struct value *out) {
    int64_t i;
    INGLE_TRY(run_undefined(r, v));
    if (v.kind == VALUE_FLOAT) {
        *out = value_float(op == OP_SUB ? -v.f : v.f);
        return INGLE_OK;
    }
    if (!value_as_int(v, &i)) {
        return run_invalid(r, "'%s' does not work on %s", op_texts[op], value_kind_name(v));
    }
    if (op == OP_SUB && __builtin_sub_overflow((int64_t)0, i, &i)) return overflow(r);
    *out = value_int(i);
    return INGLE_OK;
}

ingle_status operator_compare(struct run *r, enum node_op op, struct value a, struct value b,
                              bool *out) {
    int order;
    if (op == OP_IN || op == OP_NOT_IN) {
        INGLE_TRY(value_contains(r, b, a, out));
        *out = *out == (op == OP_IN);
        return INGLE_OK;
    }
    if (op == OP_EQ || op == OP_NE) {
        INGLE_TRY(value_equal(r, a, b, out));
        *out = *out == (op == OP_EQ);
        return INGLE_OK;
    }
    INGLE_TRY(value_compare(r, a, b, op_texts[op], &order));
    *out = order != 2 && ((op == OP_LT && order < 0) || (op == OP_LE && order <= 0) ||
                          (op == OP_GT && order > 0) || (op == OP_GE && order >= 0));
    return INGLE_OK;
}
