/* A front with an event loop that asks a peer (peer.h) many things at once, and checks that each
 * gets what it asked for, in order, and ends once. For programs with cmocka. */
#ifndef INGLE_TESTS_UNIT_WORKER_ASKING_H
#define INGLE_TESTS_UNIT_WORKER_ASKING_H

#include "unit/worker/peer.h"

struct asking {
    struct worker *worker; /* set by the caller; the rest is zeroed but for */
    struct peer_request m; /* whose padding is made of its len, and */
    int end_after;         /* this many answers it cancels itself in the answer; 0 = never */
    void (*then)(struct asking *a, void *user); /* called at its end; may be NULL */
    void *user;

    uint32_t id;
    uint32_t n_got;
    int n_done;
    bool was_told_to_end; /* by asking_end() or end_after */
    ingle_status status;
    ingle_error error;
    struct peer_result result;
};

BASE_NODISCARD ingle_status asking_begin(struct asking *a, ingle_error *err);
void asking_end(struct asking *a);

/* Turns until no more than n are open. Sleeps until the socket can be read, for as long as that
 * takes; or, is_timed, looks as often as a front must. */
void asking_turn(struct worker *w, size_t n, bool is_timed);
bool asking_sleep(const struct worker *w, bool is_timed); /* false: nothing happened in time */

/* Each of n ended once, well, or as it had to: with what it asked for or as what was told to end.
 */
void asking_check(const struct asking *all, size_t n);
/* Each ended once; those that failed with one of these. */
void asking_check_failed(const struct asking *all, size_t n, ingle_status status,
                         const char *saying);

/* A worker that has started. */
struct worker *asking_start(const struct peer_script *script);

#endif
