/* unevaluatedProperties and unevaluatedItems speak of what the schemas beside them, and those that
 * these apply to the same value, have not looked at. Which ones did depends on which of them hold:
 * the value is in one of several cases, and each case knows what was looked at. */
#include "engine/constraint/schema_formula.h"

#define MAX_CASES 256u

/* What was looked at. */
struct seen {
    bool all;
    struct schema_ids names; /* of an object's properties */
    uint32_t n_prefix;       /* of an array's first elements */
    schema_literal matches;  /* elements that are this */
};

struct one_case {
    const struct schema_form *when;
    struct seen seen;
};

struct cases {
    struct one_case *data;
    uint32_t n, cap;
};

static struct cases cases_of(struct schema *c, uint32_t site, bool is_object, const char *but);

static void add_case(struct schema *c, struct cases *cases, const struct schema_form *when,
                     const struct seen *seen) {
    if (when == &schema_false) return;
    struct one_case *data = schema_grow(c, cases->data, cases->n, &cases->cap, sizeof *data);
    if (!data) return;
    cases->data = data;
    data[cases->n++] = (struct one_case){when, *seen};
    if (cases->n > MAX_CASES) schema_refuse(c, "too many cases of what was evaluated");
}

static const struct schema_form *both(struct schema *c, const struct schema_form *a,
                                      const struct schema_form *b) {
    struct schema_parts p = {.is_and = true};
    schema_add_part(c, &p, a);
    schema_add_part(c, &p, b);
    return schema_join(c, &p);
}

static struct seen join_seen(struct schema *c, const struct seen *a, const struct seen *b) {
    struct seen out = {.all = a->all || b->all};
    for (uint32_t i = 0; i < a->names.n; i++) schema_add_id(c, &out.names, a->names.data[i]);
    for (uint32_t i = 0; i < b->names.n; i++) schema_add_id(c, &out.names, b->names.data[i]);
    out.n_prefix = a->n_prefix > b->n_prefix ? a->n_prefix : b->n_prefix;
    out.matches = schema_literal_some(c, a->matches, b->matches);
    return out;
}

/* Both sets of cases apply. */
static struct cases product(struct schema *c, const struct cases *a, const struct cases *b) {
    struct cases out = {0};
    for (uint32_t i = 0; i < a->n && !schema_failed(c); i++) {
        for (uint32_t k = 0; k < b->n && !schema_failed(c); k++) {
            struct seen seen = join_seen(c, &a->data[i].seen, &b->data[k].seen);
            add_case(c, &out, both(c, a->data[i].when, b->data[k].when), &seen);
        }
    }
    return out;
}

static bool sees_nothing(const struct cases *cases) {
    for (uint32_t i = 0; i < cases->n; i++) {
        const struct seen *seen = &cases->data[i].seen;
        if (seen->all || seen->names.n || seen->n_prefix || seen->matches != LITERAL_NEVER) {
            return false;
        }
    }
    return true;
}

static const struct seen nothing = {.matches = LITERAL_NEVER};

/* What the keywords of one schema look at themselves. */
static struct seen own_seen(struct schema *c, uint32_t site, bool is_object, const char *but) {
    struct seen seen = nothing;
    uint32_t node = c->sites[site].node;
    const char *unevaluated = is_object ? "unevaluatedProperties" : "unevaluatedItems";
    seen.all = !but && schema_member(c, node, unevaluated);
    if (is_object) {
        seen.all = seen.all || schema_member(c, node, "additionalProperties");
        schema_own_names(c, site, &seen.names);
        return seen;
    }
    const struct json_value *items = schema_member(c, node, "items");
    bool is_list = items && items->kind == JSON_ARRAY;
    seen.all =
        seen.all || (items && !is_list) || (is_list && schema_member(c, node, "additionalItems"));
    seen.n_prefix = schema_n_prefix(c, site);
    const struct json_value *contains = schema_member(c, node, "contains");
    enum schema_dialect dialect = c->nodes[node].dialect;
    if (contains && dialect >= DRAFT_2020) {
        seen.matches = schema_literal_of(c, schema_child(c, site, contains));
    }
    return seen;
}

