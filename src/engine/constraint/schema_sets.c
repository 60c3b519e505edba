#include <stdlib.h>
#include <string.h>

#include "engine/constraint/schema_formula.h"
#include "engine/constraint/schema_raw.h"

#define QUICK_DEPTH 4
#define QUICK_STEPS 5000u
#define MAX_SETS 200000u

/* ---- endless references ---- */

static void search_endless(struct schema *c, uint32_t site, void *user) {
    (void)user;
    if (schema_failed(c) || site == SCHEMA_NONE || c->sites[site].visit == 2) return;
    struct schema_at before;
    if (!schema_enter(c, c->sites[site].node, &before)) return;
    if (c->sites[site].visit == 1) {
        schema_refuse(c, "it refers to itself without end");
    } else {
        c->sites[site].visit = 1;
        schema_each_in_place(c, site, search_endless, NULL);
        c->sites[site].visit = schema_failed(c) ? 0 : 2;
    }
    schema_leave(c, &before);
}

/* ---- literals ---- */

static schema_literal add_condition(struct schema *c, const void *key, size_t size,
                                    const struct schema_condition *condition) {
    bool is_new;
    uint32_t n = schema_map_add(c, &c->condition_keys, key, size, &is_new);
    if (n == SCHEMA_NONE) return LITERAL_NEVER;
    struct schema_condition *list =
        schema_grow(c, c->conditions, n, &c->conditions_cap, sizeof *list);
    if (!list) return LITERAL_NEVER;
    c->conditions = list;
    if (is_new) list[n] = *condition;
    return (n + 1) * 2;
}

/* A keyword that says something where it stands. */
static bool is_effective(const struct json_value *schema, const struct json_text *name) {
    static const char *const partners[][2] = {{"then", "if"},
                                              {"else", "if"},
                                              {"minContains", "contains"},
                                              {"maxContains", "contains"},
                                              {"additionalItems", "items"}};
    const struct schema_keyword *keyword = schema_keyword_find(name);
    if (!keyword || !keyword->constrains) return false;
    for (size_t i = 0; i < sizeof partners / sizeof *partners; i++) {
        if (json_text_is(name, partners[i][0])) return json_member(schema, partners[i][1]) != NULL;
    }
    return true;
}

/* The only member of a schema that says something; n: how many there are. */
static const struct json_member *only_member(const struct json_value *schema, size_t *n) {
    const struct json_member *only = NULL;
    *n = 0;
    for (size_t i = 0; i < schema->n; i++) {
        if (!is_effective(schema, &schema->members[i].name)) continue;
        only = &schema->members[i];
        ++*n;
    }
    return only;
}

/* Where a schema says only what another one says (or denies), that one. */
static uint32_t same_as(struct schema *c, uint32_t site, const struct json_member *only,
                        schema_literal *negated) {
    const struct json_value *value = &only->value;
    if (json_text_is(&only->name, "$ref")) return schema_ref(c, site);
    if (json_text_is(&only->name, "$dynamicRef")) return schema_dynamic_ref(c, site);
    bool is_not = json_text_is(&only->name, "not");
    bool is_list = json_text_is(&only->name, "allOf") || json_text_is(&only->name, "anyOf") ||
                   json_text_is(&only->name, "oneOf");
    if (is_not) *negated ^= 1;
    if (is_list && value->n == 1) value = &value->items[0];
    return is_not || value != &only->value ? schema_child(c, site, value) : SCHEMA_NONE;
}

schema_literal schema_literal_of(struct schema *c, uint32_t site) {
    schema_literal negated = 0;
    search_endless(c, site, NULL);
    for (uint32_t next = site; !schema_failed(c) && next != SCHEMA_NONE;) {
        site = next;
        const struct json_value *schema = c->nodes[c->sites[site].node].value;
        size_t n;
        if (schema->kind == JSON_FALSE) return LITERAL_NEVER ^ negated;
        const struct json_member *only = only_member(schema, &n);
        if (n == 0) return LITERAL_ANY ^ negated;
        next = n == 1 ? same_as(c, site, only, &negated) : SCHEMA_NONE;
    }
    if (schema_failed(c)) return LITERAL_NEVER;
    uint32_t key[] = {CONDITION_SITE, site};
    struct schema_condition condition = {.kind = CONDITION_SITE, .site = site};
    return add_condition(c, key, sizeof key, &condition) ^ negated;
}

schema_literal schema_literal_equal(struct schema *c, const struct json_value *value) {
    struct schema_condition condition = {.kind = CONDITION_VALUE, .value = value};
    bool is_scalar = value->kind != JSON_ARRAY && value->kind != JSON_OBJECT;
    size_t len = is_scalar ? value->text.len : sizeof(void *);
    unsigned char *key = schema_alloc(c, len + 2, 1);
    if (!key) return LITERAL_NEVER;
    key[0] = CONDITION_VALUE;
    key[1] = (unsigned char)value->kind;
    if (len) memcpy(key + 2, is_scalar ? (const void *)value->text.data : &value, len);
    return add_condition(c, key, len + 2, &condition);
}

