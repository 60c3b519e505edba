/* The worker's threads in this process, not sealed, over a real link: for what wants to see into
 * both sides at once, the thread sanitizer and fuzzers. */
#ifndef INGLE_TESTS_SUPPORT_SERVING_H
#define INGLE_TESTS_SUPPORT_SERVING_H

#include "worker/serve/serve.h"

struct serving {
    struct server server;
    struct link front, worker;
    struct ring_page *pages[2];
    int sockets[2];
    pthread_t thread;
    uint32_t last_id;
    struct link_message answer;
    size_t n_answers; /* to the last request, but MSG_DONE */
};

/* A tiny model that can be talked with and fills the middle, of a context of n_ctx tokens;
 * everything else that a worker has but packs. False, having said why, if it cannot. It is never
 * undone. */
bool serving_start(struct serving *s, int n_ctx);

/* The same with slots, for several requests at once (support/many.h). */
bool serving_start_slots(struct serving *s, int n_ctx, int n_slots);

/* Asks and waits for the end, whose status is returned. after_ms >= 0: another thread cancels it
 * that long after it was sent. */
ingle_status serving_ask(struct serving *s, enum msg_type type, const void *body, size_t size,
                         double after_ms);

/* Set by a test in which the worker, and with it this process, is to end. */
extern atomic_bool serving_may_end;

#endif