/* The cases of a schema that may hold: then its own, else what otherwise is. */
static struct cases if_holds(struct schema *c, uint32_t site, const struct cases *otherwise,
                             bool is_object) {
    struct cases inner = cases_of(c, site, is_object, NULL), out = {0};
    schema_literal literal = schema_literal_of(c, site);
    const struct schema_form *holds = schema_form_of(c, literal, is_object);
    const struct schema_form *fails = schema_form_of(c, schema_not(literal), is_object);
    for (uint32_t i = 0; i < inner.n && !schema_failed(c); i++) {
        add_case(c, &out, both(c, holds, inner.data[i].when), &inner.data[i].seen);
    }
    for (uint32_t i = 0; i < otherwise->n && !schema_failed(c); i++) {
        add_case(c, &out, both(c, fails, otherwise->data[i].when), &otherwise->data[i].seen);
    }
    return out;
}

static struct cases no_case(struct schema *c) {
    struct cases out = {0};
    add_case(c, &out, &schema_true, &nothing);
    return out;
}

static void apply(struct schema *c, struct cases *cases, const struct cases *more) {
    if (!sees_nothing(more)) *cases = product(c, cases, more);
}

/* anyOf, oneOf: each may hold by itself; that one must is for the keyword to say. */
static void apply_any(struct schema *c, struct cases *cases, uint32_t site,
                      const struct json_value *list, bool is_object) {
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        uint32_t branch = schema_child(c, site, &list->items[i]);
        if (schema_failed(c)) return;
        struct cases none = no_case(c), more = cases_of(c, branch, is_object, NULL);
        if (sees_nothing(&more)) continue;
        more = if_holds(c, branch, &none, is_object);
        apply(c, cases, &more);
    }
}

/* oneOf: one holds, so that the cases need not be multiplied. */
static void apply_one(struct schema *c, struct cases *cases, uint32_t site,
                      const struct json_value *list, bool is_object) {
    struct cases more = {0}, none = {0};
    for (size_t i = 0; i < list->n && !schema_failed(c); i++) {
        uint32_t branch = schema_child(c, site, &list->items[i]);
        if (schema_failed(c)) return;
        struct cases one = if_holds(c, branch, &none, is_object);
        for (uint32_t k = 0; k < one.n; k++) {
            add_case(c, &more, one.data[k].when, &one.data[k].seen);
        }
    }
    apply(c, cases, &more);
}

static struct cases part_cases(struct schema *c, uint32_t site, const char *keyword,
                               bool is_object) {
    const struct json_value *part = schema_member(c, c->sites[site].node, keyword);
    if (!part || schema_failed(c)) return no_case(c);
    return cases_of(c, schema_child(c, site, part), is_object, NULL);
}

static void apply_if(struct schema *c, struct cases *cases, uint32_t site,
                     const struct json_value *test, bool is_object) {
    struct cases inner = part_cases(c, site, "if", is_object);
    struct cases then = part_cases(c, site, "then", is_object);
    struct cases more = product(c, &inner, &then);
    struct cases otherwise = part_cases(c, site, "else", is_object);
    if (schema_failed(c) || (sees_nothing(&more) && sees_nothing(&otherwise))) return;
    const struct schema_form *holds = schema_child_form(c, site, test, is_object, false);
    const struct schema_form *fails = schema_child_form(c, site, test, is_object, true);
    struct cases all = {0};
    for (uint32_t i = 0; i < more.n; i++) {
        add_case(c, &all, both(c, holds, more.data[i].when), &more.data[i].seen);
    }
    for (uint32_t i = 0; i < otherwise.n; i++) {
        add_case(c, &all, both(c, fails, otherwise.data[i].when), &otherwise.data[i].seen);
    }
    *cases = product(c, cases, &all);
}

