/* Drafting a text from a few words. */
#ifndef INGLE_WORKER_WIRE_MSG_DRAFT_H
#define INGLE_WORKER_WIRE_MSG_DRAFT_H

#include "ingle/draft.h"
#include "worker/wire/message.h"

struct msg_draft {
    ingle_draft_kind kind;
    const char *to, *about, *tone; /* NULL = not given */
    struct wire_text context;
    int max_tokens;
};
void msg_draft(struct wire *w, void *message);

/* The result, an ingle_draft. Reading, no string is NULL. */
void msg_drafted(struct wire *w, void *message);

#endif
