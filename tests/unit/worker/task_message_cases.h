/* The messages of everyday tasks: how each is made of random values, and what makes two the same.
 */
#ifndef INGLE_UNIT_WORKER_TASK_MESSAGE_CASES_H
#define INGLE_UNIT_WORKER_TASK_MESSAGE_CASES_H

#include "base/rng.h"
#include "worker/wire/msg_complete.h"
#include "worker/wire/msg_digest.h"
#include "worker/wire/msg_intent.h"
#include "worker/wire/msg_summarize.h"

/* What random values are made of; of a message, all are different from zero more often than not. */
struct maker {
    struct rng rng;
    struct arena arena;
};

struct task_message {
    const char *name;
    size_t size;
    wire_fn visit;
    void (*make)(struct maker *m, void *message); /* of zeros */
    void (*same)(const void *a, const void *b);   /* asserts it */
};

#define TASK_MESSAGES 20
extern const struct task_message task_messages[TASK_MESSAGES];

/* Room for any of them. */
union any_message {
    struct msg_complete complete;
    ingle_complete_result completed;
    struct msg_digest digest;
    struct msg_found found;
    struct msg_intent intent;
    ingle_summary_result summarized;
    ingle_digest_group group;
};

#endif
