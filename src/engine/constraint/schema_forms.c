#include "engine/constraint/schema_algebra.h"
#include "engine/constraint/schema_formula.h"

const struct schema_form schema_true = {.kind = FORM_TRUE};
const struct schema_form schema_false = {.kind = FORM_FALSE};

static const struct schema_form *constant(bool value) {
    return value ? &schema_true : &schema_false;
}

void schema_add_part(struct schema *c, struct schema_parts *p, const struct schema_form *form) {
    const struct schema_form **data =
        schema_grow(c, p->data, p->n, &p->cap, sizeof(struct schema_form *));
    if (!data) return;
    p->data = data;
    data[p->n++] = form;
}

const struct schema_form *schema_join(struct schema *c, struct schema_parts *p) {
    const struct schema_form *neutral = constant(p->is_and), *final = constant(!p->is_and);
    uint32_t kept = 0;
    if (!schema_step(c, p->n)) return neutral;
    for (uint32_t i = 0; i < p->n; i++) {
        if (p->data[i] == final) return final;
        if (p->data[i] == neutral) continue;
        p->data[kept++] = p->data[i];
    }
    if (kept == 0) return neutral;
    if (kept == 1) return p->data[0];
    struct schema_form *form = schema_alloc(c, 1, sizeof *form);
    if (!form) return neutral;
    *form = (struct schema_form){.kind = p->is_and ? FORM_AND : FORM_OR, .n = kept};
    form->parts = p->data;
    return form;
}

static const struct schema_form *join2(struct schema *c, bool is_and, const struct schema_form *a,
                                       const struct schema_form *b) {
    struct schema_parts p = {.is_and = is_and};
    schema_add_part(c, &p, a);
    schema_add_part(c, &p, b);
    return schema_join(c, &p);
}

/* ---- atoms, the trivial ones told apart ---- */

static const struct schema_form *plain_atom(struct schema *c, const struct schema_atom *atom) {
    bool is_new;
    uint32_t n = schema_map_add(c, &c->atoms, atom, sizeof *atom, &is_new);
    struct schema_form *form = schema_alloc(c, 1, sizeof *form);
    if (n == SCHEMA_NONE || !form) return &schema_true;
    *form = (struct schema_form){.kind = FORM_ATOM, .atom = n};
    return form;
}

const struct schema_form *schema_count_form(struct schema *c, uint32_t min, uint32_t max) {
    if (min > max) return &schema_false;
    if (min == 0 && max == SCHEMA_NO_MAX) return &schema_true;
    struct schema_atom atom = {ATOM_COUNT, SCHEMA_NONE, 0, LITERAL_ANY, min, max};
    return plain_atom(c, &atom);
}

static uint32_t sum(uint32_t a, uint32_t b) {
    return a > SCHEMA_NO_MAX - b ? SCHEMA_NO_MAX : a + b;
}

static const struct schema_form *matches_form(struct schema *c, const struct schema_atom *atom) {
    uint32_t min = atom->min, max = atom->max, from = atom->from;
    if (min > max) return &schema_false;
    if (min == 0 && max == SCHEMA_NO_MAX) return &schema_true;
    if (atom->literal == LITERAL_NEVER) return constant(min == 0);
    if (atom->literal == LITERAL_ANY) {
        return schema_count_form(c, min ? sum(from, min) : 0, sum(from, max));
    }
    if (max > 0) return plain_atom(c, atom);
    struct schema_atom none = {ATOM_ALL, SCHEMA_NONE, from, schema_not(atom->literal), 0, 0};
    return plain_atom(c, &none);
}

const struct schema_form *schema_atom_form(struct schema *c, const struct schema_atom *atom) {
    bool is_list = atom->names == SCHEMA_NONE;
    switch (atom->kind) {
    case ATOM_MATCHES:
        return matches_form(c, atom);
    case ATOM_ALL:
    case ATOM_AT:
        if (atom->literal == LITERAL_ANY) return &schema_true;
        if (is_list && atom->literal == LITERAL_NEVER) return schema_count_form(c, 0, atom->from);
        return plain_atom(c, atom);
    case ATOM_SOME:
        return atom->literal == LITERAL_NEVER ? &schema_false : plain_atom(c, atom);
    default:
        return plain_atom(c, atom);
    }
}

