/* How a long text is divided for a model that can read so many tokens at once: into parts that end
 * at sections, paragraphs or sentences, in that order of preference, and of which each but the
 * first repeats the last sentences of the one before. Every byte is in a part. */
#ifndef INGLE_TASK_SUMMARIZE_PLAN_H
#define INGLE_TASK_SUMMARIZE_PLAN_H

#include <stddef.h>

#include "base/status.h"

/* Tokens of text[0..len). */
typedef ingle_status (*plan_count_fn)(const char *text, size_t len, size_t *n_tokens, void *user,
                                      ingle_error *err);

struct plan_limits {
    size_t n_tokens;  /* of a part, at most */
    size_t n_overlap; /* of what is repeated, at most; less than half of n_tokens */
};

struct plan_part {
    size_t from, to; /* bytes */
    size_t n_new;    /* offset from which on the part before did not have it */
    size_t n_tokens;
};

struct plan {
    struct plan_part *parts; /* in the order of the text */
    size_t n_parts;
    size_t n_tokens; /* of the text, counted sentence by sentence */
};

/* The caller clears *out, which is empty after a failure. CONTEXT_FULL if a single character does
 * not fit a part; what count says. */
BASE_NODISCARD ingle_status plan_make(struct plan *out, const char *text, size_t len,
                                      const struct plan_limits *limits, plan_count_fn count,
                                      void *user, ingle_error *err);
void plan_clear(struct plan *plan);

#endif
