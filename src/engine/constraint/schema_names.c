#include <stdlib.h>
#include <string.h>

#include "engine/constraint/schema_algebra.h"
#include "engine/constraint/schema_formula.h"

#define MAX_TEXTS 32u
#define MAX_CLASSES 60000u
#define MANY_NAMES ((uint64_t)4096)

static uint32_t add_names(struct schema *c, const uint32_t *key, size_t n,
                          const struct schema_names *names) {
    bool is_new;
    uint32_t id = schema_map_add(c, &c->name_keys, key, n * sizeof *key, &is_new);
    if (id == SCHEMA_NONE || !is_new) return id;
    struct schema_names *list = schema_grow(c, c->name_sets, id, &c->name_sets_cap, sizeof *list);
    if (!list) return SCHEMA_NONE;
    c->name_sets = list;
    list[id] = *names;
    if (names->kind == NAMES_OTHERS) {
        const uint32_t *kept = c->name_keys.keys[id].data;
        list[id].except = kept + 2;
    }
    return id;
}

uint32_t schema_names_one(struct schema *c, const struct json_text *name) {
    bool is_new;
    uint32_t one = schema_map_add(c, &c->names, name->data, name->len, &is_new);
    uint32_t key[] = {NAMES_ONE, one};
    struct schema_names names = {.kind = NAMES_ONE, .one = one};
    return one == SCHEMA_NONE ? one : add_names(c, key, 2, &names);
}

uint32_t schema_names_texts(struct schema *c, uint32_t automaton) {
    uint32_t key[] = {NAMES_TEXTS, automaton};
    struct schema_names names = {.kind = NAMES_TEXTS, .texts = automaton};
    return automaton == SCHEMA_NONE ? automaton : add_names(c, key, 2, &names);
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t sort_unique(uint32_t *ids, uint32_t n) {
    uint32_t kept = 0;
    if (n > 1) qsort(ids, n, sizeof *ids, by_value);
    for (uint32_t i = 0; i < n; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i]) ids[kept++] = ids[i];
    }
    return kept;
}

uint32_t schema_names_others(struct schema *c, const uint32_t *names, size_t n) {
    uint32_t *key = schema_alloc(c, n + 2, sizeof *key);
    uint32_t *rest = schema_alloc(c, n + 1, sizeof *rest);
    uint32_t n_ones = 0, n_rest = 0;
    if (!key || !rest || schema_failed(c)) return SCHEMA_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct schema_names *one = &c->name_sets[names[i]];
        if (one->kind == NAMES_ONE) {
            key[2 + n_ones++] = one->one;
        } else {
            rest[n_rest++] = names[i];
        }
    }
    n_ones = sort_unique(key + 2, n_ones);
    n_rest = sort_unique(rest, n_rest);
    if (n_rest) memcpy(key + 2 + n_ones, rest, n_rest * sizeof *rest);
    key[0] = NAMES_OTHERS;
    key[1] = n_ones;
    struct schema_names made = {
        .kind = NAMES_OTHERS, .n_ones = n_ones, .n_except = n_ones + n_rest};
    return add_names(c, key, 2 + n_ones + n_rest, &made);
}

bool schema_names_have(const struct schema *c, uint32_t id, uint32_t name) {
    const struct schema_names *names = &c->name_sets[id];
    if (names->kind == NAMES_ONE) return names->one == name;
    if (names->kind == NAMES_TEXTS) {
        const struct schema_key *key = &c->names.keys[name];
        return dfa_match(c->automata[names->texts], key->data, key->size) != 0;
    }
    if (names->n_ones && bsearch(&name, names->except, names->n_ones, sizeof name, by_value)) {
        return false;
    }
    for (uint32_t i = names->n_ones; i < names->n_except; i++) {
        if (schema_names_have(c, names->except[i], name)) return false;
    }
    return true;
}

void schema_own_names(struct schema *c, uint32_t site, struct schema_ids *ids) {
    uint32_t node = c->sites[site].node;
    const struct json_value *map = schema_member(c, node, "properties");
    for (size_t i = 0; map && i < map->n && !schema_failed(c); i++) {
        schema_add_id(c, ids, schema_names_one(c, &map->members[i].name));
    }
    map = schema_member(c, node, "patternProperties");
    for (size_t i = 0; map && i < map->n && !schema_failed(c); i++) {
        uint32_t texts = schema_pattern(c, &map->members[i].name);
        schema_add_id(c, ids, schema_names_texts(c, texts));
    }
}

/* ---- partitions ---- */

void schema_partition_add(struct schema *c, struct schema_partition *p, uint32_t names) {
    struct schema_names added = c->name_sets[names];
    if (added.kind == NAMES_ONE) {
        schema_add_id(c, &p->ones, added.one);
    } else if (added.kind == NAMES_TEXTS) {
        schema_add_id(c, &p->texts, added.texts);
    }
    for (uint32_t i = 0; i < added.n_except && !schema_failed(c); i++) {
        if (i < added.n_ones) {
            schema_add_id(c, &p->ones, added.except[i]);
        } else {
            schema_partition_add(c, p, added.except[i]);
        }
    }
}

struct signer {
    struct schema *c;
    struct schema_partition *p;
    uint32_t text; /* the one at work */
};

