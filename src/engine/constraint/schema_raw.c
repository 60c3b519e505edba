/* From the conditions of an alternative to slots: what may stand in each place, and what it counts
 * for. */
#include "engine/constraint/schema_raw.h"

#include <stdlib.h>
#include <string.h>

#include "engine/constraint/schema_formula.h"

/* What must or must not be counted: `contains`, "some property is not ...". */
struct tally {
    schema_literal literal;
    uint32_t names, from;
    uint32_t min, max;
};

struct builder {
    struct schema *c;
    const uint32_t *atoms;
    uint32_t n_atoms;
    struct tally tallies[SHAPE_MAX_COUNTED];
    uint32_t n_tallies;
    struct schema_ids literals; /* of the slot at work */
};

static void add_tally(struct builder *b, const struct tally *tally) {
    if (b->n_tallies == SHAPE_MAX_COUNTED) {
        schema_refuse(b->c, "too many different things are counted at once");
        return;
    }
    b->tallies[b->n_tallies++] = *tally;
}

static void add_option(struct builder *b, struct schema_slot *slot, uint8_t counts) {
    struct schema *c = b->c;
    uint32_t set = schema_set_of(c, b->literals.data, b->literals.n);
    if (set == SET_NEVER) return;
    for (uint32_t i = 0; i < slot->n; i++) {
        bool is_same = slot->options[i].set == set && slot->options[i].counts == counts;
        if (is_same) return;
    }
    struct schema_option *options = schema_alloc(c, slot->n + 1, sizeof *options);
    if (!options) return;
    if (slot->n) memcpy(options, slot->options, slot->n * sizeof *options);
    options[slot->n++] = (struct schema_option){set, counts};
    slot->options = options;
}

static bool is_known(const struct builder *b, schema_literal literal) {
    for (uint32_t i = 0; i < b->literals.n; i++) {
        if (b->literals.data[i] == literal) return true;
    }
    return literal == LITERAL_ANY;
}

/* Each way to count or not to count for the tallies that apply, from tally i on. What may be
 * counted any number of times may also stay uncounted, whatever it is. */
static void add_options(struct builder *b, struct schema_slot *slot, unsigned applies, uint32_t i,
                        unsigned counts) {
    while (i < b->n_tallies && !(applies >> i & 1)) i++;
    if (schema_failed(b->c)) return;
    if (i == b->n_tallies) {
        add_option(b, slot, (uint8_t)counts);
        return;
    }
    const struct tally *tally = &b->tallies[i];
    bool is_known_already = is_known(b, tally->literal);
    uint32_t n = b->literals.n;
    if (!is_known_already) schema_add_id(b->c, &b->literals, tally->literal);
    add_options(b, slot, applies, i + 1, counts | 1u << i);
    b->literals.n = n;
    if (is_known_already) return;
    if (tally->max != SCHEMA_NO_MAX) {
        schema_add_id(b->c, &b->literals, schema_not(tally->literal));
    }
    add_options(b, slot, applies, i + 1, counts);
    b->literals.n = n;
}

static void copy_tallies(const struct builder *b, struct schema_list *list) {
    for (uint32_t i = 0; i < b->n_tallies; i++) {
        list->counted[i] = (struct shape_counted){b->tallies[i].min, b->tallies[i].max};
    }
    list->n_counted = b->n_tallies;
}

/* ---- arrays ---- */

static int by_from(const void *a, const void *b) {
    const struct schema_atom *x = *(const struct schema_atom *const *)a;
    const struct schema_atom *y = *(const struct schema_atom *const *)b;
    return (x->from > y->from) - (x->from < y->from);
}

/* The atoms about single elements and about all from one on, by place. */
static const struct schema_atom **by_place(struct builder *b, uint32_t *n) {
    const struct schema_atom **sorted =
        schema_alloc(b->c, b->n_atoms + 1, sizeof(struct schema_atom *));
    *n = 0;
    for (uint32_t i = 0; sorted && i < b->n_atoms; i++) {
        const struct schema_atom *atom = schema_atom_at(b->c, b->atoms[i]);
        if (atom->kind == ATOM_AT || atom->kind == ATOM_ALL) sorted[(*n)++] = atom;
    }
    if (*n > 1) qsort(sorted, *n, sizeof(struct schema_atom *), by_from);
    return sorted;
}

