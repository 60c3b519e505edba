/* One value, as a formula: const, enum. */
#include "engine/constraint/schema_formula.h"

static const struct schema_form *object_value(struct schema *c, const struct json_value *value,
                                              bool is_negated) {
    uint32_t n = (uint32_t)value->n;
    struct schema_parts p = {.is_and = !is_negated};
    schema_add_part(c, &p,
                    is_negated ? schema_count_form(c, n + 1, SCHEMA_NO_MAX)
                               : schema_count_form(c, n, n));
    for (size_t i = 0; i < value->n && !schema_failed(c); i++) {
        schema_literal equal = schema_literal_equal(c, &value->members[i].value);
        uint32_t name = schema_names_one(c, &value->members[i].name);
        schema_add_part(c, &p,
                        is_negated ? schema_all_form(c, name, schema_not(equal))
                                   : schema_some_form(c, name, equal));
    }
    return schema_join(c, &p);
}

static const struct schema_form *array_value(struct schema *c, const struct json_value *value,
                                             bool is_negated) {
    uint32_t n = (uint32_t)value->n;
    struct schema_parts p = {.is_and = !is_negated};
    if (!is_negated) {
        schema_add_part(c, &p, schema_count_form(c, n, n));
    } else {
        if (n > 0) schema_add_part(c, &p, schema_count_form(c, 0, n - 1));
        schema_add_part(c, &p, schema_count_form(c, n + 1, SCHEMA_NO_MAX));
    }
    for (uint32_t i = 0; i < n && !schema_failed(c); i++) {
        schema_literal equal = schema_literal_equal(c, &value->items[i]);
        struct schema_atom atom = {ATOM_AT, SCHEMA_NONE, i, equal ^ is_negated, 0, 0};
        schema_add_part(c, &p, schema_atom_form(c, &atom));
    }
    return schema_join(c, &p);
}

const struct schema_form *schema_value_form(struct schema *c, const struct json_value *value,
                                            bool is_object, bool is_negated) {
    if (value->kind != (is_object ? JSON_OBJECT : JSON_ARRAY)) {
        return is_negated ? &schema_true : &schema_false;
    }
    return is_object ? object_value(c, value, is_negated) : array_value(c, value, is_negated);
}