static void apply_dependent(struct schema *c, struct cases *cases, uint32_t site,
                            const struct json_value *map) {
    for (size_t i = 0; i < map->n && !schema_failed(c); i++) {
        const struct json_member *member = &map->members[i];
        if (member->value.kind == JSON_ARRAY) continue;
        struct cases more = cases_of(c, schema_child(c, site, &member->value), true, NULL);
        if (sees_nothing(&more)) continue;
        const struct schema_form *has = schema_has_form(c, &member->name, false);
        for (uint32_t k = 0; k < more.n; k++) more.data[k].when = both(c, has, more.data[k].when);
        add_case(c, &more, schema_has_form(c, &member->name, true), &nothing);
        apply(c, cases, &more);
    }
}

static void apply_member(struct schema *c, struct cases *cases, uint32_t site,
                         const struct json_member *member, bool is_object) {
    const struct json_text *name = &member->name;
    const struct json_value *value = &member->value;
    struct cases more;
    if (json_text_is(name, "$ref")) {
        more = cases_of(c, schema_ref(c, site), is_object, NULL);
        apply(c, cases, &more);
    } else if (json_text_is(name, "$dynamicRef")) {
        more = cases_of(c, schema_dynamic_ref(c, site), is_object, NULL);
        apply(c, cases, &more);
    } else if (json_text_is(name, "allOf")) {
        for (size_t i = 0; i < value->n && !schema_failed(c); i++) {
            more = cases_of(c, schema_child(c, site, &value->items[i]), is_object, NULL);
            apply(c, cases, &more);
        }
    } else if (json_text_is(name, "anyOf")) {
        apply_any(c, cases, site, value, is_object);
    } else if (json_text_is(name, "oneOf")) {
        apply_one(c, cases, site, value, is_object);
    } else if (json_text_is(name, "if")) {
        apply_if(c, cases, site, value, is_object);
    } else if (is_object &&
               (json_text_is(name, "dependentSchemas") || json_text_is(name, "dependencies"))) {
        apply_dependent(c, cases, site, value);
    }
}

/* The cases of a site that holds. but: the keyword that asks, in its own schema. */
static struct cases cases_of(struct schema *c, uint32_t site, bool is_object, const char *but) {
    struct cases cases = {0};
    struct schema_at before;
    if (schema_failed(c) || site == SCHEMA_NONE) return cases;
    uint32_t node = c->sites[site].node;
    if (c->nodes[node].value->kind != JSON_OBJECT) return no_case(c);
    if (schema_enter(c, node, &before)) {
        struct seen own = own_seen(c, site, is_object, but);
        add_case(c, &cases, &schema_true, &own);
        const struct json_value *schema = c->nodes[node].value;
        for (size_t i = 0; i < schema->n && !schema_failed(c); i++) {
            apply_member(c, &cases, site, &schema->members[i], is_object);
        }
    }
    schema_leave(c, &before);
    return cases;
}

const struct schema_form *schema_unevaluated_form(struct schema *c, uint32_t site,
                                                  const struct json_value *value, bool is_object,
                                                  bool is_negated) {
    schema_literal literal = schema_literal_of(c, schema_child(c, site, value));
    const char *keyword = is_object ? "unevaluatedProperties" : "unevaluatedItems";
    struct cases cases = cases_of(c, site, is_object, keyword);
    struct schema_parts any = {.is_and = false};
    for (uint32_t i = 0; i < cases.n && !schema_failed(c); i++) {
        const struct seen *seen = &cases.data[i].seen;
        const struct schema_form *form = is_negated ? &schema_false : &schema_true;
        if (!seen->all && is_object) {
            uint32_t names = schema_names_others(c, seen->names.data, seen->names.n);
            form = is_negated ? schema_some_form(c, names, schema_not(literal))
                              : schema_all_form(c, names, literal);
        } else if (!seen->all) {
            schema_literal right = schema_literal_some(c, literal, seen->matches);
            form = schema_rest_form(c, seen->n_prefix, right, is_negated);
        }
        schema_add_part(c, &any, both(c, cases.data[i].when, form));
    }
    return schema_join(c, &any);
}
