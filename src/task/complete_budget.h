/* What of a text fits into a number of tokens: cut at line borders, the place's own line always
 * first. Tokens are counted by whoever calls. */
#ifndef INGLE_TASK_COMPLETE_BUDGET_H
#define INGLE_TASK_COMPLETE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct budget_counter {
    ingle_status (*count)(void *user, const char *text, size_t len, size_t *n, ingle_error *err);
    void *user;
};

struct budget_cut {
    size_t from, to; /* bytes of the text */
    size_t n_tokens; /* never more than were allowed */
    bool in_line;    /* not even the place's line fits: as much of it as does */
};

/* The end of text[0..len). Where lines are left out, the first one kept is one of few: while a
 * person types, it stays the same, and so does the prompt's beginning. */
BASE_NODISCARD ingle_status budget_before(struct budget_cut *cut, const struct budget_counter *c,
                                          const char *text, size_t len, size_t max,
                                          ingle_error *err);

/* The beginning of text[0..len). */
BASE_NODISCARD ingle_status budget_after(struct budget_cut *cut, const struct budget_counter *c,
                                         const char *text, size_t len, size_t max,
                                         ingle_error *err);

#endif
