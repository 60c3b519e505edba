/* A grammar made ready to run: places of all rules, what a character lets each of them do, and the
 * shortest ways to the end of each rule. */
#ifndef INGLE_ENGINE_CONSTRAINT_GRAMMAR_PLAN_H
#define INGLE_ENGINE_CONSTRAINT_GRAMMAR_PLAN_H

#include "engine/constraint/dfa.h"
#include "engine/constraint/grammar_parse.h"
#include "engine/constraint/regex_steps.h"

#define GRAMMAR_NO_WAY UINT64_MAX
#define GRAMMAR_MAX_WAY ((uint64_t)1 << 40) /* bytes of the shortest text of a rule */

struct grammar_rule_plan {
    uint32_t start; /* a place */
    uint32_t
        rank; /* a rule that begins with another has a smaller one, as far as that is possible */
    uint64_t way; /* bytes of its shortest text */
};

struct grammar_plan {
    struct regex_steps steps; /* STEP_FREE, STEP_SET, STEP_CALL, STEP_MATCH only */
    struct grammar_rule_plan *rules;
    uint32_t n_rules, root;
    uint64_t *ways; /* [places] bytes of a shortest way to the end of the rule */

    /* What can be reached from a place without a character and without a call: places of the other
     * three kinds, from which there is a way. */
    uint32_t *reached;                /* of all places, one behind the other */
    uint32_t *reached_at, *n_reached; /* [places] */

    /* One character: the automaton's labels are 1 + the class. */
    struct dfa *character;
    uint32_t n_words;    /* of a row of bits by class */
    uint64_t *set_bits;  /* [sets][n_words] the classes of a set */
    uint64_t *next_bits; /* [states + 1][n_words] classes that can still be reached in character */
    uint32_t *set_samples; /* [sets] a character of the set, of the shortest there are */
};

void grammar_plan_clear(struct grammar_plan *plan);
BASE_NODISCARD ingle_status grammar_plan_make(struct grammar_plan *out, const struct grammar *g,
                                              ingle_error *err);

/* grammar_ways.c: fills ways and rules[].way. */
BASE_NODISCARD ingle_status grammar_find_ways(struct grammar_plan *plan, const struct grammar *g,
                                              ingle_error *err);

/* grammar_order.c: fills rules[].rank; refuses left recursion. */
BASE_NODISCARD ingle_status grammar_order(struct grammar_plan *plan, const struct grammar *g,
                                          ingle_error *err);

#endif