static uint32_t n_prefix_of(const struct builder *b, uint32_t max) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n_atoms; i++) {
        const struct schema_atom *atom = schema_atom_at(b->c, b->atoms[i]);
        if (atom->kind == ATOM_COUNT) continue;
        uint32_t place = atom->from + (atom->kind == ATOM_AT);
        if (place > n) n = place;
    }
    return n < max ? n : max;
}

static unsigned tallies_from(const struct builder *b, uint32_t place) {
    unsigned applies = 0;
    for (uint32_t i = 0; i < b->n_tallies; i++) {
        if (b->tallies[i].from <= place) applies |= 1u << i;
    }
    return applies;
}

/* The literals of all elements from a place on stay; those of single elements come and go. */
static void fill_places(struct builder *b, struct schema_list *list) {
    uint32_t n, next = 0, n_all = 0;
    struct schema *c = b->c;
    const struct schema_atom **sorted = by_place(b, &n);
    list->prefix = schema_alloc(c, list->n_prefix + 1, sizeof *list->prefix);
    if (!sorted || !list->prefix) return;
    for (uint32_t place = 0; place <= list->n_prefix && schema_step(c, 1 + n_all); place++) {
        bool is_rest = place == list->n_prefix;
        struct schema_ids all = {0};
        for (; next < n && sorted[next]->from <= place; next++) {
            if (sorted[next]->kind == ATOM_ALL) {
                schema_add_id(c, &b->literals, sorted[next]->literal);
                n_all++;
            } else if (!is_rest) {
                schema_add_id(c, &all, sorted[next]->literal);
            }
        }
        for (uint32_t i = 0; i < all.n; i++) schema_add_id(c, &b->literals, all.data[i]);
        struct schema_slot *slot = is_rest ? &list->rest : &list->prefix[place];
        add_options(b, slot, tallies_from(b, place), 0, 0);
        b->literals.n = n_all;
    }
}

static void build_array(struct builder *b, struct schema_list *list) {
    struct schema *c = b->c;
    struct schema_range range = schema_atoms_range(c, b->atoms, b->n_atoms);
    list->min = range.min;
    list->max = range.max;
    for (uint32_t i = 0; i < b->n_atoms; i++) {
        const struct schema_atom *atom = schema_atom_at(c, b->atoms[i]);
        if (atom->kind == ATOM_UNIQUE) list->is_unique = true;
        if (atom->kind == ATOM_NOT_UNIQUE) {
            schema_refuse(c, "the denial of uniqueItems is not supported");
        }
        if (atom->kind != ATOM_MATCHES) continue;
        struct tally tally = {atom->literal, SCHEMA_NONE, atom->from, atom->min, atom->max};
        add_tally(b, &tally);
    }
    list->n_prefix = n_prefix_of(b, range.max);
    copy_tallies(b, list);
    fill_places(b, list);
}

/* ---- objects ---- */

static bool is_one(const struct schema *c, uint32_t names) {
    return c->name_sets[names].kind == NAMES_ONE;
}

static void fill_class(struct builder *b, const struct schema_partition *p, uint32_t at,
                       struct schema_class *class) {
    struct schema *c = b->c;
    unsigned applies = 0;
    b->literals.n = 0;
    for (uint32_t i = 0; i < b->n_atoms; i++) {
        const struct schema_atom *atom = schema_atom_at(c, b->atoms[i]);
        if (atom->kind != ATOM_ALL && atom->kind != ATOM_SOME) continue;
        bool is_some = atom->kind == ATOM_SOME;
        if (is_some && !is_one(c, atom->names)) continue;
        if (!schema_class_in(c, p, at, atom->names)) continue;
        schema_add_id(c, &b->literals, atom->literal);
        class->is_required = class->is_required || is_some;
    }
    for (uint32_t i = 0; i < b->n_tallies; i++) {
        if (schema_class_in(c, p, at, b->tallies[i].names)) applies |= 1u << i;
    }
    add_options(b, &class->slot, applies, 0, 0);
    class->size = 1;
    if (at < p->ones.n) {
        const struct schema_key *key = &c->names.keys[p->ones.data[at]];
        class->only = (struct json_text){key->data, key->size};
        return;
    }
    ingle_error why;
    ingle_status status = dfa_count(&class->size, c->automata[p->automaton], at + 1, 4096, &why);
    if (status != INGLE_OK) schema_keep(c, status, NULL, &why);
}

