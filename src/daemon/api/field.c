#include "daemon/api/field.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct json_value *field_get(const struct fields *f, const char *name) {
    const struct json_value *v = f->object ? json_member(f->object, name) : NULL;
    return v && v->kind != JSON_NULL ? v : NULL;
}

void field_fail(struct fields *f, const char *name, const char *fmt, ...) {
    if (f->bad) return;
    char text[sizeof f->err.msg];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    f->bad = name;
    f->err.code = status_set(&f->err, INGLE_BAD_ARGUMENT, 0, "%s", text);
}

void field_no_memory(struct fields *f, const char *name) {
    if (f->bad) return;
    f->bad = name;
    f->err.code = status_set(&f->err, INGLE_NO_MEMORY, 0, "There is no memory for '%s'.", name);
}

static const struct json_value *get_kind(struct fields *f, const char *name, enum json_kind kind,
                                         const char *what) {
    const struct json_value *v = field_get(f, name);
    if (!v || v->kind == kind) return v;
    field_fail(f, name, "'%s' must be %s.", name, what);
    return NULL;
}

bool field_number(struct fields *f, const char *name, double min, double max, double *out) {
    const struct json_value *v = get_kind(f, name, JSON_NUMBER, "a number");
    if (!v) return false;
    double value = strtod(v->text.data, NULL);
    if (!isfinite(value) || value < min || value > max) {
        field_fail(f, name, "'%s' is %.40s; it must be from %.10g to %.10g.", name, v->text.data,
                   min, max);
        return false;
    }
    *out = value;
    return true;
}

bool field_float(struct fields *f, const char *name, double min, double max, float *out) {
    double value;
    if (!field_number(f, name, min, max, &value)) return false;
    *out = (float)value;
    return true;
}

bool field_int(struct fields *f, const char *name, int64_t min, int64_t max, int64_t *out) {
    double value; /* 1e3 and 5.0 are whole numbers, too */
    if (!field_number(f, name, (double)min, (double)max, &value)) return false;
    if (value != floor(value)) {
        field_fail(f, name, "'%s' must be a whole number.", name);
        return false;
    }
    const char *text = field_get(f, name)->text.data;
    char *end;
    errno = 0;
    long long exact = strtoll(text, &end, 10);
    bool is_exact = *end == '\0' && errno == 0;
    if (!is_exact && (value < -9223372036854775808.0 || value >= 9223372036854775808.0)) {
        field_fail(f, name, "'%s' is too large.", name);
        return false;
    }
    *out = is_exact ? exact : (int64_t)value;
    return true;
}

bool field_int32(struct fields *f, const char *name, int min, int max, int *out) {
    int64_t value;
    if (!field_int(f, name, min, max, &value)) return false;
    *out = (int)value;
    return true;
}

bool field_bool(struct fields *f, const char *name, bool *out) {
    const struct json_value *v = field_get(f, name);
    if (!v) return false;
    if (v->kind != JSON_TRUE && v->kind != JSON_FALSE) {
        field_fail(f, name, "'%s' must be true or false.", name);
        return false;
    }
    *out = v->kind == JSON_TRUE;
    return true;
}

bool field_text(struct fields *f, const char *name, struct json_text *out) {
    const struct json_value *v = get_kind(f, name, JSON_STRING, "a string");
    if (!v) return false;
    *out = v->text;
    return true;
}

static bool has_nul(const struct json_text *t) {
    return strlen(t->data) != t->len;
}

bool field_string(struct fields *f, const char *name, const char **out) {
    struct json_text text;
    if (!field_text(f, name, &text)) return false;
    if (has_nul(&text)) {
        field_fail(f, name, "'%s' has a NUL inside.", name);
        return false;
    }
    *out = text.data;
    return true;
}

bool field_array(struct fields *f, const char *name, const struct json_value **out) {
    const struct json_value *v = get_kind(f, name, JSON_ARRAY, "an array");
    if (v) *out = v;
    return v != NULL;
}

bool field_object(struct fields *f, const char *name, const struct json_value **out) {
    const struct json_value *v = get_kind(f, name, JSON_OBJECT, "an object");
    if (v) *out = v;
    return v != NULL;
}

bool field_choice(struct fields *f, const char *name, const char *const *words, int *out) {
    const char *word;
    char list[160] = "";
    if (!field_string(f, name, &word)) return false;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return true;
        }
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", words[i]);
    }
    field_fail(f, name, "'%s' is '%.40s'; it must be one of %s.", name, word, list);
    return false;
}

bool field_strings(struct fields *f, const char *name, size_t max, struct arena *arena,
                   const char *const **out, size_t *n) {
    const struct json_value *v = field_get(f, name);
    if (!v) return false;
    const struct json_value *items = v->kind == JSON_ARRAY ? v->items : v;
    size_t n_items = v->kind == JSON_ARRAY ? v->n : 1;
    if (n_items > max) {
        field_fail(f, name, "'%s' has more than %zu items.", name, max);
        return false;
    }
    const char **list = arena_array(arena, n_items + 1, sizeof *list);
    if (!list) {
        field_no_memory(f, name);
        return false;
    }
    for (size_t i = 0; i < n_items; i++) {
        if (items[i].kind != JSON_STRING || has_nul(&items[i].text)) {
            field_fail(f, name, "'%s' must be a string or an array of strings.", name);
            return false;
        }
        list[i] = items[i].text.data;
    }
    *out = list;
    *n = n_items;
    return true;
}

bool field_stops(struct fields *f, const char *name, struct arena *arena, const char *const **out,
                 size_t *n) {
    if (!field_strings(f, name, FIELD_MAX_STOPS, arena, out, n)) return false;
    for (size_t i = 0; i < *n; i++) {
        if (!(*out)[i][0]) field_fail(f, name, "'%s' has an empty stop sequence.", name);
    }
    return !f->bad;
}

void field_inside(struct fields *f, const char *name, const struct fields *inner) {
    if (!inner->bad || f->bad) return;
    field_fail(f, name, "In '%s': %s", name, inner->err.msg);
    f->err.code = inner->err.code;
}

const char *field_path(struct arena *arena, const char *fmt, ...) {
    char text[160];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    const char *copy = arena_copy(arena, text, len);
    return copy ? copy : "a field";
}

void field_adopt(struct fields *f, const struct fields *inner, struct arena *arena,
                 const char *path) {
    if (!inner->bad || f->bad) return;
    field_fail(f, field_path(arena, "%s.%s", path, inner->bad), "%s: %s", path, inner->err.msg);
    f->err.code = inner->err.code;
}

void field_need(struct fields *f, const char *name) {
    if (!field_get(f, name)) field_fail(f, name, "'%s' is missing.", name);
}

void field_refuse(struct fields *f, const char *name, const char *why) {
    const struct json_value *v = field_get(f, name);
    if (!v || v->kind == JSON_FALSE) return;
    if ((v->kind == JSON_ARRAY || v->kind == JSON_OBJECT) && v->n == 0) return;
    field_fail(f, name, "'%s' is not supported: %s", name, why);
}
