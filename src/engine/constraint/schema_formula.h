/* What a set of schemas says about arrays and objects: conditions, formulas over them, and the
 * alternatives that these come to. See schema_internal.h. */
#ifndef INGLE_ENGINE_CONSTRAINT_SCHEMA_FORMULA_H
#define INGLE_ENGINE_CONSTRAINT_SCHEMA_FORMULA_H

#include "engine/constraint/schema_internal.h"

/* Which names a condition speaks of. */
struct schema_names {
    enum { NAMES_ONE, NAMES_TEXTS, NAMES_OTHERS } kind;
    uint32_t one;           /* in names */
    uint32_t texts;         /* in automata */
    const uint32_t *except; /* OTHERS: in none of these; single names first, sorted */
    uint32_t n_ones, n_except;
};

enum schema_atom_kind {
    ATOM_COUNT,   /* min to max elements or properties */
    ATOM_ALL,     /* every property of `names`, or element from `from` on, is `literal` */
    ATOM_AT,      /* the element at `from`, if there is one, is `literal` */
    ATOM_SOME,    /* a property of `names` is there and is `literal` */
    ATOM_MATCHES, /* min to max of the elements from `from` on are `literal` */
    ATOM_UNIQUE,
    ATOM_NOT_UNIQUE,
};

struct schema_atom {
    uint32_t kind; /* enum schema_atom_kind */
    uint32_t names, from;
    schema_literal literal;
    uint32_t min, max;
};

struct schema_form {
    enum { FORM_TRUE, FORM_FALSE, FORM_ATOM, FORM_AND, FORM_OR } kind;
    uint32_t atom;
    uint32_t n;
    const struct schema_form **parts;
};

/* schema_forms.c: is_object: what it says about objects, else about arrays. */
extern const struct schema_form schema_true, schema_false;
const struct schema_form *schema_form_of(struct schema *c, schema_literal literal, bool is_object);
/* Of a schema that stands under a site, or of its denial. */
const struct schema_form *schema_child_form(struct schema *c, uint32_t site,
                                            const struct json_value *value, bool is_object,
                                            bool is_negated);
const struct schema_form *schema_atom_form(struct schema *c, const struct schema_atom *atom);
const struct schema_form *schema_count_form(struct schema *c, uint32_t min, uint32_t max);
/* Parts of one AND or OR, collected. */
struct schema_parts {
    const struct schema_form **data;
    uint32_t n, cap;
    bool is_and;
};
void schema_add_part(struct schema *c, struct schema_parts *p, const struct schema_form *form);
const struct schema_form *schema_join(struct schema *c, struct schema_parts *p);
static inline const struct schema_atom *schema_atom_at(const struct schema *c, uint32_t atom) {
    return c->atoms.keys[atom].data;
}

/* schema_values.c */
const struct schema_form *schema_value_form(struct schema *c, const struct json_value *value,
                                            bool is_object, bool is_negated);

/* schema_objects.c schema_arrays.c: what a keyword of a site says, or its denial; schema_true (or
 * false) if it says nothing about objects (arrays). */
const struct schema_form *schema_object_form(struct schema *c, uint32_t site,
                                             const struct json_member *member, bool is_negated);
const struct schema_form *schema_array_form(struct schema *c, uint32_t site,
                                            const struct json_member *member, bool is_negated);
/* Every property of these names is this; some property is. */
const struct schema_form *schema_all_form(struct schema *c, uint32_t names, schema_literal literal);
const struct schema_form *schema_some_form(struct schema *c, uint32_t names,
                                           schema_literal literal);
const struct schema_form *schema_has_form(struct schema *c, const struct json_text *name,
                                          bool is_negated);
/* Of minProperties, maxItems and the like. */
const struct schema_form *schema_bound_form(struct schema *c, const struct json_member *member,
                                            bool is_negated);
/* Every element from `from` on is this. */
const struct schema_form *schema_rest_form(struct schema *c, uint32_t from, schema_literal literal,
                                           bool is_negated);
/* How many first elements a site speaks of one by one. */
uint32_t schema_n_prefix(const struct schema *c, uint32_t site);

/* schema_names.c: numbers of struct schema_names */
uint32_t schema_names_one(struct schema *c, const struct json_text *name);
uint32_t schema_names_texts(struct schema *c, uint32_t automaton);
uint32_t schema_names_others(struct schema *c, const uint32_t *names, size_t n);
bool schema_names_have(const struct schema *c, uint32_t names, uint32_t name);
/* The names that `properties` and `patternProperties` of a site speak of, appended. */
void schema_own_names(struct schema *c, uint32_t site, struct schema_ids *ids);

/* schema_cases.c: unevaluatedProperties and unevaluatedItems */
const struct schema_form *schema_unevaluated_form(struct schema *c, uint32_t site,
                                                  const struct json_value *value, bool is_object,
                                                  bool is_negated);

/* schema_solve.c: the alternatives of a formula; each is the numbers of its atoms. */
struct schema_alternative {
    uint32_t *atoms;
    uint32_t n;
};
struct schema_alternatives {
    struct schema_alternative *data;
    uint32_t n, cap;
};
void schema_solve(struct schema *c, const struct schema_form *form, bool is_object,
                  struct schema_alternatives *out);
/* Whether there is one that is not seen to be empty. */
bool schema_is_solvable(struct schema *c, const struct schema_form *form, bool is_object);
/* The formula of a set. */
const struct schema_form *schema_set_form(struct schema *c, const struct schema_set *set,
                                          bool is_object);

/* The names of an alternative in classes that its conditions do not tell apart. */
struct schema_partition {
    struct schema_ids ones, texts; /* in names, in automata */
    uint64_t *signatures;          /* of the classes after the ones: bit i: in texts[i] */
    uint32_t n_classes, signatures_cap;
    uint32_t automaton; /* label = 1 + class */
};
void schema_partition_add(struct schema *c, struct schema_partition *p, uint32_t names);
/* The same names in the same classes share what was made of them. */
void schema_partition_make(struct schema *c, struct schema_partition *p);
bool schema_class_in(const struct schema *c, const struct schema_partition *p, uint32_t class,
                     uint32_t names);
/* The same automaton with other labels: labels[old], 0 = out. */
uint32_t schema_relabel(struct schema *c, const struct dfa *names, uint32_t *labels);

/* What the atoms of an alternative say together. */
struct schema_range {
    uint32_t min, max;
};
struct schema_range schema_atoms_range(const struct schema *c, const uint32_t *atoms, uint32_t n);

#endif
