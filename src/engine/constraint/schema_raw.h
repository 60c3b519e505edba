/* Alternatives as slots and counts, before it is known which of them are empty. See
 * schema_internal.h. */
#ifndef INGLE_ENGINE_CONSTRAINT_SCHEMA_RAW_H
#define INGLE_ENGINE_CONSTRAINT_SCHEMA_RAW_H

#include "engine/constraint/schema_algebra.h"

/* An option, a slot, an alternative before emptiness is known. */
struct schema_option {
    uint32_t set;
    uint8_t counts;
};
struct schema_slot {
    struct schema_option *options;
    uint32_t n;
};
struct schema_class {
    struct schema_slot slot;
    struct json_text only;
    uint64_t size; /* names in it */
    bool is_required;
};
struct schema_list { /* an array alternative; or an object alternative */
    struct schema_slot *prefix;
    uint32_t n_prefix;
    struct schema_slot rest;
    struct schema_class *classes;
    uint32_t n_classes;
    uint32_t names; /* automaton: label = 1 + class */
    uint32_t min, max;
    struct shape_counted counted[SHAPE_MAX_COUNTED];
    uint32_t n_counted;
    bool is_unique, is_alive;
};

struct schema_raw {
    unsigned literals;
    struct number_shape *numbers;
    uint32_t n_numbers;
    const struct schema_strings *strings;
    struct schema_list *arrays, *objects;
    uint32_t n_arrays, n_objects;
};

/* schema_raw.c: all sets that a set leads to, in order, each with its raw shape. */
void schema_expand_all(struct schema *c, uint32_t set, struct schema_ids *out);

/* For sentences: the schema that a set begins with. */
uint32_t schema_set_place(const struct schema *c, uint32_t set);

/* schema_empty.c schema_counts.c schema_unique.c schema_emit.c */
enum schema_answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };
/* Of the sets that are known to be alive: can the counts be met; with different elements? */
enum schema_answer schema_counts_answer(struct schema *c, const struct schema_list *list,
                                        bool is_object);
enum schema_answer schema_unique_answer(struct schema *c, const struct schema_list *list);
/* The most elements of an array, as far as its slots and its maximum say. */
uint32_t schema_max_length(const struct schema *c, const struct schema_list *list);
void schema_find_alive(struct schema *c, const struct schema_ids *sets);
void schema_emit(struct schema *c, uint32_t root, const struct schema_ids *sets,
                 struct shape_table *table);

#endif