/* ---- applicators ---- */

const struct schema_form *schema_child_form(struct schema *c, uint32_t site,
                                            const struct json_value *value, bool is_object,
                                            bool is_negated) {
    schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
    return schema_form_of(c, literal ^ is_negated, is_object);
}

static const struct schema_form *list_form(struct schema *c, uint32_t site,
                                           const struct json_value *list, bool is_object,
                                           bool is_negated, bool is_and) {
    struct schema_parts p = {.is_and = is_and};
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        schema_add_part(c, &p, schema_child_form(c, site, &list->items[i], is_object, is_negated));
    }
    return schema_join(c, &p);
}

/* One of a list: holds[i], and of the others none. Denied: none at all, or two of them. */
static const struct schema_form *one_form(struct schema *c, const struct schema_parts *holds,
                                          const struct schema_parts *fails, bool is_negated) {
    struct schema_parts cases = {.is_and = false};
    schema_step(c, (uint64_t)holds->n * holds->n);
    for (uint32_t i = 0; i < holds->n && !schema_failed(c); i++) {
        struct schema_parts one = {.is_and = true};
        schema_add_part(c, &one, holds->data[i]);
        for (uint32_t k = 0; k < holds->n && !is_negated; k++) {
            if (k != i) schema_add_part(c, &one, fails->data[k]);
        }
        if (!is_negated) schema_add_part(c, &cases, schema_join(c, &one));
        for (uint32_t k = i + 1; k < holds->n && is_negated; k++) {
            schema_add_part(c, &cases, join2(c, true, holds->data[i], holds->data[k]));
        }
    }
    if (is_negated) {
        struct schema_parts none = {.is_and = true};
        for (uint32_t i = 0; i < fails->n; i++) schema_add_part(c, &none, fails->data[i]);
        schema_add_part(c, &cases, schema_join(c, &none));
    }
    return schema_join(c, &cases);
}

static const struct schema_form *one_of(struct schema *c, uint32_t site,
                                        const struct json_value *list, bool is_object,
                                        bool is_negated) {
    struct schema_parts holds = {.is_and = true}, fails = {.is_and = true};
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        const struct json_value *item = &list->items[i];
        const struct schema_form *form = schema_child_form(c, site, item, is_object, false);
        if (form == &schema_false) continue; /* never holds for this kind of value */
        schema_add_part(c, &holds, form);
        schema_add_part(c, &fails, schema_child_form(c, site, item, is_object, true));
    }
    return one_form(c, &holds, &fails, is_negated);
}

/* if A then B else C: (not A or B) and (A or C), denied: A and not B, or not A and not C. */
static const struct schema_form *condition_form(struct schema *c, uint32_t site, bool is_object,
                                                bool is_negated) {
    uint32_t node = c->sites[site].node;
    const struct json_value *test = schema_member(c, node, "if");
    const struct json_value *then = schema_member(c, node, "then");
    const struct json_value *otherwise = schema_member(c, node, "else");
    const struct schema_form *yes = schema_child_form(c, site, test, is_object, false);
    const struct schema_form *no = schema_child_form(c, site, test, is_object, true);
    const struct schema_form *a = constant(!is_negated), *b = a;
    if (then) a = schema_child_form(c, site, then, is_object, is_negated);
    if (otherwise) b = schema_child_form(c, site, otherwise, is_object, is_negated);
    if (!is_negated && a == &schema_true) return join2(c, false, yes, b);
    if (!is_negated && b == &schema_true) return join2(c, false, no, a);
    return join2(c, false, join2(c, true, yes, a), join2(c, true, no, b));
}

