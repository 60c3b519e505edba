#include "unit/constraint/shape_judge.h"

#include <stdlib.h>
#include <string.h>

#include "engine/constraint/decimal.h"

static bool values_equal(const struct json_value *a, const struct json_value *b);

static bool number_in(const struct number_shape *s, const struct json_value *value) {
    struct decimal d = {value->text.data, value->text.len};
    int low = s->min.data ? decimal_compare(&d, &s->min) : 1;
    int high = s->max.data ? decimal_compare(&d, &s->max) : -1;
    if (low < 0 || (low == 0 && s->above_min) || high > 0 || (high == 0 && s->below_max)) {
        return false;
    }
    for (size_t i = 0; i < s->n_multiples; i++) {
        if (!decimal_is_multiple(&d, &s->multiples[i])) return false;
    }
    for (size_t i = 0; i < s->n_not_multiples; i++) {
        if (decimal_is_multiple(&d, &s->not_multiples[i])) return false;
    }
    return true;
}

static bool string_in(const struct string_shape *s, const struct json_text *text) {
    if (s->texts) return dfa_match(s->texts, text->data, text->len) != 0;
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++) n += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return n >= s->min && (s->max == SHAPE_NO_MAX || n <= s->max);
}

/* One place after the other, each as each of its options; counts as they add up. */
struct trial {
    const struct shape_table *table;
    const struct shape_slot **slots;
    const struct json_value **values;
    size_t n;
    const struct shape_counted *counted;
    size_t n_counted;
    uint32_t counts[SHAPE_MAX_COUNTED];
};

static bool try_places(struct trial *t, size_t place) {
    if (place == t->n) {
        for (size_t i = 0; i < t->n_counted; i++) {
            if (t->counts[i] < t->counted[i].min || t->counts[i] > t->counted[i].max) return false;
        }
        return true;
    }
    const struct shape_slot *slot = t->slots[place];
    for (size_t i = 0; i < slot->n_options; i++) {
        const struct shape_option *option = &slot->options[i];
        if (!shape_judge(t->table, option->shape, t->values[place])) continue;
        for (size_t k = 0; k < t->n_counted; k++) t->counts[k] += option->counts >> k & 1;
        bool is_right = try_places(t, place + 1);
        for (size_t k = 0; k < t->n_counted; k++) t->counts[k] -= option->counts >> k & 1;
        if (is_right) return true;
        if (t->n_counted == 0) return false;
    }
    return false;
}

static bool run_trial(struct trial *t) {
    return try_places(t, 0);
}

static bool members_equal(const struct json_value *a, const struct json_value *b) {
    for (size_t i = 0; i < a->n; i++) {
        bool is_found = false;
        for (size_t k = 0; k < b->n && !is_found; k++) {
            is_found = json_text_equal(&a->members[i].name, &b->members[k].name) &&
                       values_equal(&a->members[i].value, &b->members[k].value);
        }
        if (!is_found) return false;
    }
    return true;
}

static bool values_equal(const struct json_value *a, const struct json_value *b) {
    if (a->kind != b->kind || a->n != b->n) return false;
    if (a->kind == JSON_OBJECT) return members_equal(a, b);
    if (a->kind == JSON_STRING) return json_text_equal(&a->text, &b->text);
    if (a->kind == JSON_NUMBER) {
        struct decimal x = {a->text.data, a->text.len}, y = {b->text.data, b->text.len};
        return decimal_compare(&x, &y) == 0;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!values_equal(&a->items[i], &b->items[i])) return false;
    }
    return true;
}

static bool is_unique(const struct json_value *value) {
    for (size_t i = 0; i < value->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (values_equal(&value->items[i], &value->items[k])) return false;
        }
    }
    return true;
}

static bool array_in(const struct shape_table *table, const struct array_shape *s,
                     const struct json_value *value) {
    if (value->n < s->min || value->n > s->max || (s->is_unique && !is_unique(value))) return false;
    struct trial t = {.table = table, .n = value->n};
    t.counted = s->counted;
    t.n_counted = s->n_counted;
    t.slots = calloc(value->n + 1, sizeof(struct shape_slot *));
    t.values = calloc(value->n + 1, sizeof(struct json_value *));
    for (size_t i = 0; i < value->n; i++) {
        t.slots[i] = i < s->n_prefix ? &s->prefix[i] : &s->rest;
        t.values[i] = &value->items[i];
    }
    bool is_right = run_trial(&t);
    free(t.slots);
    free(t.values);
    return is_right;
}

static bool object_in(const struct shape_table *table, const struct object_shape *s,
                      const struct json_value *value) {
    if (value->n < s->min || value->n > s->max) return false;
    struct trial t = {.table = table, .n = value->n};
    t.counted = s->counted;
    t.n_counted = s->n_counted;
    t.slots = calloc(value->n + 1, sizeof(struct shape_slot *));
    t.values = calloc(value->n + 1, sizeof(struct json_value *));
    size_t n_required = 0;
    bool is_right = true;
    for (size_t i = 0; i < s->n_classes; i++) n_required += s->classes[i].is_required;
    for (size_t i = 0; i < value->n && is_right; i++) {
        const struct json_text *name = &value->members[i].name;
        uint32_t label = dfa_match(s->names, name->data, name->len);
        is_right = label > 0;
        if (!is_right) break;
        n_required -= s->classes[label - 1].is_required;
        t.slots[i] = &s->classes[label - 1].slot;
        t.values[i] = &value->members[i].value;
    }
    is_right = is_right && n_required == 0 && run_trial(&t);
    free(t.slots);
    free(t.values);
    return is_right;
}

