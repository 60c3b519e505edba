#include <stdlib.h>
#include <string.h>

#include "engine/constraint/decimal.h"
#include "engine/constraint/schema_raw.h"

#define QUICK_DEPTH 4
#define MAX_SETS 200000u

/* ---- what needs no element to compare: JSON values by value ---- */

static bool members_equal(const struct json_value *a, const struct json_value *b) {
    for (size_t i = 0; i < a->n; i++) {
        const struct json_member *member = &a->members[i];
        size_t k = 0;
        while (k < b->n && !json_text_equal(&b->members[k].name, &member->name)) k++;
        if (k == b->n || !schema_json_equal(&member->value, &b->members[k].value)) return false;
    }
    return true;
}

bool schema_json_equal(const struct json_value *a, const struct json_value *b) {
    if (a->kind != b->kind || a->n != b->n) return false;
    switch (a->kind) {
    case JSON_NUMBER: {
        struct decimal x = {a->text.data, a->text.len}, y = {b->text.data, b->text.len};
        return decimal_compare(&x, &y) == 0;
    }
    case JSON_STRING:
        return json_text_equal(&a->text, &b->text);
    case JSON_ARRAY:
        for (size_t i = 0; i < a->n; i++) {
            if (!schema_json_equal(&a->items[i], &b->items[i])) return false;
        }
        return true;
    case JSON_OBJECT:
        return members_equal(a, b);
    default:
        return true;
    }
}

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
        c->sites[site].visit = 2;
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
    size_t len = is_scalar ? value->text.len : sizeof value;
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
    if (id == MAX_SETS) schema_refuse(c, "it has too many combinations of schemas");
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

static bool slot_empty(struct schema *c, const struct schema_slot *slot) {
    for (uint32_t i = 0; i < slot->n; i++) {
        if (!schema_surely_empty(c, slot->options[i].set)) return false;
    }
    return true;
}

static bool list_empty(struct schema *c, const struct schema_list *list, bool is_object) {
    if (list->min > list->max) return true;
    for (uint32_t i = 0; is_object && i < list->n_classes; i++) {
        const struct schema_class *class = &list->classes[i];
        if (class->is_required && slot_empty(c, &class->slot)) return true;
    }
    if (is_object) return false;
    for (uint32_t i = 0; i < list->min && i < list->n_prefix; i++) {
        if (slot_empty(c, &list->prefix[i])) return true;
    }
    return list->min > list->n_prefix && slot_empty(c, &list->rest);
}

static bool raw_empty(struct schema *c, const struct schema_raw *raw) {
    if (raw->literals || raw->n_numbers) return false;
    if (raw->strings && (raw->strings->n_spans || raw->strings->texts != SCHEMA_NONE)) return false;
    for (uint32_t i = 0; i < raw->n_arrays; i++) {
        if (!list_empty(c, &raw->arrays[i], false)) return false;
    }
    for (uint32_t i = 0; i < raw->n_objects; i++) {
        if (!list_empty(c, &raw->objects[i], true)) return false;
    }
    return true;
}

bool schema_surely_empty(struct schema *c, uint32_t set) {
    if (set == SET_NEVER) return true;
    if (schema_failed(c)) return false;
    if (c->sets[set].quick) return c->sets[set].quick == 2;
    if (c->sets[set].state == SET_BUSY || c->quick_depth >= QUICK_DEPTH) return false;
    c->quick_depth++;
    schema_expand(c, set);
    c->sets[set].quick = 1;
    bool is_empty = !schema_failed(c) && raw_empty(c, c->sets[set].raw);
    c->sets[set].quick = is_empty ? 2 : 1;
    c->quick_depth--;
    return is_empty;
}
