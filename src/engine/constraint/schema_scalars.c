#include "engine/constraint/decimal.h"
#include "engine/constraint/schema_algebra.h"

/* and: true to meet, false to join. */
static uintptr_t all_or_any(struct schema *c, const struct schema_algebra *a, uint32_t site,
                            const struct json_value *list, bool is_all) {
    uintptr_t element = is_all ? a->all : a->none;
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        schema_literal part = schema_literal_of(c, schema_child(c, site, &list->items[i]));
        uintptr_t other = schema_evaluate(c, a, part);
        element = is_all ? a->both(c, element, other) : a->either(c, element, other);
    }
    return element;
}

static uintptr_t exactly_one(struct schema *c, const struct schema_algebra *a, uint32_t site,
                             const struct json_value *list) {
    uintptr_t one = a->none, zero = a->all;
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        schema_literal part = schema_literal_of(c, schema_child(c, site, &list->items[i]));
        uintptr_t here = schema_evaluate(c, a, part);
        uintptr_t not_here = a->complement(c, here);
        one = a->either(c, a->both(c, one, not_here), a->both(c, zero, here));
        zero = a->both(c, zero, not_here);
    }
    return one;
}

static uintptr_t child(struct schema *c, const struct schema_algebra *a, uint32_t site,
                       const struct json_value *value) {
    if (!value) return a->all;
    return schema_evaluate(c, a, schema_literal_of(c, schema_child(c, site, value)));
}

static uintptr_t condition(struct schema *c, const struct schema_algebra *a, uint32_t site,
                           const struct json_value *schema) {
    uintptr_t test = child(c, a, site, json_member(schema, "if"));
    uintptr_t then = child(c, a, site, json_member(schema, "then"));
    uintptr_t otherwise = child(c, a, site, json_member(schema, "else"));
    return a->either(c, a->both(c, test, then), a->both(c, a->complement(c, test), otherwise));
}

static uintptr_t member_element(struct schema *c, const struct schema_algebra *a, uint32_t site,
                                const struct json_member *member) {
    const struct json_text *name = &member->name;
    if (json_text_is(name, "allOf")) return all_or_any(c, a, site, &member->value, true);
    if (json_text_is(name, "anyOf")) return all_or_any(c, a, site, &member->value, false);
    if (json_text_is(name, "oneOf")) return exactly_one(c, a, site, &member->value);
    if (json_text_is(name, "not")) return a->complement(c, child(c, a, site, &member->value));
    if (json_text_is(name, "if")) {
        return condition(c, a, site, c->nodes[c->sites[site].node].value);
    }
    if (json_text_is(name, "$ref")) {
        return schema_evaluate(c, a, schema_literal_of(c, schema_ref(c, site)));
    }
    if (json_text_is(name, "$dynamicRef")) {
        return schema_evaluate(c, a, schema_literal_of(c, schema_dynamic_ref(c, site)));
    }
    if (json_text_is(name, "const")) return a->equal(c, a->user, &member->value);
    return a->keyword(c, a->user, c->nodes[c->sites[site].node].value, member);
}

static uintptr_t site_element(struct schema *c, const struct schema_algebra *a, uint32_t site) {
    struct schema_memo *memo = &c->sites[site].memo[a->kind];
    if (memo->turn == a->turn) return memo->element;
    struct schema_at before;
    uintptr_t element = a->all;
    uint32_t node = c->sites[site].node;
    if (!schema_enter(c, node, &before)) {
        schema_leave(c, &before);
        return element;
    }
    const struct json_value *schema = c->nodes[node].value;
    for (size_t i = 0; i < schema->n && !schema_failed(c); i++) {
        const struct json_member *member = &schema->members[i];
        const struct schema_keyword *keyword = schema_keyword_find(&member->name);
        if (!keyword || !keyword->constrains) continue;
        c->at_key = keyword->name;
        uintptr_t other = member_element(c, a, site, member);
        c->at = node;
        c->at_key = keyword->name;
        element = a->both(c, element, other);
    }
    schema_leave(c, &before);
    if (!schema_failed(c)) c->sites[site].memo[a->kind] = (struct schema_memo){a->turn, element};
    return element;
}

