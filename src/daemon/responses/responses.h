/* What the files of OpenAI's Responses API share. */
#ifndef INGLE_DAEMON_RESPONSES_RESPONSES_H
#define INGLE_DAEMON_RESPONSES_RESPONSES_H

#include "daemon/api/blocks.h"
#include "daemon/api/field.h"
#include "daemon/api/response_store.h"
#include "daemon/api/talk.h"

extern const struct api_dialect api_responses;

/* POST /v1/responses, in the exchange's arena. */
struct responses_request {
    struct msg_chat chat;
    const char *model;    /* NULL: the default */
    const char *previous; /* previous_response_id; NULL */
    bool streams, stores;
    const struct json_value *body; /* what the response repeats */
    struct wire_text kept;         /* what the next response begins with: all but instructions */
    struct response_item *items;   /* [n_items] of the input, if it is to be stored */
    size_t n_items, items_cap;
};

/* responses_read.c. False: it was answered. */
bool responses_read(struct api_call *c, struct responses_request *r);

/* responses_input.c: `input`, behind what the previous response had. */
void responses_read_input(struct fields *f, struct api_call *c, struct responses_request *r,
                          struct talk *talk);

/* responses_answer.c */
void responses_answer(struct api_call *c, const struct responses_request *r);
/* Ends the one that is being made, for its client and in the store. */
void responses_cancel(struct turn *t);

/* ---- what a response is: responses_put.c ---- */

struct response {
    const struct responses_request *request;
    struct blocks blocks;
    struct stored_response *stored; /* NULL: nobody keeps it */
    int64_t n_events;
    bool is_cancelled;
};

enum response_status { RESPONSE_RUNS, RESPONSE_ENDED, RESPONSE_FAILED };

/* failure: of FAILED. Until it has ended, a response has neither output nor usage. */
void responses_put(struct json *j, const struct turn *t, enum response_status status,
                   const struct api_failure *failure);
/* A block as an item; one that has only begun is empty. */
void responses_put_item(struct json *j, const struct turn *t, const struct block *b,
                        bool has_ended);
/* It ended before the model ended it. */
bool responses_was_cut(const struct turn *t);

/* ---- what is kept: responses_stored.c ---- */

/* The response is kept from its beginning on. False: no memory. */
bool responses_keep(struct turn *t);
void responses_keep_end(struct turn *t, enum response_status status,
                        const struct api_failure *failure);

void responses_get(struct api_call *c);    /* GET {id}, {id}/input_items */
void responses_post(struct api_call *c);   /* POST {id}/cancel */
void responses_delete(struct api_call *c); /* DELETE {id} */

#endif
