/* Calling: arguments, built-in functions, macros. Filters, tests, methods and global functions are
 * all rows of one kind. */
#ifndef INGLE_ENGINE_TEMPLATE_CALL_H
#define INGLE_ENGINE_TEMPLATE_CALL_H

#include "engine/template/ast.h"
#include "engine/template/run.h"

#define CALL_MAX_PARAMS 6

struct args {
    const struct value *items; /* [n] */
    size_t n;
    const struct dict *names; /* NULL = none */
};

/* Arguments by the parameters of a row: has[i] says whether one was given. */
struct params {
    const struct builtin *row;
    struct value v[CALL_MAX_PARAMS];
    bool has[CALL_MAX_PARAMS];
    const struct args *all;
};

struct builtin {
    const char *name;
    ingle_status (*fn)(struct run *r, struct value self, struct params *p, struct value *out);
    const char *params; /* their names, a space between; NULL: fn looks at p->all itself */
    int n_required;
};

/* The row of this name in a table; NULL. */
const struct builtin *builtin_find(const struct builtin *rows, size_t n, const char *name,
                                   size_t len);
BASE_NODISCARD ingle_status builtin_call(struct run *r, const struct builtin *row,
                                         struct value self, const struct args *args,
                                         struct value *out);

/* The tables. */
const struct builtin *filter_find(const char *name, size_t len);
const struct builtin *predicate_find(const char *name, size_t len); /* tests: "is defined" */
const struct builtin *global_find(const char *name, size_t len);
const struct builtin *method_find(struct value self, const char *name, size_t len);

/* Calls a filter, or a test, by its name: for map, select and their like. */
BASE_NODISCARD ingle_status filter_call(struct run *r, const char *name, size_t len,
                                        struct value self, const struct args *args,
                                        struct value *out);
BASE_NODISCARD ingle_status predicate_call(struct run *r, const char *name, size_t len,
                                           struct value self, const struct args *args, bool *out);

/* Calls whatever it is. */
BASE_NODISCARD ingle_status call_value(struct run *r, struct value callee, const struct args *args,
                                       struct value *out);

/* What a parameter says: itself if it was given, else what is given here. Fail if it is of another
 * kind. */
BASE_NODISCARD ingle_status param_int(struct run *r, const struct params *p, int i, int64_t other,
                                      int64_t *out);
BASE_NODISCARD ingle_status param_str(struct run *r, const struct params *p, int i,
                                      struct str **out); /* NULL if it was not given, or is none */
bool param_flag(const struct params *p, int i);

/* self as the string that a method or a filter is about. */
BASE_NODISCARD ingle_status call_need_str(struct run *r, const struct params *p, struct value v,
                                          struct str **out);

#endif
