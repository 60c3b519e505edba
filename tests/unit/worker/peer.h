/* A worker that works on all it was asked at once, by a script: in a fork of the test, it answers
 * in any order, as much of whatever it was asked for; or dies, or reads nothing, when it is told
 * to. And what is asked of it. */
#ifndef INGLE_TESTS_UNIT_WORKER_PEER_H
#define INGLE_TESTS_UNIT_WORKER_PEER_H

#include "worker/client/worker.h"

struct peer_script {
    uint64_t seed;
    uint32_t version;    /* 0 = the right one */
    unsigned start_ms;   /* so long its start takes */
    ingle_status start;  /* how that ends */
    bool is_sullen;      /* then it reads nothing, and beats no more */
    bool is_deaf;        /* to what is cancelled: it goes on to the end */
    unsigned dies_after; /* so many messages; 0 = it does not */
    int signal;          /* by which it dies; 0 = it exits */
    unsigned pause_us;   /* now and then, so long */
};

/* What it is asked for; any type of request does. */
struct peer_request {
    uint32_t key;
    uint32_t n_answers, answer_size, result_size; /* MSG_TEXT each */
    struct wire_text padding;
};
void peer_request(struct wire *w, void *message);

struct peer_result {
    uint32_t key, n_said;
    struct wire_text words;
};
void peer_result(struct wire *w, void *message);

/* The n-th answer's bytes, the padding's (n = PEER_PADDING) and the result's (PEER_WORDS). */
#define PEER_PADDING UINT32_MAX
#define PEER_WORDS (UINT32_MAX - 1)
void peer_bytes(void *out, size_t size, uint32_t key, uint32_t n);
bool peer_is_right(const void *data, size_t size, uint32_t key, uint32_t n);

/* Starts one; on_started as worker_spawn()'s. The script is copied. */
struct worker *peer_spawn(const struct peer_script *script,
                          void (*on_started)(ingle_status, const ingle_error *, void *),
                          void *user);

#endif
