/* Drafts from a few words: an e-mail, a reply to a thread, a message, a note. What nobody said is
 * not made up: numbers, dates, amounts, names and addresses that are neither in the request nor in
 * the context become placeholders that can be seen, like [date]. */
#ifndef INGLE_DRAFT_H
#define INGLE_DRAFT_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ingle_draft_kind {
    INGLE_DRAFT_EMAIL, /* a subject, a greeting, a closing */
    INGLE_DRAFT_REPLY, /* the same, to the newest message of the context */
    INGLE_DRAFT_MESSAGE,
    INGLE_DRAFT_NOTE
} ingle_draft_kind;

/* Something that whoever sends the draft fills in. */
typedef struct ingle_draft_placeholder {
    const char *text;     /* as it stands in the draft: "[date]" */
    const char *replaced; /* what the model had made up; "" if it left the place open itself */
} ingle_draft_placeholder;

/* Strings are NUL-terminated and borrowed during the call. */
typedef struct ingle_draft {
    const char *subject; /* "" of messages and notes */
    const char *body;
    const ingle_draft_placeholder *placeholders; /* in the order of the draft */
    size_t n_placeholders;
    bool was_cut; /* the model did not come to an end: max_tokens, or in circles */
} ingle_draft;

typedef void (*ingle_draft_fn)(const ingle_draft *draft, void *user);

typedef struct ingle_draft_options {
    size_t size;
    ingle_draft_kind kind; /* default EMAIL */
    const char *to;        /* whom it is for; NULL = not known */
    const char *about;     /* what it is to say; NULL only for a reply */
    const char *tone;      /* "friendly", "formal", any words; NULL = as fits */
    const char *context;   /* [context_len] the thread, or anything to know; needed for a reply */
    size_t context_len;
    int max_tokens;        /* of the draft. Default 600 */
    ingle_text_fn on_text; /* sees the raw text while it is made, for progress; may be NULL */
    ingle_draft_fn on_draft;
    void *user; /* of both */
} ingle_draft_options;

INGLE_API ingle_draft_options ingle_draft_options_default(void);

/* BAD_ARGUMENT for a request without words or a reply without a context; INVALID for texts that are
 * no UTF-8; NOT_FOUND if the tasks have no model; CONTEXT_FULL, naming both counts, if the context
 * is too long for the model. */
INGLE_API INGLE_NODISCARD ingle_status ingle_draft_text(ingle_tasks *tasks,
                                                        const ingle_draft_options *opt,
                                                        ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