/* The class of names that are none of the ones, by the automata that they are in. */
static uint32_t class_of(struct signer *s, uint64_t signature) {
    struct schema_partition *p = s->p;
    for (uint32_t i = p->ones.n; i < p->n_classes; i++) {
        if (p->signatures[i - p->ones.n] == signature) return i;
    }
    uint64_t *list = schema_grow(s->c, p->signatures, p->n_classes - p->ones.n, &p->signatures_cap,
                                 sizeof *list);
    if (!list) return 0;
    p->signatures = list;
    list[p->n_classes - p->ones.n] = signature;
    if (p->n_classes > MAX_CLASSES) schema_refuse(s->c, "too many kinds of property names");
    return p->n_classes++;
}

static uint32_t sign(uint32_t label_a, uint32_t label_b, void *user) {
    struct signer *s = user;
    if (label_a > 0 && label_a <= s->p->ones.n) return label_a;
    uint64_t signature = label_a ? s->p->signatures[label_a - 1 - s->p->ones.n] : 0;
    if (label_b) signature |= (uint64_t)1 << s->text;
    return signature ? 1 + class_of(s, signature) : 0;
}

static uint32_t sign_rest(uint32_t label_a, uint32_t label_b, void *user) {
    (void)label_b;
    return label_a ? label_a : 1 + class_of(user, 0);
}

static uint32_t product(struct schema *c, const struct dfa *a, const struct dfa *b,
                        dfa_combine_fn fn, void *user) {
    struct dfa *d = NULL;
    ingle_error why;
    ingle_status status = dfa_product(&d, a, b, false, fn, user, &why);
    return schema_keep(c, status, d, &why);
}

static uint32_t product_with_any(struct schema *c, const struct dfa *a, dfa_combine_fn fn,
                                 void *user) {
    struct dfa *any = NULL;
    ingle_error why;
    ingle_status status = dfa_any(&any, &why);
    if (status != INGLE_OK) return schema_keep(c, status, any, &why);
    uint32_t made = product(c, a, any, fn, user);
    dfa_free(any);
    return made;
}

static uint32_t texts_of_ones(struct schema *c, const struct schema_ids *ones) {
    const char **texts = schema_alloc(c, ones->n + 1, sizeof *texts);
    size_t *lens = schema_alloc(c, ones->n + 1, sizeof *lens);
    if (!texts || !lens) return SCHEMA_NONE;
    for (uint32_t i = 0; i < ones->n; i++) {
        texts[i] = c->names.keys[ones->data[i]].data;
        lens[i] = c->names.keys[ones->data[i]].size;
    }
    struct dfa *d = NULL;
    ingle_error why;
    ingle_status status = dfa_texts(&d, texts, lens, ones->n, &why);
    return schema_keep(c, status, d, &why);
}

static void make(struct schema *c, struct schema_partition *p) {
    if (p->texts.n > MAX_TEXTS || p->ones.n > MAX_CLASSES) {
        schema_refuse(c, "too many patterns or names for one object");
        return;
    }
    p->n_classes = p->ones.n;
    uint32_t made = texts_of_ones(c, &p->ones);
    struct signer s = {.c = c, .p = p};
    for (uint32_t i = 0; i < p->texts.n && !schema_failed(c); i++) {
        s.text = i;
        made = product(c, c->automata[made], c->automata[p->texts.data[i]], sign, &s);
    }
    if (!schema_failed(c)) {
        p->automaton = product_with_any(c, c->automata[made], sign_rest, &s);
    }
}

void schema_partition_make(struct schema *c, struct schema_partition *p) {
    bool is_new;
    if (schema_failed(c)) return;
    p->ones.n = sort_unique(p->ones.data, p->ones.n);
    p->texts.n = sort_unique(p->texts.data, p->texts.n);
    size_t n = (size_t)p->ones.n + p->texts.n + 1;
    uint32_t *key = schema_alloc(c, n, sizeof *key);
    if (!key) return;
    key[0] = p->ones.n;
    if (p->ones.n) memcpy(key + 1, p->ones.data, p->ones.n * sizeof *key);
    if (p->texts.n) memcpy(key + 1 + p->ones.n, p->texts.data, p->texts.n * sizeof *key);
    uint32_t id = schema_map_add(c, &c->partition_keys, key, n * sizeof *key, &is_new);
    if (id == SCHEMA_NONE) return;
    struct schema_partition *list =
        schema_grow(c, c->partitions, id, &c->partitions_cap, sizeof *list);
    if (!list) return;
    c->partitions = list;
    if (is_new) {
        make(c, p);
        list[id] = *p;
    }
    *p = list[id];
}

bool schema_class_in(const struct schema *c, const struct schema_partition *p, uint32_t class,
                     uint32_t id) {
    if (class < p->ones.n) return schema_names_have(c, id, p->ones.data[class]);
    const struct schema_names *names = &c->name_sets[id];
    if (names->kind == NAMES_ONE) return false;
    if (names->kind == NAMES_TEXTS) {
        uint64_t signature = p->signatures[class - p->ones.n];
        for (uint32_t i = 0; i < p->texts.n; i++) {
            if (p->texts.data[i] == names->texts) return signature >> i & 1;
        }
        return false;
    }
    for (uint32_t i = names->n_ones; i < names->n_except; i++) {
        if (schema_class_in(c, p, class, names->except[i])) return false;
    }
    return true;
}

static uint32_t relabel(uint32_t label_a, uint32_t label_b, void *user) {
    const uint32_t *labels = user;
    (void)label_b;
    return labels[label_a];
}

uint32_t schema_relabel(struct schema *c, const struct dfa *names, uint32_t *labels) {
    return schema_failed(c) ? SCHEMA_NONE : product_with_any(c, names, relabel, labels);
}
