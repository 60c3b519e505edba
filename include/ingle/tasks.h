/* Everyday tasks over a model, packs, or both: each has a header of its own (summarize.h,
 * rewrite.h, draft.h, complete.h, intent.h, digest.h). A task writes its own prompt, plans what
 * does not fit the context, and checks what the model made of it. Nothing is read from disk or sent
 * anywhere.
 *
 * An ingle_tasks belongs to one thread at a time, but ingle_tasks_cancel(). */
#ifndef INGLE_TASKS_H
#define INGLE_TASKS_H

#include "ingle/chat.h"
#include "ingle/pack.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_tasks ingle_tasks;

/* What there is to work with; all of it is borrowed and must outlive the ingle_tasks. */
typedef struct ingle_tasks_options {
    size_t size;
    const ingle_model *model;             /* generates text; NULL = none */
    const ingle_session_options *session; /* of the model's session; NULL = the defaults */
    const ingle_pack *encoder;            /* ranks sentences; NULL = by the words alone */
    const ingle_pack *intents;            /* the classifier of ingle_intent(); NULL = none */
    const ingle_pack *tagger;             /* finds names; NULL = by their shape alone */
    float temperature; /* of all generation; 0, the default, = the likeliest token */
    uint64_t seed;
} ingle_tasks_options;

INGLE_API ingle_tasks_options ingle_tasks_options_default(void);

/* opt may be NULL. The session is made when a task first needs the model. */
INGLE_API INGLE_NODISCARD ingle_status ingle_tasks_new(ingle_tasks **out,
                                                       const ingle_tasks_options *opt,
                                                       ingle_error *err);
INGLE_API void ingle_tasks_free(ingle_tasks *tasks);

/* Makes the task in progress (or the next one) return CANCELLED soon. From any thread and from a
 * signal handler. */
INGLE_API void ingle_tasks_cancel(ingle_tasks *tasks);

/* Where a task that takes several steps is. */
typedef struct ingle_progress {
    const char *step; /* what is being done, for people: "part 3 of 7" */
    size_t done, total;
} ingle_progress;

/* Borrowed during the call. Returns false to stop, which is CANCELLED. */
typedef bool (*ingle_progress_fn)(const ingle_progress *progress, void *user);

#ifdef __cplusplus
}
#endif

#endif
