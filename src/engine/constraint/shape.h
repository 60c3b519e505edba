/* A JSON Schema in normal form: sets of JSON values, as unions of simple alternatives of which none
 * is empty. schema.c makes them (all of the boolean algebra happens there: allOf, anyOf, oneOf,
 * not, if, references), json_machine.c runs them.
 *
 * A shape is known by its number in the table, so that shapes may contain each other in circles.
 * Number SHAPE_NONE is the empty set; it appears only where an alternative says that no value may
 * stand there. Immutable once made; may be shared by machines. */
#ifndef INGLE_ENGINE_CONSTRAINT_SHAPE_H
#define INGLE_ENGINE_CONSTRAINT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine/constraint/dfa.h"

typedef uint32_t shape_id;

#define SHAPE_NONE ((shape_id)0)
#define SHAPE_NO_MAX UINT32_MAX
#define SHAPE_MAX_COUNTED 8

enum shape_literal { SHAPE_NULL = 1, SHAPE_FALSE = 2, SHAPE_TRUE = 4 };

/* A decimal number as it is written, checked: JSON's grammar. NULL data = no such bound. */
struct decimal {
    const char *data;
    size_t len;
};

/* Numbers between bounds that are multiples of all of some numbers and of none of others. Values
 * are exact decimals; 1, 1.0 and 10e-1 are the same. An integer is a multiple of 1. */
struct number_shape {
    struct decimal min, max;                         /* data NULL: none */
    bool above_min, below_max;                       /* the bound itself is not in the set */
    const struct decimal *multiples, *not_multiples; /* positive */
    size_t n_multiples, n_not_multiples;
};

/* Strings by their decoded content. texts NULL: any string of min to max characters (code
 * points); else min is 0 and max SHAPE_NO_MAX: the automaton knows the length too. */
struct string_shape {
    const struct dfa *texts;
    uint32_t min, max;
};

/* What one element of an array or value of a property may be: any of the options. Bit i of counts:
 * an element that is taken as this option counts for counted[i] of its array or object. */
struct shape_option {
    shape_id shape;
    uint8_t counts;
};

struct shape_slot {
    const struct shape_option *options;
    size_t n_options; /* 0: nothing may stand here */
};

struct shape_counted {
    uint32_t min, max; /* how many elements count for it: `contains` and its negations */
};

struct array_shape {
    const struct shape_slot *prefix; /* [n_prefix] of the first elements */
    size_t n_prefix;
    struct shape_slot rest; /* of all others */
    uint32_t min, max;      /* elements */
    const struct shape_counted *counted;
    size_t n_counted; /* <= SHAPE_MAX_COUNTED */
    bool is_unique;   /* no two equal elements */
};

/* Names that are treated alike. */
struct name_class {
    struct shape_slot slot;
    struct json_name {
        const char *data;
        size_t len;
    } only;           /* the class is this one name; data NULL if it is not one name */
    bool is_required; /* only where the class is one name */
};

struct object_shape {
    const struct dfa *names; /* label = 1 + index of the class; other names may not occur */
    const struct name_class *classes;
    size_t n_classes;
    uint32_t min, max; /* properties */
    const struct shape_counted *counted;
    size_t n_counted;
};

struct shape {
    const char *pointer; /* JSON pointer of the schema it comes from, for sentences; NULL = none */
    size_t where;        /* and its byte offset */
    unsigned literals;   /* enum shape_literal */
    const struct number_shape *numbers;
    size_t n_numbers;
    const struct string_shape *strings;
    size_t n_strings;
    const struct array_shape *arrays;
    size_t n_arrays;
    const struct object_shape *objects;
    size_t n_objects;
};

struct shape_table {
    struct arena arena;   /* all of the below but the automata */
    struct shape *shapes; /* [n_shapes], [0] is empty */
    size_t n_shapes;
    struct dfa **automata; /* [n_automata] owned */
    size_t n_automata;
    shape_id root;
};

void shape_table_free(struct shape_table *table);

#endif
