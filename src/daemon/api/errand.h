/* A small question to a worker whose answer is gathered whole before the dialect goes on: tokens of
 * a text, text of tokens, what a template writes, whether a model is there.
 *
 * An exchange runs one at a time; when its client goes away, the errand is forgotten. */
#ifndef INGLE_DAEMON_API_ERRAND_H
#define INGLE_DAEMON_API_ERRAND_H

#include "daemon/api/api.h"
#include "worker/wire/msg_tokens.h"

struct errand;

/* err NULL if OK. The errand's own memory is gone afterwards; its arena's (ids, bytes) stays. May
 * start the next errand. */
typedef void (*errand_fn)(struct errand *e, ingle_status status, const ingle_error *err);

struct errand {
    struct api_call call;
    errand_fn end;
    void *user;
    struct job *job;

    struct buf text;               /* of all MSG_TEXT; only during end() */
    struct msg_tokens_item *items; /* [n_items] of all MSG_TOKENS, in the exchange's arena */
    size_t n_items, items_cap;
    const void *result; /* of the ask's visit_result; only during end() */
};

/* Asks; ask->asker, on_answer, on_done and user are filled in here. On failure it has been
 * answered, and end() is not called. */
bool errand_start(struct api_call *c, const struct service_ask *ask, errand_fn end, void *user);

#endif
