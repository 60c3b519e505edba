/* An answer under a constraint: which token comes next, and the passes that compute it. generate.c
 * owns the loop; this is what it asks instead of the sampler and the session.
 *
 * While the layers of a pass run, the mask of what may follow is found by another thread; before
 * the head it is known which logits are wanted at all. What is forced is not chosen, and computed
 * in one pass. The answer is closed, by its shortest ending, when the tokens that are left would
 * else not suffice. */
#ifndef INGLE_ENGINE_RUN_CONSTRAINED_H
#define INGLE_ENGINE_RUN_CONSTRAINED_H

#include "base/aside.h"
#include "engine/constraint/constraint.h"
#include "engine/run/session.h"

#define CONSTRAINED_FORCED_MAX 64

/* Blanks are allowed without end wherever JSON allows any, and a small model that is lost there may
 * write nothing else. So after CONSTRAINED_BLANKS bytes of them in a row, a line break and an
 * indent (before and behind the whole text a line break), each byte more makes another token of
 * blanks less likely by a nat: a weight and no rule, since it is for the constraint alone to say
 * what can be generated. */
#define CONSTRAINED_BLANKS 16
#define CONSTRAINED_BLANKS_OUTSIDE 4
#define CONSTRAINED_LINE_BREAK 4 /* bytes that one counts for */

struct constrained {
    struct session *session;
    struct constraint *constraint;
    struct mask *mask;   /* of the constraint */
    struct aside *aside; /* NULL: masks are found by the one thread that there is */
    machine_state state; /* after the tokens chosen so far */
    bool strip;          /* the text begins here (mask_of()) */
    int n_left;          /* tokens that may still be chosen */
    size_t n_blanks;     /* weight of the blanks that the text ends with, where they mean nothing */
    int n_uncomputed;    /* tokens chosen that stand behind those held and wait for a pass */
    struct mask_row row; /* what may follow state, if has_row */
    bool has_row;
    ingle_status status; /* of the other thread's work */
    ingle_error why;
    bool is_finding; /* the other thread is at work */
    int32_t forced[CONSTRAINED_FORCED_MAX];
    int n_forced, at_forced;
    bool is_closing; /* nothing is chosen any more */
    bool was_forced; /* the last token was not chosen by the sampler */
};

/* REFUSED if no text of the constraint fits max_tokens (-1: what the context holds). On success
 * constrained_end() is called in the end. */
BASE_NODISCARD ingle_status constrained_begin(struct constrained *c, struct session *s,
                                              struct constraint *constraint, bool strip,
                                              int max_tokens, ingle_error *err);

/* The next token; never one that the constraint does not allow. INGLE_TOKEN_NONE if the text is
 * over as it is: no token that may follow leaves room for an ending. */
BASE_NODISCARD ingle_status constrained_choose(struct constrained *c, struct sampler *sampler,
                                               int32_t *id, ingle_error *err);

/* True if nothing but the end can follow. */
BASE_NODISCARD ingle_status constrained_is_over(struct constrained *c, bool *is_over,
                                                ingle_error *err);

/* From now on the shortest way to the end. */
void constrained_close(struct constrained *c);

/* Instead of session_eval(): the token is computed at once, or with those that are certain to
 * follow it. */
BASE_NODISCARD ingle_status constrained_append(struct constrained *c, int32_t id, ingle_error *err);

/* Computes what waits if status is OK; afterwards the session has no logits. */
BASE_NODISCARD ingle_status constrained_end(struct constrained *c, ingle_status status,
                                            ingle_error *err);

#endif
