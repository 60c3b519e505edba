/* Responses that clients asked to keep (store: true): in memory only, a bounded number of them,
 * each for the client that asked. What is dropped is wiped. */
#ifndef INGLE_DAEMON_API_RESPONSE_STORE_H
#define INGLE_DAEMON_API_RESPONSE_STORE_H

#include "base/arena.h"
#include "worker/wire/wire.h"

#define RESPONSE_STORE_MAX 64
#define RESPONSE_STORE_BYTES ((size_t)16 << 20) /* of all; also of one */

struct turn;

/* Something said, as the API tells it. */
struct response_item {
    const char *id;
    struct wire_text json;
};

struct stored_response {
    struct stored_response *next; /* older */
    uint64_t client;
    const char *id;
    struct arena arena;    /* of all that follows */
    struct wire_text json; /* the response */
    struct wire_text
        messages; /* of the conversation, talk_before(); with the answer once it ended */
    struct response_item *items; /* [n_items]: of these n_input of the request, then the answer's */
    size_t n_input, n_items;
    struct turn *turn; /* that makes it; NULL once it has ended */
};

struct response_store {
    struct stored_response *newest;
};

/* A new one; the oldest that have ended make room. NULL: no memory. */
struct stored_response *response_store_add(struct response_store *s, uint64_t client,
                                           const char *id);
/* It has grown. False: it does not fit, and is gone. */
bool response_store_settle(struct response_store *s, struct stored_response *r);
void response_store_remove(struct response_store *s, struct stored_response *r);
void response_store_clear(struct response_store *s);

/* NULL: this client has none of this name. */
struct stored_response *response_store_find(struct response_store *s, uint64_t client,
                                            const char *id);
const struct response_item *response_store_find_item(struct response_store *s, uint64_t client,
                                                     const char *id);

#endif
