#include "engine/constraint/schema_algebra.h"
#include "engine/constraint/schema_formula.h"

static const struct schema_form *element_form(struct schema *c, enum schema_atom_kind kind,
                                              uint32_t from, schema_literal literal) {
    struct schema_atom atom = {kind, SCHEMA_NONE, from, literal, 0, 0};
    return schema_atom_form(c, &atom);
}

static const struct schema_form *matches(struct schema *c, uint32_t from, schema_literal literal,
                                         uint32_t min, uint32_t max) {
    struct schema_atom atom = {ATOM_MATCHES, SCHEMA_NONE, from, literal, min, max};
    return schema_atom_form(c, &atom);
}

/* The element is there and is this. */
static const struct schema_form *has(struct schema *c, uint32_t from, schema_literal literal) {
    struct schema_parts p = {.is_and = true};
    schema_add_part(c, &p, schema_count_form(c, from + 1, SCHEMA_NO_MAX));
    schema_add_part(c, &p, element_form(c, ATOM_AT, from, literal));
    return schema_join(c, &p);
}

static const struct schema_form *prefix(struct schema *c, uint32_t site,
                                        const struct json_value *list, bool is_negated) {
    struct schema_parts p = {.is_and = !is_negated};
    for (uint32_t i = 0; i < list->n && !schema_failed(c); i++) {
        schema_literal literal = schema_literal_of(c, schema_child(c, site, &list->items[i]));
        const struct schema_form *form =
            is_negated ? has(c, i, schema_not(literal)) : element_form(c, ATOM_AT, i, literal);
        schema_add_part(c, &p, form);
    }
    return schema_join(c, &p);
}

const struct schema_form *schema_rest_form(struct schema *c, uint32_t from, schema_literal literal,
                                           bool is_negated) {
    return is_negated ? matches(c, from, schema_not(literal), 1, SCHEMA_NO_MAX)
                      : element_form(c, ATOM_ALL, from, literal);
}

uint32_t schema_n_prefix(const struct schema *c, uint32_t site) {
    uint32_t node = c->sites[site].node;
    const struct json_value *list = schema_member(c, node, "prefixItems");
    const struct json_value *items = schema_member(c, node, "items");
    if (!list && items && items->kind == JSON_ARRAY) list = items;
    return list ? (uint32_t)list->n : 0;
}

static const struct schema_form *contains(struct schema *c, uint32_t site,
                                          const struct json_value *value, bool is_negated) {
    uint32_t node = c->sites[site].node;
    const struct json_value *low = schema_member(c, node, "minContains");
    const struct json_value *high = schema_member(c, node, "maxContains");
    uint32_t min = low ? schema_count(c, low, true) : 1;
    uint32_t max = high ? schema_count(c, high, false) : SCHEMA_NO_MAX;
    schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
    if (!is_negated) return matches(c, 0, literal, min, max);
    struct schema_parts p = {.is_and = false};
    if (min > 0) schema_add_part(c, &p, matches(c, 0, literal, 0, min - 1));
    if (max != SCHEMA_NO_MAX) {
        schema_add_part(c, &p, matches(c, 0, literal, max + 1, SCHEMA_NO_MAX));
    }
    return schema_join(c, &p);
}

const struct schema_form *schema_array_form(struct schema *c, uint32_t site,
                                            const struct json_member *member, bool is_negated) {
    const struct json_text *name = &member->name;
    const struct json_value *value = &member->value;
    const struct schema_form *nothing = is_negated ? &schema_false : &schema_true;
    const struct json_value *items = schema_member(c, c->sites[site].node, "items");
    bool is_items_list = items && items->kind == JSON_ARRAY;
    if (json_text_is(name, "prefixItems")) return prefix(c, site, value, is_negated);
    if (json_text_is(name, "items") && is_items_list) return prefix(c, site, value, is_negated);
    if (json_text_is(name, "items") || (json_text_is(name, "additionalItems") && is_items_list)) {
        schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
        return schema_rest_form(c, schema_n_prefix(c, site), literal, is_negated);
    }
    if (json_text_is(name, "contains")) return contains(c, site, value, is_negated);
    if (json_text_is(name, "minItems") || json_text_is(name, "maxItems")) {
        return schema_bound_form(c, member, is_negated);
    }
    if (json_text_is(name, "uniqueItems")) {
        if (value->kind == JSON_FALSE) return nothing;
        return element_form(c, is_negated ? ATOM_NOT_UNIQUE : ATOM_UNIQUE, 0, LITERAL_NEVER);
    }
    if (json_text_is(name, "unevaluatedItems")) {
        return schema_unevaluated_form(c, site, value, false, is_negated);
    }
    if (json_text_is(name, "dependentSchemas") || json_text_is(name, "dependencies")) {
        return nothing; /* of objects only */
    }
    return nothing;
}
