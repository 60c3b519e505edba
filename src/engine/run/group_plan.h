/* What goes into the next pass of a group: arithmetic over the turns that wait, no threads.
 *
 *   turns, in order of arrival:   [step] [prompt ........] [step] [step] [prompt ....]
 *   a pass of n_batch rows:       the steps, then as much of the prompts as there is room for
 *
 * A step is a token of an answer that is being made (with its guesses, or forced tokens): a few
 * rows cost little beside the weights, so that every step goes along. Prompts share what is left by
 * urgency, and among equals by arrival; while others make answers, they get a piece that makes the
 * pass about GROUP_SLOWDOWN times as long as one without. Who is passed over often enough comes
 * first once, whatever its urgency: all of them move. */
#ifndef INGLE_ENGINE_RUN_GROUP_PLAN_H
#define INGLE_ENGINE_RUN_GROUP_PLAN_H

#include <stdbool.h>

#include "engine/model/forward.h"
#include "ingle/group.h"

/* Rows of a step at most: a token and the guesses behind it. */
#define GROUP_STEP_ROWS 8

/* A prompt's piece while others make answers: at least, before anything was measured, at most. */
#define GROUP_PIECE_LEAST 16
#define GROUP_PIECE_FIRST 32
#define GROUP_PIECE_MOST 128
#define GROUP_SLOWDOWN 3.0

/* A pass of prompts alone: so long, by what was measured, and so many tokens at least. Whoever
 * comes meanwhile has to wait for its end; nobody is to wait long for what is not urgent. */
#define GROUP_ALONE_MS 250.0
#define GROUP_ALONE_LEAST 128
#define GROUP_ALONE_MS_NOT_URGENT 100.0
#define GROUP_ALONE_LEAST_NOT_URGENT 64

struct group_seat;

/* What one thread wants computed. It lives on that thread's stack; from group_compute() on it is
 * read and written under the group's lock, and by the thread that computes. */
struct group_turn {
    const struct forward_seq *seqs; /* whole; without a cut, as they go into the pass */
    int n_seqs;
    int n_left, n_done; /* tokens; n_done: of the first sequence */
    bool is_whole;      /* one pass, or none: several sequences, or one that is not cut */
    ingle_session_urgency urgency;
    void (*before_head)(void *user); /* forward.h */
    void *user;

    int n_now;         /* tokens in the pass that is made */
    int n_passed_over; /* passes since it last had a part in one */
    bool is_done, was_cancelled;
    bool was_shared; /* others had a part in its passes, or it waited: its time says nothing */
    int call;        /* group.c */
    struct group_seat *seat;
    struct group_turn *next, *next_called;
};

static inline bool group_turn_is_step(const struct group_turn *t) {
    return t->is_whole || t->n_left <= GROUP_STEP_ROWS;
}

/* Sets n_now of every turn, and n_passed_over as the pass will leave it. piece: tokens of prompts;
 * room: all rows. Every is_whole turn fits the room. */
void group_plan(struct group_turn *turns, int room, int piece);

/* What passes took, and what follows for the piece. */
struct group_pace {
    double steps_ms; /* of a pass without prompts; 0: not known yet */
    double row_ms;   /* of one row of a prompt more */
};

void group_pace_timed(struct group_pace *p, int n_step_rows, int n_prompt_rows, double ms);

/* Tokens of prompts in the next pass: beside answers, or without, and then whether one of them is
 * interactive. */
int group_pace_beside(const struct group_pace *p);
int group_pace_alone(const struct group_pace *p, bool is_urgent);

#endif
