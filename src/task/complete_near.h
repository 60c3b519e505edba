/* Pieces of other files that are worth showing: those in which the identifiers around the place
 * occur, the rarer an identifier the more it counts. */
#ifndef INGLE_TASK_COMPLETE_NEAR_H
#define INGLE_TASK_COMPLETE_NEAR_H

#include "base/status.h"
#include "ingle/complete.h"

struct near_piece {
    size_t file;          /* its number */
    size_t from, to;      /* bytes of its text: whole lines */
    size_t line, n_lines; /* the first, from 1 */
    double score;
    uint64_t identity; /* of its name and text */
};

struct near_question {
    const char *text; /* [len] of the file */
    size_t len, at;
    const ingle_complete_file *others;
    size_t n_others;
    const uint64_t
        *shown;     /* [n_shown] pieces that were shown the last time, which are preferred: */
    size_t n_shown; /* the prompt's beginning stays */
};

/* The pieces that share an identifier with the place, and all of wanted files, the best first;
 * *out [*n] is the caller's to mem_free(). */
BASE_NODISCARD ingle_status near_find(struct near_piece **out, size_t *n,
                                      const struct near_question *q, ingle_error *err);

/* Puts chosen pieces into the order of the prompt: by file and line, whatever their scores. */
void near_order(struct near_piece *pieces, size_t n, const ingle_complete_file *others);

#endif