uintptr_t schema_evaluate(struct schema *c, const struct schema_algebra *a,
                          schema_literal literal) {
    if (literal == LITERAL_ANY || schema_failed(c)) return a->all;
    if (literal == LITERAL_NEVER) return a->none;
    struct schema_condition condition = c->conditions[literal / 2 - 1];
    uintptr_t element = a->none;
    if (condition.kind == CONDITION_SITE) {
        element = site_element(c, a, condition.site);
    } else if (condition.kind == CONDITION_VALUE) {
        element = a->equal(c, a->user, condition.value);
    }
    for (size_t i = 0; i < condition.n_some; i++) {
        element = a->either(c, element, schema_evaluate(c, a, condition.some[i]));
    }
    return literal & 1 ? a->complement(c, element) : element;
}

uintptr_t schema_evaluate_set(struct schema *c, const struct schema_algebra *a,
                              const struct schema_set *set) {
    uintptr_t element = a->all;
    for (size_t i = 0; i < set->n && !schema_failed(c); i++) {
        element = a->both(c, element, schema_evaluate(c, a, set->literals[i]));
    }
    return element;
}

bool schema_type_allows(const struct json_value *type, const char *name) {
    if (type->kind == JSON_STRING) return json_text_is(&type->text, name);
    for (size_t i = 0; i < type->n; i++) {
        if (json_text_is(&type->items[i].text, name)) return true;
    }
    return false;
}

uint32_t schema_count(struct schema *c, const struct json_value *value, bool is_min) {
    struct decimal d = {value->text.data, value->text.len};
    uint32_t count = decimal_to_count(&d);
    if (is_min && count == SCHEMA_NO_MAX) schema_refuse(c, "this count is beyond any text");
    return count;
}

/* ---- literals: an element is a mask of enum shape_literal ---- */

#define ALL_LITERALS ((uintptr_t)(SHAPE_NULL | SHAPE_FALSE | SHAPE_TRUE))

static uintptr_t meet(struct schema *c, uintptr_t a, uintptr_t b) {
    (void)c;
    return a & b;
}

static uintptr_t join(struct schema *c, uintptr_t a, uintptr_t b) {
    (void)c;
    return a | b;
}

static uintptr_t negate(struct schema *c, uintptr_t a) {
    (void)c;
    return ALL_LITERALS & ~a;
}

static uintptr_t literal_equal(struct schema *c, const void *user, const struct json_value *value) {
    (void)c;
    (void)user;
    if (value->kind == JSON_NULL) return SHAPE_NULL;
    if (value->kind == JSON_FALSE) return SHAPE_FALSE;
    return value->kind == JSON_TRUE ? SHAPE_TRUE : 0;
}

static uintptr_t literal_keyword(struct schema *c, const void *user,
                                 const struct json_value *schema,
                                 const struct json_member *member) {
    (void)schema;
    const struct json_value *value = &member->value;
    uintptr_t mask = 0;
    if (json_text_is(&member->name, "type")) {
        if (schema_type_allows(value, "null")) mask |= SHAPE_NULL;
        if (schema_type_allows(value, "boolean")) mask |= SHAPE_FALSE | SHAPE_TRUE;
        return mask;
    }
    if (!json_text_is(&member->name, "enum")) return ALL_LITERALS;
    for (size_t i = 0; i < value->n; i++) mask |= literal_equal(c, user, &value->items[i]);
    return mask;
}

unsigned schema_literals(struct schema *c, const struct schema_set *set) {
    static const struct schema_algebra algebra = {
        .kind = ALGEBRA_LITERALS,
        .all = ALL_LITERALS,
        .both = meet,
        .either = join,
        .complement = negate,
        .keyword = literal_keyword,
        .equal = literal_equal,
        .turn = 1,
    };
    return (unsigned)schema_evaluate_set(c, &algebra, set);
}
