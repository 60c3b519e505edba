/* How many tokens a conversation is, for dialects that have an endpoint for it. */
#ifndef INGLE_DAEMON_API_COUNT_H
#define INGLE_DAEMON_API_COUNT_H

#include "daemon/api/api.h"
#include "worker/wire/msg_chat.h"

/* Ends the exchange. */
typedef void (*count_fn)(struct api_call *c, size_t n_tokens);

/* Asks the model (NULL: the default), and calls reply() with what it says; failures are answered in
 * the dialect's form. m is needed during the call only. */
void count_start(struct api_call *c, const char *model, const struct msg_conversation *m,
                 count_fn reply);

#endif
