/* What a machine knows of a table of shapes before it starts: which of them have values at all, how
 * short these can be, and tables for what steps have to decide. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_PLAN_H
#define INGLE_ENGINE_CONSTRAINT_JSON_PLAN_H

#include "engine/constraint/json_texts.h"
#include "engine/constraint/json_values.h"
#include "engine/constraint/number_lexer.h"
#include "engine/constraint/shape.h"

#define JSON_NEVER UINT64_MAX /* the length of what does not exist */
#define JSON_NO_NUMBERS UINT32_MAX
#define JSON_MANY UINT32_MAX /* names without end */

/* What a property counts for beside its value, in lengths: more than any name takes, so that
 * lengths fall with every byte of a completion (see json_finish.c). Lengths are bounds, then, not
 * exact. */
#define JSON_EXTRA ((uint64_t)1 << 20)

/* The alternatives of a shape, as indices into the lists of the plan. */
struct json_shape_plan {
    uint64_t least; /* bytes of the shortest text of a value; JSON_NEVER: there is none */
    uint32_t numbers;
    uint32_t strings, arrays, objects; /* the first of each */
};

struct json_string_plan {
    const struct json_texts *texts;
    struct json_texts by_length; /* where texts points if there is no automaton */
    uint64_t least;
};

/* Elements so far are counted up to where more make no difference; with `counted`, what counts is
 * a number in mixed radix: the sum of strides[i] * min(count of i, caps[i]). */
struct json_array_plan {
    const struct array_shape *shape;
    uint64_t least;
    uint32_t stop;     /* elements at most; SHAPE_NO_MAX: no end */
    uint32_t cap;      /* the index stays here */
    uint64_t *prefix;  /* [n_prefix + 1] bytes of so many elements, each with a comma; JSON_NEVER */
    uint64_t rest;     /* of one more */
    uint32_t n_counts; /* product of all radices; 1 without `counted` */
    uint32_t strides[SHAPE_MAX_COUNTED], caps[SHAPE_MAX_COUNTED];
    uint32_t *costs; /* [cap + 1][n_counts] bytes up to the end after so many elements, UINT32_MAX:
                        no end; NULL without `counted` */
    /* For is_unique: */
    uint32_t *n_scalars; /* [n_prefix + 1] of an element, up to the minimum; JSON_MANY */
    bool *is_endless;    /* [n_prefix + 1] there is always another value for this element */
    bool is_unclear;     /* whether the elements that must come can differ */
};

/* Properties are of some kinds, by what their values may count for (0: nothing, 1: must count, 2:
 * as they like), and whether they are required, or optional, or that and long (no value is as short
 * as those counted on), or mixed (some are, but may count for less). A name's kind is that of its
 * class. */
enum json_kind_place { JSON_OPTIONAL, JSON_REQUIRED, JSON_MIXED, JSON_LONG };

static inline int json_kind(int counts, enum json_kind_place place) {
    return 4 * counts + (int)place;
}

static inline int json_kind_counts(int kind) {
    return kind / 4;
}

static inline bool json_kind_is_required(int kind) {
    return kind % 4 == JSON_REQUIRED;
}

struct json_class_plan {
    uint32_t name; /* a text of the values, if the class is one name */
    uint16_t kind; /* 1 << kind; 0: no property of this name */
    uint64_t cost; /* bytes of the shortest value */
};

struct json_object_plan {
    const struct object_shape *shape;
    uint64_t least;
    struct json_texts names;
    uint16_t *kinds; /* [n_classes + 1] by label */
    struct json_class_plan *classes;
    uint32_t n_required[3], n_optional[3]; /* names; JSON_MANY */
    uint64_t *n_names;                     /* [n_classes] */
    uint32_t count_min, count_max;
    uint64_t most;      /* the greatest cost of a class */
    bool keeps_names;   /* some classes are more than one name */
    uint32_t *required; /* classes */
    uint32_t n_all_required;
};

struct json_plan {
    const struct shape_table *table;
    struct json_shape_plan *shapes;
    struct number_lexer *numbers;
    struct json_texts *texts; /* of automata of strings */
    struct json_string_plan *strings;
    struct json_array_plan *arrays;
    struct json_object_plan *objects;
    uint32_t n_numbers, n_texts, n_strings, n_arrays, n_objects;
};

/* REFUSED for what cannot be run exactly, or has no values. Names go into values. */
BASE_NODISCARD ingle_status json_plan_init(struct json_plan *plan, const struct shape_table *table,
                                           struct json_values *values, ingle_error *err);
void json_plan_clear(struct json_plan *plan);

/* Bytes of a short value; JSON_NEVER. */
uint64_t json_slot_least(const struct json_plan *plan, const struct shape_slot *slot);

const struct shape_slot *json_array_slot(const struct array_shape *array, uint32_t index);

/* After one element more, taken as an option that counts so: the index and what counts. False if
 * the array could not be ended then. */
bool json_array_add(const struct json_array_plan *array, uint8_t counts, uint32_t *index,
                    uint32_t *count);
bool json_array_may_end(const struct json_array_plan *array, uint32_t index, uint32_t count);
/* Bytes up to the end, the bracket too, after so many elements. */
uint64_t json_array_cost(const struct json_array_plan *array, uint32_t index, uint32_t count);

/* What an object has so far. */
struct json_progress {
    uint32_t n;          /* properties; no more than the minimum where there is no maximum */
    uint32_t count;      /* of those that count, likewise */
    uint32_t missing[3]; /* required names by what they may count for */
    uint32_t used[3];    /* of the others, where there is an end to them */
};

struct json_progress json_object_start(const struct json_object_plan *object);
/* With one property more, of this kind (an index); what counts is added by json_object_count(). */
struct json_progress json_object_add(const struct json_object_plan *object,
                                     const struct json_progress *p, int kind);
struct json_progress json_object_count(const struct json_object_plan *object,
                                       const struct json_progress *p, uint8_t counts);
/* How many free properties are needed beside those that are missing. False: no end is possible. */
bool json_object_needs(const struct json_object_plan *object, const struct json_progress *p,
                       uint32_t *n_more);
/* The same once the last name, of this kind, got its value, whatever it counts for. */
bool json_object_needs_after(const struct json_object_plan *object, const struct json_progress *p,
                             int kind, uint32_t *n_more);
/* Bytes up to the end, the brace too. seen: the names that are there. */
uint64_t json_object_cost(const struct json_object_plan *object, const struct json_values *values,
                          const struct json_progress *p, uint32_t seen);
bool json_object_may_end(const struct json_object_plan *object, const struct json_progress *p);

#endif
