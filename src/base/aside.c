#include "base/aside.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/gate.h"

/* The owner mostly comes when the work is done, or nearly. */
#define WAIT_SPIN_NS 20000u

struct aside {
    struct gate begun, done; /* values: pieces begun, pieces done */
    struct gate_waiter at_begun, at_done;
    unsigned n_begun; /* the owner's count */
    pthread_t thread;
    void (*fn)(void *arg); /* NULL: quit */
    void *arg;
};

static void *aside_main(void *arg) {
    struct aside *a = arg;
    for (unsigned n = 0;; n++) {
        gate_wait(&a->begun, n, 0, &a->at_begun);
        if (!a->fn) return NULL;
        a->fn(a->arg);
        gate_open(&a->done);
    }
}

ingle_status aside_new(struct aside **out, ingle_error *err) {
    *out = NULL;
    struct aside *a = mem_aligned(64, sizeof *a);
    if (!a) return status_no_memory(err, "a thread", sizeof *a);
    int errnum = pthread_create(&a->thread, NULL, aside_main, a);
    if (errnum) {
        mem_free(a);
        return status_set(err, INGLE_LIMIT, 0, "Cannot start a thread: %s.", strerror(errnum));
    }
    *out = a;
    return INGLE_OK;
}

void aside_free(struct aside *a) {
    if (!a) return;
    a->fn = NULL;
    gate_open(&a->begun);
    pthread_join(a->thread, NULL);
    mem_free(a);
}

void aside_start(struct aside *a, void (*fn)(void *arg), void *arg) {
    a->fn = fn;
    a->arg = arg;
    a->n_begun++;
    gate_open(&a->begun);
}

void aside_wait(struct aside *a) {
    gate_wait(&a->done, a->n_begun - 1, WAIT_SPIN_NS, &a->at_done);
}