schema_literal schema_literal_some(struct schema *c, schema_literal a, schema_literal b) {
    if (a == LITERAL_NEVER || a == b) return b;
    if (b == LITERAL_NEVER) return a;
    if (a == LITERAL_ANY || b == LITERAL_ANY || a == schema_not(b)) return LITERAL_ANY;
    uint32_t key[] = {CONDITION_SOME, a < b ? a : b, a < b ? b : a};
    schema_literal *some = schema_alloc(c, 2, sizeof *some);
    if (!some) return LITERAL_NEVER;
    memcpy(some, key + 1, 2 * sizeof *some);
    struct schema_condition condition = {.kind = CONDITION_SOME, .some = some, .n_some = 2};
    return add_condition(c, key, sizeof key, &condition);
}

/* ---- sets ---- */

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static const struct schema_condition *condition_of(const struct schema *c, schema_literal l) {
    return l < 2 ? NULL : &c->conditions[l / 2 - 1];
}

/* Neither of a SOME is two denials. */
static size_t flatten(struct schema *c, schema_literal *out, schema_literal literal) {
    const struct schema_condition *condition = condition_of(c, literal);
    if (!condition || condition->kind != CONDITION_SOME || !(literal & 1)) {
        if (out) *out = literal;
        return 1;
    }
    size_t n = 0;
    for (size_t i = 0; i < condition->n_some; i++) {
        n += flatten(c, out ? out + n : NULL, schema_not(condition->some[i]));
    }
    return n;
}

static uint32_t add_set(struct schema *c, const schema_literal *literals, size_t n) {
    bool is_new;
    uint32_t id = schema_map_add(c, &c->set_keys, literals, n * sizeof *literals, &is_new);
    if (id == SCHEMA_NONE || !is_new) return id;
    struct schema_set *sets = schema_grow(c, c->sets, id, &c->sets_cap, sizeof *sets);
    if (!sets) return SET_NEVER;
    c->sets = sets;
    sets[id] = (struct schema_set){.literals = c->set_keys.keys[id].data, .n = n};
    if (id >= MAX_SETS) schema_refuse(c, "it has too many combinations of schemas");
    schema_step(c, n);
    return id;
}

uint32_t schema_set_of(struct schema *c, const schema_literal *literals, size_t n) {
    size_t room = 0, used = 0, kept = 0;
    for (size_t i = 0; i < n; i++) room += flatten(c, NULL, literals[i]);
    if (room + 1 > c->scratch_cap) {
        c->scratch = schema_alloc(c, 2 * room + 16, sizeof *c->scratch);
        c->scratch_cap = c->scratch ? (uint32_t)(2 * room + 16) : 0;
    }
    schema_literal *all = c->scratch;
    if (!all || schema_failed(c)) return SET_NEVER;
    for (size_t i = 0; i < n; i++) used += flatten(c, all + used, literals[i]);
    if (used > 1) qsort(all, used, sizeof *all, by_value);
    for (size_t i = 0; i < used; i++) {
        if (all[i] == LITERAL_NEVER) return SET_NEVER;
        if (all[i] == LITERAL_ANY || (kept && all[kept - 1] == all[i])) continue;
        if (kept && all[kept - 1] == schema_not(all[i])) return SET_NEVER;
        all[kept++] = all[i];
    }
    return add_set(c, all, kept);
}

/* ---- emptiness, as far as it is seen at once ---- */

/* Of arrays and objects it is enough to find one alternative without a contradiction. */
static bool has_value(struct schema *c, const struct schema_set *set) {
    struct schema_raw raw = {0};
    if (schema_literals(c, set)) return true;
    schema_strings(c, set, &raw);
    if (schema_failed(c) || raw.strings->n_spans || raw.strings->texts != SCHEMA_NONE) return true;
    schema_numbers(c, set, &raw);
    if (schema_failed(c) || raw.n_numbers) return true;
    return schema_is_solvable(c, schema_set_form(c, set, true), true) ||
           schema_is_solvable(c, schema_set_form(c, set, false), false) || schema_failed(c);
}

/* A look ahead may fail, or take too long, where the work itself does not: then it has seen
 * nothing. */
bool schema_surely_empty(struct schema *c, uint32_t set) {
    if (set == SET_NEVER) return true;
    if (schema_failed(c)) return false;
    if (c->sets[set].quick) return c->sets[set].quick == 2;
    if (c->quick_depth >= QUICK_DEPTH) return false;
    struct schema_set of = c->sets[set];
    struct schema_at before = {c->at, c->at_key};
    ingle_error *err = c->err, ignored;
    uint64_t steps_max = c->steps_max;
    int depth = c->depth;
    if (c->steps + QUICK_STEPS < steps_max) c->steps_max = c->steps + QUICK_STEPS;
    c->err = &ignored;
    c->quick_depth++;
    c->sets[set].quick = 1;
    bool is_empty = !has_value(c, &of) && !schema_failed(c);
    c->sets[set].quick = is_empty ? 2 : 1;
    c->quick_depth--;
    c->steps_max = steps_max;
    c->depth = depth;
    c->at = before.node;
    c->at_key = before.key;
    c->err = err;
    if (c->status == INGLE_NO_MEMORY) {
        c->status = status_set(err, INGLE_NO_MEMORY, 0, "%s", ignored.msg);
    } else if (!c->arena.failed) {
        c->status = INGLE_OK;
    }
    return is_empty;
}