static void build_object(struct builder *b, struct schema_list *list) {
    struct schema *c = b->c;
    struct schema_range range = schema_atoms_range(c, b->atoms, b->n_atoms);
    struct schema_partition p = {0};
    list->min = range.min;
    list->max = range.max;
    for (uint32_t i = 0; i < b->n_atoms; i++) {
        struct schema_atom atom = *schema_atom_at(c, b->atoms[i]);
        if (atom.kind == ATOM_COUNT) continue;
        schema_partition_add(c, &p, atom.names);
        if (atom.kind != ATOM_SOME || is_one(c, atom.names)) continue;
        struct tally tally = {atom.literal, atom.names, 0, 1, SCHEMA_NO_MAX};
        add_tally(b, &tally);
    }
    copy_tallies(b, list);
    schema_partition_make(c, &p);
    list->names = p.automaton;
    list->classes = schema_alloc(c, p.n_classes + 1, sizeof *list->classes);
    if (!list->classes || schema_failed(c)) return;
    list->n_classes = p.n_classes;
    for (uint32_t i = 0; i < p.n_classes && schema_step(c, 1 + b->n_atoms / 16); i++) {
        fill_class(b, &p, i, &list->classes[i]);
    }
}

/* ---- sets ---- */

static struct schema_list *expand_kind(struct schema *c, const struct schema_set *set,
                                       bool is_object, uint32_t *n) {
    struct schema_alternatives found = {0};
    const struct schema_form *form = schema_set_form(c, set, is_object);
    *n = 0;
    if (schema_failed(c)) return NULL;
    schema_solve(c, form, is_object, &found);
    struct schema_list *lists = schema_alloc(c, found.n + 1, sizeof *lists);
    for (uint32_t i = 0; lists && i < found.n && !schema_failed(c); i++) {
        struct builder b = {.c = c, .atoms = found.data[i].atoms, .n_atoms = found.data[i].n};
        if (is_object) {
            build_object(&b, &lists[i]);
        } else {
            build_array(&b, &lists[i]);
        }
        ++*n;
    }
    return lists;
}

uint32_t schema_set_place(const struct schema *c, uint32_t set) {
    const struct schema_set *of = &c->sets[set];
    for (size_t i = 0; i < of->n; i++) {
        const struct schema_condition *condition =
            of->literals[i] < 2 ? NULL : &c->conditions[of->literals[i] / 2 - 1];
        if (condition && condition->kind == CONDITION_SITE) {
            return c->sites[condition->site].node;
        }
    }
    return SCHEMA_NONE;
}

static void expand(struct schema *c, uint32_t set) {
    struct schema_at before;
    if (schema_failed(c) || c->sets[set].raw) return;
    struct schema_raw *raw = schema_alloc(c, 1, sizeof *raw);
    if (!raw) return;
    if (schema_enter(c, schema_set_place(c, set), &before)) {
        struct schema_set of = c->sets[set];
        raw->literals = schema_literals(c, &of);
        schema_numbers(c, &of, raw);
        schema_strings(c, &of, raw);
        raw->arrays = expand_kind(c, &of, false, &raw->n_arrays);
        raw->objects = expand_kind(c, &of, true, &raw->n_objects);
    }
    schema_leave(c, &before);
    c->sets[set].raw = raw;
}

static void add_set(struct schema *c, uint32_t set, struct schema_ids *out) {
    if (c->sets[set].is_listed || schema_failed(c)) return;
    c->sets[set].is_listed = true;
    schema_add_id(c, out, set);
}

static void add_slot(struct schema *c, const struct schema_slot *slot, struct schema_ids *out) {
    for (uint32_t i = 0; i < slot->n; i++) add_set(c, slot->options[i].set, out);
}

static void add_list(struct schema *c, const struct schema_list *list, struct schema_ids *out) {
    for (uint32_t i = 0; i < list->n_prefix; i++) add_slot(c, &list->prefix[i], out);
    add_slot(c, &list->rest, out);
    for (uint32_t i = 0; i < list->n_classes; i++) add_slot(c, &list->classes[i].slot, out);
}

void schema_expand_all(struct schema *c, uint32_t set, struct schema_ids *out) {
    add_set(c, set, out);
    for (uint32_t i = 0; i < out->n && !schema_failed(c); i++) {
        expand(c, out->data[i]);
        if (schema_failed(c)) return;
        const struct schema_raw *raw = c->sets[out->data[i]].raw;
        for (uint32_t k = 0; k < raw->n_arrays; k++) add_list(c, &raw->arrays[k], out);
        for (uint32_t k = 0; k < raw->n_objects; k++) add_list(c, &raw->objects[k], out);
    }
}
