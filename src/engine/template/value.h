/* The values of a template, as Python has them. Strings know of each byte whether it came from data
 * or is the template's own. All memory is the rendering's arena. */
#ifndef INGLE_ENGINE_TEMPLATE_VALUE_H
#define INGLE_ENGINE_TEMPLATE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct run;
struct node;
struct scope;
struct loop;

enum value_kind {
    VALUE_UNDEFINED,
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_BIG, /* an integer of the data beyond 64 bits: is printed, not computed with */
    VALUE_FLOAT,
    VALUE_STR,
    VALUE_SEQ,
    VALUE_DICT,
    VALUE_NAMESPACE, /* a dict of attributes */
    VALUE_MACRO,
    VALUE_GLOBAL, /* a built-in function */
    VALUE_METHOD,
    VALUE_LOOP,
    VALUE_CYCLER,
    VALUE_JOINER
};

#define STR_NOT_COUNTED SIZE_MAX

struct str {
    const char *data;     /* UTF-8 */
    const uint8_t *marks; /* [len] 1 = data; NULL: all bytes are as is_data says */
    size_t len;
    size_t n_chars; /* STR_NOT_COUNTED until asked for */
    bool is_data;
    bool is_safe; /* Markup: what is added to it is escaped for HTML */
};

/* What is called undefined, and why. */
struct undefined {
    const char *of; /* "dict object"; NULL: a variable */
    const char *name;
    size_t name_len;
    const char *hint; /* a whole sentence instead */
    bool is_unsafe;   /* an attribute that the sandbox forbids */
};

struct value {
    enum value_kind kind;
    union {
        bool b;
        int64_t i;
        double f;
        struct str *s; /* STR; BIG: its digits */
        struct seq *q;
        struct dict *d;
        struct undefined *u; /* NULL: nothing more is known */
        struct macro *m;
        struct method *method;
        const struct builtin *global;
        struct loop *loop;
        struct cycler *cycler;
    };
};

enum seq_form {
    SEQ_LIST,
    SEQ_TUPLE,
    SEQ_RANGE,
    SEQ_KEYS, /* views of a dict: counted and walked, without index */
    SEQ_VALUES,
    SEQ_ITEMS,
    SEQ_ITERATOR /* walked once */
};

struct seq {
    enum seq_form form;
    size_t n, cap;
    size_t pos; /* ITERATOR: walked so far */
    struct value *items;
    int64_t start, stop, step; /* RANGE */
    bool is_group;             /* TUPLE: has the attributes grouper and list */
};

struct dict_entry {
    struct value key, value;
    uint64_t hash;
};

struct dict {
    size_t n, cap;
    struct dict_entry *entries; /* in order of insertion */
    uint32_t *slots;            /* [n_slots] entry + 1, 0 = empty; NULL while there are few */
    size_t n_slots;
    uint64_t seed; /* of the hashes */
};

struct method {
    struct value self;
    const struct builtin *row;
};

/* cycler: the items and which is next; joiner: one item, pos says whether it was called. */
struct cycler {
    const struct value *items;
    size_t n, pos;
};

struct macro {
    const struct node *node; /* MACRO or CALL block */
    struct scope *scope;     /* where it was defined */
};

#define VALUE_OF_NONE ((struct value){.kind = VALUE_NONE})
#define VALUE_NOTHING ((struct value){.kind = VALUE_UNDEFINED})

static inline struct value value_bool(bool b) {
    return (struct value){.kind = VALUE_BOOL, .b = b};
}
static inline struct value value_int(int64_t i) {
    return (struct value){.kind = VALUE_INT, .i = i};
}
static inline struct value value_float(double f) {
    return (struct value){.kind = VALUE_FLOAT, .f = f};
}
static inline struct value value_of_str(struct str *s) {
    return (struct value){.kind = VALUE_STR, .s = s};
}
static inline struct value value_of_seq(struct seq *q) {
    return (struct value){.kind = VALUE_SEQ, .q = q};
}
static inline struct value value_of_dict(struct dict *d) {
    return (struct value){.kind = VALUE_DICT, .d = d};
}

/* The kind in words ("a string"), and the name that Python has for it ("str object"). */
const char *value_kind_name(struct value v);
const char *value_python_name(struct value v);

bool value_is_true(struct value v);

/* An integer or a bool as a number. */
static inline bool value_as_int(struct value v, int64_t *out) {
    if (v.kind == VALUE_INT) *out = v.i;
    if (v.kind == VALUE_BOOL) *out = v.b;
    return v.kind == VALUE_INT || v.kind == VALUE_BOOL;
}
static inline bool value_is_number(struct value v) {
    return v.kind >= VALUE_BOOL && v.kind <= VALUE_FLOAT;
}
bool value_as_float(struct value v, double *out);

/* Python's == and `is`. */
BASE_NODISCARD ingle_status value_equal(struct run *r, struct value a, struct value b, bool *out);
bool value_is_same(struct value a, struct value b);

/* Python's order: -1, 0, 1; 2 where a NaN has none. `op` is how the template writes the question.
 */
BASE_NODISCARD ingle_status value_compare(struct run *r, struct value a, struct value b,
                                          const char *op, int *out);

/* Python's `in`. */
BASE_NODISCARD ingle_status value_contains(struct run *r, struct value all, struct value one,
                                           bool *out);

/* Of a key of a dict. */
BASE_NODISCARD ingle_status value_hash(struct run *r, struct value v, uint64_t *out);
uint64_t value_hash_text(uint64_t seed, const char *text, size_t len);

#endif
