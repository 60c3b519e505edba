/* Decides how many tokens to guess ahead. A pass over the chosen token and k guesses takes longer
 * than one over the token alone, and yields 1 + (right guesses) tokens; what both amount to depends
 * on the model, the machine and the text, and is learned while generating:
 *
 *   - how often a guess after a match of so many tokens is right. Every guess counts, those that
 *     were not tried too (the token that came instead is known anyway): so a text that begins to
 *     repeat itself is noticed for nothing.
 *   - what a pass of 1 + k rows costs in passes of one row. Known only by trying; while nothing is
 *     tried the hope grows that it has become cheap, until a try, of which each one in vain makes
 *     the next wait longer.
 *
 * Pure arithmetic: times come from the caller. They decide how fast text comes, never which. */
#ifndef INGLE_ENGINE_RUN_DRAFT_GATE_H
#define INGLE_ENGINE_RUN_DRAFT_GATE_H

#include <stdbool.h>

#include "engine/run/lookup.h"

#define DRAFT_MAX 7

struct draft_gate {
    double right[LOOKUP_LONGEST + 1]; /* share of right guesses by length of match; [0] unused */
    double cost[DRAFT_MAX + 1];       /* by k; cost[0] = 1 */
    bool tried[DRAFT_MAX + 1];        /* cost[k] is a measured one */
    double plain_ms;                  /* of late; 0: none yet */
    int since_plain;                  /* passes since the last plain one */
    double hope, hope_step;           /* 0: costs are what they were, 1: what one would like */
    bool is_probe;                    /* the last choice was for hope only */
    int always; /* for tests: so many guesses whatever they cost; 0: as it pays */
};

void draft_gate_init(struct draft_gate *g);

/* How many guesses to try, 0 to k_max, after a match of len tokens (1 to LOOKUP_LONGEST). */
int draft_gate_choose(struct draft_gate *g, int len, int k_max);

/* A guess after a match of len tokens was right, or not. */
void draft_gate_learn(struct draft_gate *g, int len, bool was_right);

/* A pass with k guesses took so long. */
void draft_gate_timed(struct draft_gate *g, int k, double ms);

#endif
