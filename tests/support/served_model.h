/* A worker of this program with a tiny model that can be talked with, and the same model in this
 * process to compare with. main() must begin with worker_is_role(). What goes wrong in here ends
 * the test. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_SERVED_MODEL_H
#define INGLE_TESTS_SUPPORT_SERVED_MODEL_H

#include "ingle/ingle.h"
#include "worker/client/worker.h"

struct served_model {
    ingle_model *model;
    ingle_session *session; /* of n_ctx tokens, on one thread */
};

/* Group fixtures: *state is a struct served_model. They make and remove the folder of the test. */
int served_model_make(void **state);
int served_model_remove(void **state);

#define SERVED_N_CTX 1024

/* start: what else it is told; NULL = nothing but to have a session. */
struct worker *served_worker(const struct msg_start *start);

/* Asks; the result may be left out (size 0), like hear. Fails unless the status is as wanted. */
void served_ask(struct worker *w, ingle_status wanted, const struct worker_ask *ask,
                ingle_error *err);

#endif
