/* What all tasks share: the model, its session and chat, and the packs. Tasks use the public API
 * only; ask.h is how they put a question to the model. */
#ifndef INGLE_TASK_TASKS_H
#define INGLE_TASK_TASKS_H

#include <stdatomic.h>

#include "base/status.h"
#include "ingle/complete.h"
#include "ingle/group.h"
#include "ingle/tasks.h"

struct intent_set;

struct ingle_tasks {
    ingle_tasks_options options; /* its session is copied below */
    ingle_session_options session_options;
    ingle_session *session; /* NULL until the model is first asked; options.model has the rest */
    ingle_session_urgency urgency; /* of the session */
    ingle_chat *chat;
    _Atomic(ingle_session *) cancellable; /* the session, for ingle_tasks_cancel() */
    atomic_bool is_cancelled;
    uint64_t shown[INGLE_COMPLETE_MAX_PIECES]; /* pieces of files in the last completion's prompt */
    size_t n_shown;
    struct intent_set *labels; /* what the last ingle_intent() made of its labels; NULL = none */
};

/* Frees the labels. */
void task_forget_labels(struct ingle_tasks *t);

/* Nothing of what was asked so far is left: the next one to ask is somebody else. */
void task_forget(struct ingle_tasks *t);

/* Of the session from now on. */
void task_set_urgency(struct ingle_tasks *t, ingle_session_urgency urgency);

/* Copies a caller's options of a task over the defaults in *dst, both beginning with their size.
 * BAD_ARGUMENT for a size that is not `known`. src NULL = the defaults. */
BASE_NODISCARD ingle_status task_read_options(void *dst, const void *src, size_t known,
                                              const char *name, ingle_error *err);

/* BAD_ARGUMENT that names the argument if it is NULL. */
BASE_NODISCARD ingle_status task_need(const void *argument, const char *name, ingle_error *err);

/* CANCELLED, once, if ingle_tasks_cancel() was called: for loops that do not ask the model. */
BASE_NODISCARD ingle_status task_check_cancel(struct ingle_tasks *t, ingle_error *err);

/* The same, and tells where the task is; progress may be NULL. */
BASE_NODISCARD ingle_status task_progress(struct ingle_tasks *t, ingle_progress_fn progress,
                                          void *user, const char *step, size_t done, size_t total,
                                          ingle_error *err);

/* Around what the session does: from begin to end ingle_tasks_cancel() reaches it, too. At no other
 * time, or a cancel that nobody was there for would also end the task after the next. Begin is
 * task_check_cancel(); end without begin does nothing. */
BASE_NODISCARD ingle_status task_begin(struct ingle_tasks *t, ingle_error *err);
void task_end(struct ingle_tasks *t);

/* INVALID for text that is no UTF-8 or holds a NUL, naming the byte; `what` names the text. */
BASE_NODISCARD ingle_status task_check_text(const char *text, size_t len, const char *what,
                                            ingle_error *err);

#endif
