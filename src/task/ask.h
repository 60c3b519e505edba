/* One question to the model and its answer: a system message and a user message in the model's own
 * template, thinking off. Guesses ahead come from the prompt, so that copying is quick. */
#ifndef INGLE_TASK_ASK_H
#define INGLE_TASK_ASK_H

#include "base/buf.h"
#include "task/tasks.h"

struct ask {
    const char *system; /* NUL-terminated; NULL = none */
    const char *text;   /* [len] the user's message */
    size_t len;
    int max_tokens; /* of the answer; -1 = until the context is full */
    const char *const *stops;
    size_t n_stops;
    ingle_constraint *constraint; /* of the answer; NULL = none */
    uint64_t seed;          /* added to that of the tasks: another answer for the same words */
    float more_temperature; /* added to that of the tasks */
    ingle_text_fn on_text;  /* receives the answer as it comes; may be NULL */
    void *user;
};

/* Appends the answer to *answer (may be NULL: only on_text is told) and says how it ended (may be
 * NULL). NOT_FOUND, with a line that says how to get one, if there is no model; CONTEXT_FULL,
 * naming both counts, if the question and one token do not fit; CANCELLED. */
BASE_NODISCARD ingle_status ask_model(struct ingle_tasks *t, const struct ask *q,
                                      struct buf *answer, ingle_stop_reason *reason,
                                      ingle_error *err);

/* Tokens of the question, template included, and those that the session can hold. */
BASE_NODISCARD ingle_status ask_count(struct ingle_tasks *t, const struct ask *q, size_t *n_tokens,
                                      size_t *n_ctx, ingle_error *err);

/* Tokens of a bare text. */
BASE_NODISCARD ingle_status ask_count_text(struct ingle_tasks *t, const char *text, size_t len,
                                           size_t *n_tokens, ingle_error *err);

/* The session of the model, made now if need be: for tasks that do not chat. */
BASE_NODISCARD ingle_status ask_session(struct ingle_tasks *t, ingle_error *err);

/* Session and chat of the model, made now if need be: for tasks that do not ask questions. */
BASE_NODISCARD ingle_status ask_prepare(struct ingle_tasks *t, ingle_error *err);

#endif
