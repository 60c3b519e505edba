/* The work of ingle_rewrite(), with the model behind a seam so that tests can answer for it. */
#ifndef INGLE_TASK_REWRITE_H
#define INGLE_TASK_REWRITE_H

#include "ingle/rewrite.h"
#include "task/ask.h"

/* As ask_model() and ask_count(), ask_count_text(). */
struct rewrite_model {
    ingle_status (*ask)(void *user, const struct ask *q, struct buf *answer,
                        ingle_stop_reason *reason, ingle_error *err);
    ingle_status (*count)(void *user, const struct ask *q, size_t *n_tokens, size_t *n_text,
                          size_t *n_ctx, ingle_error *err);
    void *user;
};

BASE_NODISCARD ingle_status rewrite_with(struct ingle_tasks *t, const struct rewrite_model *model,
                                         const char *text, size_t len,
                                         const ingle_rewrite_options *opt,
                                         ingle_rewrite_result *result, ingle_error *err);

#endif
