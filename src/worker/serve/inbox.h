/* The thread of a worker that receives: it puts requests into a queue, tells the serving thread of
 * a request that is to end, shows that the process lives, and ends it when the front is gone. */
#ifndef INGLE_WORKER_SERVE_INBOX_H
#define INGLE_WORKER_SERVE_INBOX_H

#include "worker/wire/link.h"

struct inbox;

/* Called from the receiving thread, once for a request that is to end, whether it is being served
 * or still in the queue. */
typedef void (*inbox_cancel_fn)(void *user);

/* The link, from which the first request was received that is not answered yet, belongs to the
 * inbox now; the only sender is the serving thread. */
BASE_NODISCARD ingle_status inbox_start(struct inbox **out, struct link *link, ingle_error *err);

/* The next request, whose buffer the caller clears; waits for it. */
void inbox_next(struct inbox *in, struct link_message *request);

/* What is called if this request is to end from now on; NULL: nothing. It is called at once, in
 * this thread, if that is known already. */
void inbox_watch(struct inbox *in, uint32_t id, inbox_cancel_fn cancel, void *user);
bool inbox_is_cancelled(struct inbox *in, uint32_t id);

struct link *inbox_link(struct inbox *in);

#endif
