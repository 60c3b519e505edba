#include <string.h>

#include "engine/constraint/schema_algebra.h"
#include "engine/constraint/schema_formula.h"

const struct schema_form *schema_all_form(struct schema *c, uint32_t names,
                                          schema_literal literal) {
    struct schema_atom atom = {ATOM_ALL, names, 0, literal, 0, 0};
    return names == SCHEMA_NONE ? &schema_true : schema_atom_form(c, &atom);
}

const struct schema_form *schema_some_form(struct schema *c, uint32_t names,
                                           schema_literal literal) {
    struct schema_atom atom = {ATOM_SOME, names, 0, literal, 0, 0};
    return names == SCHEMA_NONE ? &schema_true : schema_atom_form(c, &atom);
}

const struct schema_form *schema_has_form(struct schema *c, const struct json_text *name,
                                          bool is_negated) {
    uint32_t names = schema_names_one(c, name);
    return is_negated ? schema_all_form(c, names, LITERAL_NEVER)
                      : schema_some_form(c, names, LITERAL_ANY);
}

/* All of these names are this; denied: one of them is there and is not. */
static const struct schema_form *property_form(struct schema *c, uint32_t names,
                                               schema_literal literal, bool is_negated) {
    return is_negated ? schema_some_form(c, names, schema_not(literal))
                      : schema_all_form(c, names, literal);
}

static const struct schema_form *properties(struct schema *c, uint32_t site,
                                            const struct json_value *map, bool is_pattern,
                                            bool is_negated) {
    struct schema_parts p = {.is_and = !is_negated};
    for (size_t i = 0; i < map->n && !schema_failed(c); i++) {
        const struct json_text *name = &map->members[i].name;
        schema_literal literal =
            schema_literal_of(c, schema_child(c, site, &map->members[i].value));
        if (literal == LITERAL_ANY && !is_pattern) continue;
        uint32_t names =
            is_pattern ? schema_names_texts(c, schema_pattern(c, name)) : schema_names_one(c, name);
        schema_add_part(c, &p, property_form(c, names, literal, is_negated));
    }
    return schema_join(c, &p);
}

static const struct schema_form *additional(struct schema *c, uint32_t site,
                                            const struct json_value *value, bool is_negated) {
    struct schema_ids own = {0};
    schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
    schema_own_names(c, site, &own);
    return property_form(c, schema_names_others(c, own.data, own.n), literal, is_negated);
}

static const struct schema_form *property_names(struct schema *c, uint32_t site,
                                                const struct json_value *value, bool is_negated) {
    schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
    if (literal == LITERAL_ANY) return is_negated ? &schema_false : &schema_true;
    uint32_t texts = schema_literal_texts(c, literal);
    if (schema_failed(c)) return &schema_true;
    uint32_t names = schema_names_texts(c, texts);
    return property_form(c, schema_names_others(c, &names, 1), LITERAL_NEVER, is_negated);
}

static const struct schema_form *required(struct schema *c, const struct json_value *names,
                                          bool is_negated) {
    struct schema_parts p = {.is_and = !is_negated};
    for (size_t i = 0; i < names->n && !schema_failed(c); i++) {
        schema_add_part(c, &p, schema_has_form(c, &names->items[i].text, is_negated));
    }
    return schema_join(c, &p);
}

/* If a property is there: other names, or a schema of the whole. */
static const struct schema_form *dependencies(struct schema *c, uint32_t site,
                                              const struct json_value *map, bool is_negated) {
    struct schema_parts all = {.is_and = !is_negated};
    for (size_t i = 0; i < map->n && !schema_failed(c); i++) {
        const struct json_value *value = &map->members[i].value;
        struct schema_parts one = {.is_and = is_negated};
        schema_add_part(c, &one, schema_has_form(c, &map->members[i].name, !is_negated));
        schema_add_part(c, &one,
                        value->kind == JSON_ARRAY
                            ? required(c, value, is_negated)
                            : schema_child_form(c, site, value, true, is_negated));
        schema_add_part(c, &all, schema_join(c, &one));
    }
    return schema_join(c, &all);
}

static const struct schema_form *count_bound(struct schema *c, const struct json_value *value,
                                             bool is_min, bool is_negated) {
    uint32_t n = schema_count(c, value, is_min);
    if (is_min != is_negated) {
        if (is_negated && n == SCHEMA_NO_MAX) return &schema_false;
        return schema_count_form(c, is_negated ? n + 1 : n, SCHEMA_NO_MAX);
    }
    if (is_negated && n == 0) return &schema_false;
    return schema_count_form(c, 0, is_negated ? n - 1 : n);
}

const struct schema_form *schema_bound_form(struct schema *c, const struct json_member *member,
                                            bool is_negated) {
    return count_bound(c, &member->value, memcmp(member->name.data, "min", 3) == 0, is_negated);
}

const struct schema_form *schema_object_form(struct schema *c, uint32_t site,
                                             const struct json_member *member, bool is_negated) {
    const struct json_text *name = &member->name;
    const struct json_value *value = &member->value;
    if (json_text_is(name, "properties")) return properties(c, site, value, false, is_negated);
    if (json_text_is(name, "patternProperties")) {
        return properties(c, site, value, true, is_negated);
    }
    if (json_text_is(name, "additionalProperties")) return additional(c, site, value, is_negated);
    if (json_text_is(name, "propertyNames")) return property_names(c, site, value, is_negated);
    if (json_text_is(name, "required")) return required(c, value, is_negated);
    if (json_text_is(name, "dependentRequired") || json_text_is(name, "dependentSchemas") ||
        json_text_is(name, "dependencies")) {
        return dependencies(c, site, value, is_negated);
    }
    if (json_text_is(name, "minProperties") || json_text_is(name, "maxProperties")) {
        return schema_bound_form(c, member, is_negated);
    }
    if (json_text_is(name, "unevaluatedProperties")) {
        return schema_unevaluated_form(c, site, value, true, is_negated);
    }
    return is_negated ? &schema_false : &schema_true;
}
