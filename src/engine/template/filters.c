#include "engine/template/filters.h"

#include <math.h>

#include "engine/template/eval.h"
#include "engine/template/number.h"
#include "engine/template/seq.h"

#define MAX_ROUND 40

static FILTER(filter_default) {
    bool is_missing = self.kind == VALUE_UNDEFINED || (param_flag(p, 1) && !value_is_true(self));
    if (!is_missing) {
        *out = self;
        return INGLE_OK;
    }
    if (!p->has[0]) return str_text(r, "", out);
    *out = p->v[0];
    return INGLE_OK;
}

static FILTER(filter_abs) {
    int64_t i;
    INGLE_TRY(run_undefined(r, self));
    (void)p;
    if (self.kind == VALUE_FLOAT) {
        *out = value_float(fabs(self.f));
        return INGLE_OK;
    }
    if (!value_as_int(self, &i)) return run_invalid(r, "'abs' needs a number");
    if (i == INT64_MIN) return run_invalid(r, "the result exceeds 64 bits");
    *out = value_int(i < 0 ? -i : i);
    return INGLE_OK;
}

/* int(f): without what follows the point. */
static ingle_status whole(struct run *r, double f, struct value *out) {
    if (fabs(f) >= 0x1p63) return run_invalid(r, "the result exceeds 64 bits");
    *out = value_int((int64_t)f);
    return INGLE_OK;
}

static ingle_status int_of_text(struct run *r, const struct str *s, int base, struct value other,
                                struct value *out) {
    int64_t i;
    double f;
    bool is_big;
    if (number_read_int(s->data, s->len, base, &i, &is_big)) {
        if (is_big) return run_invalid(r, "this integer exceeds 64 bits");
        *out = value_int(i);
        return INGLE_OK;
    }
    if (number_read_float(s->data, s->len, &f) && isfinite(f)) return whole(r, f, out);
    *out = other;
    return INGLE_OK;
}

static FILTER(filter_int) {
    int64_t base, i;
    struct value other = p->has[0] ? p->v[0] : value_int(0);
    INGLE_TRY(param_int(r, p, 1, 10, &base));
    INGLE_TRY(run_undefined(r, self));
    if (base != 0 && (base < 2 || base > 36)) base = 1; /* reads nothing */
    if (self.kind == VALUE_STR) return int_of_text(r, self.s, (int)base, other, out);
    *out = other;
    if (self.kind == VALUE_BIG) *out = self;
    if (value_as_int(self, &i)) *out = value_int(i);
    if (self.kind != VALUE_FLOAT || isnan(self.f)) return INGLE_OK;
    return whole(r, self.f, out);
}

static FILTER(filter_float) {
    double f;
    INGLE_TRY(run_undefined(r, self));
    *out = p->has[0] ? p->v[0] : value_float(0);
    bool read = self.kind == VALUE_STR || self.kind == VALUE_BIG
                    ? number_read_float(self.s->data, self.s->len, &f)
                    : value_as_float(self, &f);
    if (read) *out = value_float(f);
    return INGLE_OK;
}

/* Half to even, of the number as its digits say: by printing it. */
static double round_to(double f, int64_t precision) {
    char text[NUMBER_TEXT];
    double result;
    if (!isfinite(f) || precision > MAX_ROUND) return f;
    if (precision < 0) {
        double unit = pow(10, (double)-precision);
        return isinf(unit) ? f * 0 : rint(f / unit) * unit;
    }
    size_t n = number_format(f, 'f', (int)precision, false, text);
    return number_read_float(text, n, &result) ? result : f;
}

static ingle_status round_int(struct run *r, int64_t i, int64_t precision, struct value *out) {
    int64_t unit = 1, half, whole_part, rest;
    *out = value_int(i);
    if (precision >= 0) return INGLE_OK;
    for (int64_t k = 0; k > precision; k--) {
        if (!__builtin_mul_overflow(unit, (int64_t)10, &unit)) continue;
        *out = value_int(0);
        return INGLE_OK;
    }
    half = unit / 2;
    whole_part = i / unit;
    rest = i % unit;
    if (rest > half || (rest == half && whole_part % 2)) whole_part++;
    if (rest < -half || (rest == -half && whole_part % 2)) whole_part--;
    if (__builtin_mul_overflow(whole_part, unit, &out->i)) {
        return run_invalid(r, "the result exceeds 64 bits");
    }
    return INGLE_OK;
}

static FILTER(filter_round) {
    static const struct str common = {.data = "common", .len = 6, .n_chars = 6};
    struct str *method;
    int64_t precision, i;
    double f, unit;
    INGLE_TRY(run_undefined(r, self));
    INGLE_TRY(param_int(r, p, 0, 0, &precision));
    INGLE_TRY(param_str(r, p, 1, &method));
    bool is_ceil = method && str_is(method, "ceil"), is_floor = method && str_is(method, "floor");
    if (method && !is_ceil && !is_floor && !str_equal(method, &common)) {
        return run_invalid(r, "'round' knows the methods common, ceil and floor");
    }
    if (!is_ceil && !is_floor && value_as_int(self, &i)) return round_int(r, i, precision, out);
    if (!value_as_float(self, &f)) return run_invalid(r, "'round' needs a number");
    if (!is_ceil && !is_floor) {
        *out = value_float(round_to(f, precision));
        return INGLE_OK;
    }
    unit = pow(10, (double)precision);
    *out = value_float((is_ceil ? ceil(f * unit) : floor(f * unit)) / unit + 0.0);
    return isfinite(out->f) ? INGLE_OK : run_invalid(r, "this cannot be rounded");
}

static FILTER(filter_length) {
    size_t n;
    (void)p;
    if (!seq_length(self, &n)) return run_invalid(r, "%s has no length", value_kind_name(self));
    *out = value_int((int64_t)n);
    return INGLE_OK;
}

static FILTER(filter_attr) {
    struct str *name;
    INGLE_TRY(call_need_str(r, p, p->v[0], &name));
    INGLE_TRY(run_undefined(r, self));
    if (self.kind == VALUE_DICT && !method_find(self, name->data, name->len)) {
        return lookup_undefined(r, "a dict has no such attribute", out);
    }
    return lookup_attr(r, self, name->data, name->len, out);
}

const struct builtin *filter_find(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"abs", filter_abs, "", 0},
        {"attr", filter_attr, "name", 1},
        {"count", filter_length, "", 0},
        {"d", filter_default, "default_value boolean", 0},
        {"default", filter_default, "default_value boolean", 0},
        {"float", filter_float, "default", 0},
        {"from_json", filter_from_json, "", 0},
        {"int", filter_int, "default base", 0},
        {"length", filter_length, "", 0},
        {"round", filter_round, "precision method", 0},
        {"tojson", filter_to_json, "ensure_ascii indent separators sort_keys", 0},
    };
    const struct builtin *row = builtin_find(rows, BASE_COUNT(rows), name, len);
    if (!row) row = filters_of_text(name, len);
    if (!row) row = filters_of_lists(name, len);
    if (!row) row = filters_of_choice(name, len);
    return row;
}
