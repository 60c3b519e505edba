/* A pattern as a nondeterministic automaton: places joined by steps (Thompson's construction, with
 * repetitions written out). */
#ifndef INGLE_ENGINE_CONSTRAINT_REGEX_STEPS_H
#define INGLE_ENGINE_CONSTRAINT_REGEX_STEPS_H

#include "engine/constraint/regex.h"

#define REGEX_MAX_PLACES (1u << 18)
#define REGEX_NOWHERE UINT32_MAX
#define REGEX_ALL_SETS UINT32_MAX /* as a set: any character */

enum regex_step {
    STEP_FREE,  /* to `to` and, if it is somewhere, to `other` */
    STEP_SET,   /* to `to` over a character of set `what` */
    STEP_START, /* to `to` at the beginning of the text */
    STEP_END,   /* to `to` at its end */
    STEP_EDGE,
    STEP_LOOK, /* to `to` if what look number `what` says holds */
    STEP_CALL, /* to `to` behind a text of rule `what` */
    STEP_MATCH /* the pattern, or what a look asks for, has been found */
};

struct regex_place {
    enum regex_step step;
    bool negated; /* STEP_EDGE */
    uint32_t what, to, other;
};

struct regex_steps {
    const char *what;           /* for sentences: "The grammar" */
    struct regex_place *places; /* owned */
    uint32_t n, cap;
    uint32_t start;
    uint32_t *look_starts; /* [n_looks] owned */
};

/* search: the pattern may begin anywhere. */
BASE_NODISCARD ingle_status regex_steps_make(struct regex_steps *out, const struct regex *re,
                                             bool search, ingle_error *err);
/* Adds the places of a tree that may call rules; *start is the first. */
BASE_NODISCARD ingle_status regex_steps_add(struct regex_steps *steps,
                                            const struct regex_node *node, uint32_t *start,
                                            ingle_error *err);
void regex_steps_clear(struct regex_steps *steps);

#endif