static const struct schema_form *values_form(struct schema *c, const struct json_value *list,
                                             bool is_object, bool is_negated) {
    struct schema_parts p = {.is_and = is_negated};
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        schema_add_part(c, &p, schema_value_form(c, &list->items[i], is_object, is_negated));
    }
    return schema_join(c, &p);
}

static const struct schema_form *member_form(struct schema *c, uint32_t site,
                                             const struct json_member *member, bool is_object,
                                             bool neg) {
    const struct json_text *name = &member->name;
    const struct json_value *value = &member->value;
    if (json_text_is(name, "type")) {
        return constant(schema_type_allows(value, is_object ? "object" : "array") != neg);
    }
    if (json_text_is(name, "const")) return schema_value_form(c, value, is_object, neg);
    if (json_text_is(name, "enum")) return values_form(c, value, is_object, neg);
    if (json_text_is(name, "allOf")) return list_form(c, site, value, is_object, neg, !neg);
    if (json_text_is(name, "anyOf")) return list_form(c, site, value, is_object, neg, neg);
    if (json_text_is(name, "oneOf")) return one_of(c, site, value, is_object, neg);
    if (json_text_is(name, "not")) return schema_child_form(c, site, value, is_object, !neg);
    if (json_text_is(name, "if")) return condition_form(c, site, is_object, neg);
    if (json_text_is(name, "$ref")) {
        return schema_form_of(c, schema_literal_of(c, schema_ref(c, site)) ^ neg, is_object);
    }
    if (json_text_is(name, "$dynamicRef")) {
        schema_literal target = schema_literal_of(c, schema_dynamic_ref(c, site));
        return schema_form_of(c, target ^ neg, is_object);
    }
    return is_object ? schema_object_form(c, site, member, neg)
                     : schema_array_form(c, site, member, neg);
}

static const struct schema_form *site_form(struct schema *c, uint32_t site, bool is_object,
                                           bool is_negated) {
    const struct schema_form *memo = c->sites[site].forms[is_object][is_negated];
    if (memo) return memo;
    struct schema_parts p = {.is_and = !is_negated};
    struct schema_at before;
    uint32_t node = c->sites[site].node;
    const struct json_value *schema = c->nodes[node].value;
    bool is_ok = schema_enter(c, node, &before);
    for (size_t i = 0; is_ok && i < schema->n && !schema_failed(c); i++) {
        const struct json_member *member = &schema->members[i];
        const struct schema_keyword *keyword = schema_keyword_find(&member->name);
        if (!keyword || !keyword->constrains) continue;
        c->at = node;
        c->at_key = keyword->name;
        schema_add_part(c, &p, member_form(c, site, member, is_object, is_negated));
    }
    schema_leave(c, &before);
    const struct schema_form *form = schema_join(c, &p);
    if (!schema_failed(c)) c->sites[site].forms[is_object][is_negated] = form;
    return form;
}

const struct schema_form *schema_form_of(struct schema *c, schema_literal literal, bool is_object) {
    if (literal < 2 || schema_failed(c)) return constant(literal == LITERAL_ANY);
    struct schema_condition condition = c->conditions[literal / 2 - 1];
    bool is_negated = literal & 1;
    if (condition.kind == CONDITION_SITE) {
        return site_form(c, condition.site, is_object, is_negated);
    }
    if (condition.kind == CONDITION_VALUE) {
        return schema_value_form(c, condition.value, is_object, is_negated);
    }
    struct schema_parts p = {.is_and = is_negated};
    for (size_t i = 0; i < condition.n_some; i++) {
        schema_add_part(c, &p,
                        schema_form_of(c, condition.some[i] ^ (is_negated ? 1u : 0u), is_object));
    }
    return schema_join(c, &p);
}

const struct schema_form *schema_set_form(struct schema *c, const struct schema_set *set,
                                          bool is_object) {
    struct schema_parts all = {.is_and = true};
    for (size_t i = 0; i < set->n && !schema_failed(c); i++) {
        schema_add_part(c, &all, schema_form_of(c, set->literals[i], is_object));
    }
    return schema_join(c, &all);
}
