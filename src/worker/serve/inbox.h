/* The thread of a worker that receives: it keeps the queue of requests and gives each to a thread
 * that serves, tells such a thread of a request that is to end, shows that the process lives, and
 * ends it when the front is gone.
 *
 *     link --> receive --> waiting: by urgency, then arrival --> taker 0: a slot
 *                                                            --> taker 1: a slot ...
 *                                                            --> a lane for what is light
 *
 * A request goes to an idle taker of its weight: to the one that served the same client last, whose
 * session may hold most of the conversation, else to the one that is idle for the longest time. One
 * that is cancelled while it waits goes to any, for nobody has to work for it. */
#ifndef INGLE_WORKER_SERVE_INBOX_H
#define INGLE_WORKER_SERVE_INBOX_H

#include "worker/wire/link.h"
#include "worker/wire/message.h"

struct inbox;

/* What a request asks of who serves it. */
enum inbox_weight {
    INBOX_QUICK = 1, /* it is answered at once */
    INBOX_LIGHT = 2, /* a text is gone through, but no session is needed */
    INBOX_HEAVY = 4, /* a session works */
    INBOX_ANY = 7
};

#define INBOX_MAX_TAKERS (RING_REQUESTS + 2)

/* Called from the receiving thread, once for a request that is to end, whether it is being served
 * or still in the queue. */
typedef void (*inbox_cancel_fn)(void *user);

/* The link, from which the first request was received that is not answered yet, belongs to the
 * inbox now; nobody else receives. */
BASE_NODISCARD ingle_status inbox_start(struct inbox **out, struct link *link, ingle_error *err);

/* One more thread serves, requests of these weights (one or more of inbox_weight): its number. All
 * join before the front may ask for more; at most INBOX_MAX_TAKERS. */
size_t inbox_join(struct inbox *in, unsigned weights);

/* The next request, whose buffer the caller clears; waits for it. */
void inbox_next(struct inbox *in, size_t taker, struct link_message *request);

/* The request is heavier than it looks: it goes back to the head of its kind, for another taker. */
void inbox_pass_on(struct inbox *in, struct link_message *request);

/* What is called if this request, which the taker serves, is to end from now on; NULL: nothing. It
 * is called at once, in this thread, if that is known already. */
void inbox_watch(struct inbox *in, size_t taker, uint32_t id, inbox_cancel_fn cancel, void *user);
bool inbox_is_cancelled(struct inbox *in, uint32_t id);

/* Takers of heavy requests that serve one now; requests that wait. */
struct inbox_load {
    size_t n_busy, n_waiting;
};
struct inbox_load inbox_get_load(struct inbox *in);

struct link *inbox_link(struct inbox *in);

#endif