bool shape_judge(const struct shape_table *table, shape_id id, const struct json_value *value) {
    static const unsigned literals[] = {
        [JSON_NULL] = SHAPE_NULL, [JSON_FALSE] = SHAPE_FALSE, [JSON_TRUE] = SHAPE_TRUE};
    const struct shape *shape = &table->shapes[id];
    bool is_in = false;
    switch (value->kind) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return shape->literals & literals[value->kind];
    case JSON_NUMBER:
        for (size_t i = 0; i < shape->n_numbers && !is_in; i++) {
            is_in = number_in(&shape->numbers[i], value);
        }
        return is_in;
    case JSON_STRING:
        for (size_t i = 0; i < shape->n_strings && !is_in; i++) {
            is_in = string_in(&shape->strings[i], &value->text);
        }
        return is_in;
    case JSON_ARRAY:
        for (size_t i = 0; i < shape->n_arrays && !is_in; i++) {
            is_in = array_in(table, &shape->arrays[i], value);
        }
        return is_in;
    case JSON_OBJECT:
        for (size_t i = 0; i < shape->n_objects && !is_in; i++) {
            is_in = object_in(table, &shape->objects[i], value);
        }
        return is_in;
    }
    return false;
}

static const char *check_slot(const struct shape_table *table, const struct shape_slot *slot,
                              size_t n_counted) {
    for (size_t i = 0; i < slot->n_options; i++) {
        const struct shape_option *option = &slot->options[i];
        if (option->shape == SHAPE_NONE || option->shape >= table->n_shapes) {
            return "an option is a shape of the table";
        }
        if (option->counts >> n_counted) return "an option counts for what is counted";
    }
    return NULL;
}

static const char *check_array(const struct shape_table *table, const struct array_shape *s) {
    if (s->min > s->max) return "an array's minimum is not above its maximum";
    if (s->n_counted > SHAPE_MAX_COUNTED) return "few things are counted";
    if (s->n_prefix > s->max) return "an array's first slots are within its maximum";
    for (size_t i = 0; i < s->n_prefix; i++) {
        const char *broken = check_slot(table, &s->prefix[i], s->n_counted);
        if (broken) return broken;
        if (s->prefix[i].n_options == 0) return "each of an array's first slots has an option";
    }
    if (s->max > s->n_prefix && s->rest.n_options == 0) return "an array's maximum can be reached";
    return check_slot(table, &s->rest, s->n_counted);
}

static const char *check_object(const struct shape_table *table, const struct object_shape *s) {
    if (!s->names) return "an object has an automaton of names";
    if (s->min > s->max) return "an object's minimum is not above its maximum";
    if (s->n_counted > SHAPE_MAX_COUNTED) return "few things are counted";
    for (size_t i = 0; i < s->n_classes; i++) {
        const struct name_class *class = &s->classes[i];
        const char *broken = check_slot(table, &class->slot, s->n_counted);
        if (broken) return broken;
        if (class->slot.n_options == 0) return "a class has an option";
        if (class->is_required && !class->only.data) return "a required class is one name";
        if (!class->only.data) continue;
        if (dfa_match(s->names, class->only.data, class->only.len) != i + 1) {
            return "the one name of a class has its label";
        }
    }
    for (size_t i = 0; i <= s->names->n_states; i++) {
        if (s->names->labels[i] > s->n_classes) return "a label is that of a class";
    }
    return NULL;
}

static bool is_empty(const struct shape *s) {
    return !s->literals && !s->n_numbers && !s->n_strings && !s->n_arrays && !s->n_objects;
}

const char *shape_check(const struct shape_table *table) {
    const char *broken = NULL;
    if (table->root == SHAPE_NONE || table->root >= table->n_shapes) return "there is a root";
    if (!is_empty(&table->shapes[0])) return "shape 0 is empty";
    for (size_t i = 1; i < table->n_shapes && !broken; i++) {
        const struct shape *s = &table->shapes[i];
        if (is_empty(s)) broken = "no shape but 0 is empty";
        for (size_t k = 0; k < s->n_strings && !broken; k++) {
            const struct dfa *texts = s->strings[k].texts;
            if (texts && dfa_is_empty(texts)) broken = "a string alternative is not empty";
        }
        for (size_t k = 0; k < s->n_arrays && !broken; k++) {
            broken = check_array(table, &s->arrays[k]);
        }
        for (size_t k = 0; k < s->n_objects && !broken; k++) {
            broken = check_object(table, &s->objects[k]);
        }
    }
    return broken;
}
