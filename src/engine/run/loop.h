/* Finds answers that run away: whose end is one block of tokens, over and over.
 *
 *     ... text [block][block][block][block][blo
 *              |<-p->|<----- repeated ------->|      every token here is the one p before it
 *
 * A block of p tokens is a loop once more than LOOP_COPIES further copies of it follow the first,
 * and these are LOOP_REPEATED tokens or more. Whole sentences do not come back word for word so
 * often, tables of zeros, rulers and runs of spaces do: for a block of fewer than LOOP_RICH
 * different tokens it has to be LOOP_REPEATED_POOR.
 *
 * Exact for every p up to LOOP_LONGEST, and a function of the tokens alone. Generation asks it; it
 * knows nothing of texts. */
#ifndef INGLE_ENGINE_RUN_LOOP_H
#define INGLE_ENGINE_RUN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* 512 tokens are a page of text and half a minute on a laptop: a line of 8 tokens 64 times. What
 * is wanted so often ("write it a hundred times") is rarer than a model that got stuck, and the
 * answer says why it ends. 1024 are a matrix of 22 x 22 zeros, or a ruler of ten lines in bytes. */
#define LOOP_REPEATED 512
#define LOOP_REPEATED_POOR 1024
#define LOOP_RICH 8
/* A refrain, or a form filled in twice, comes back once or twice in a row; not four times. */
#define LOOP_COPIES 3

/* Tokens looked back at, which bounds the block; and how often: so many steps a token in all. */
#define LOOP_WINDOW 4096
#define LOOP_LONGEST (LOOP_WINDOW / (1 + LOOP_COPIES))
#define LOOP_EVERY 64

struct loop {
    int next;                /* the number of tokens at which to look again */
    uint16_t z[LOOP_WINDOW]; /* scratch */
};

void loop_init(struct loop *l);

/* Of an answer of n tokens, the same ones as at the call before and more: true if it is in a loop.
 * Looks at every LOOP_EVERY-th token or a little later, in time LOOP_WINDOW at most: constant for
 * a token, linear for an answer. */
bool loop_found(struct loop *l, const int32_t *tokens, int n);

#endif
