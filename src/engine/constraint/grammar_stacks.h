/* Sets of stacks of places: what a grammar may still owe. A set is a list of pairs, a place and the
 * set of all that may lie below it; it is known by its number, and equal lists have one number, so
 * stacks share what they have in common and histories that lead to the same are one.
 *
 *     {(place, tails), (place, tails), ...}    in order; (GRAMMAR_BOTTOM, 0) is the empty stack
 *
 * On top of the stacks of a state stand places that await a character, below them places behind
 * calls. All calls of a rule at one point of the text become one, with all that may follow as its
 * tails: this keeps ambiguous grammars small. */
#ifndef INGLE_ENGINE_CONSTRAINT_GRAMMAR_STACKS_H
#define INGLE_ENGINE_CONSTRAINT_GRAMMAR_STACKS_H

#include "engine/constraint/grammar_plan.h"

#define GRAMMAR_BOTTOM UINT32_MAX
#define GRAMMAR_MAX_WORK ((size_t)1 << 18) /* pairs of one closure */

struct grammar_pair {
    uint32_t place, tails;
};

struct grammar_call {
    uint32_t rule;
    struct grammar_pair behind; /* place GRAMMAR_BOTTOM: all that is in tails */
};

struct grammar_stacks {
    const struct grammar_plan *plan;
    struct intern sets;
    uint64_t *ways; /* [cap_ways] bytes until the shortest stack of a set is empty */
    uint32_t cap_ways;
    struct intern
        unions; /* pairs of sets whose union is known: ambiguous texts ask again and again */
    uint32_t *union_sets; /* [cap_unions] these unions */
    uint32_t cap_unions;
    bool failed; /* out of memory, or past a limit */

    /* Of the closure at work. */
    struct grammar_pair *todo, *tops;
    size_t n_todo, cap_todo, n_tops, cap_tops;
    struct grammar_call *calls;
    size_t n_calls, cap_calls;
    struct intern seen; /* pairs that were in todo */
    size_t work;
};

void grammar_stacks_init(struct grammar_stacks *s, const struct grammar_plan *plan);
void grammar_stacks_clear(struct grammar_stacks *s);

/* The number of a set of pairs, which are brought into order in place. 0 on failure; the set that
 * has it is the empty one. */
uint32_t grammar_set(struct grammar_stacks *s, struct grammar_pair *pairs, size_t n);

static inline const struct grammar_pair *grammar_pairs(const struct grammar_stacks *s, uint32_t set,
                                                       size_t *n) {
    const uint32_t *items = intern_get(&s->sets, set, n);
    *n /= 2;
    return (const struct grammar_pair *)items;
}

/* A new closure; a stack that goes on at a place; and the set of all stacks that follow without a
 * character, 0 if there are none. */
void grammar_begin(struct grammar_stacks *s);
void grammar_enter(struct grammar_stacks *s, uint32_t place, uint32_t tails);
uint32_t grammar_close(struct grammar_stacks *s);

/* Forgets all sets but those that *set is made of. */
void grammar_stacks_compact(struct grammar_stacks *s, uint32_t *sets, size_t n);

#endif
