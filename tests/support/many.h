/* A front that has several requests open at once, against support/serving.h. */
#ifndef INGLE_TESTS_SUPPORT_MANY_H
#define INGLE_TESTS_SUPPORT_MANY_H

#include "support/serving.h"

struct many {
    /* what to ask */
    enum msg_type type;
    struct msg_asker asker;
    struct buf body;      /* without the asker */
    double cancel_ms;     /* after it was sent; < 0 = never */
    wire_fn visit_result; /* NULL = none is read */
    void *message;        /* [result_size] the result */
    size_t message_size;

    /* what came of it */
    uint32_t id;
    double sent_ms, done_ms; /* clock_ms(); 0 = not yet */
    bool was_cancelled;      /* by this front */
    struct buf answers;      /* type, size and body of each but MSG_DONE */
    ingle_error error;       /* of MSG_DONE */
};

/* The message is written into the request's body. */
void many_ask(struct many *m, enum msg_type type, uint64_t client, wire_fn visit,
              const void *message);

/* Asks all of them, `window` at a time, in this order, and waits for their ends. */
void many_run(struct serving *s, struct many *all, size_t n, size_t window);

/* The two halves of that. */
void many_send(struct serving *s, struct many *m);
void many_cancel(struct serving *s, struct many *m);
/* Hears at most one message about these; waits up to wait_ms. */
void many_hear(struct serving *s, struct many *all, size_t n, int wait_ms);
bool many_is_open(const struct many *m);

void many_clear(struct many *m);

#endif
