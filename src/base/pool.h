/* A fixed team of threads that run one function together, SPMD style, with cheap barriers.
 *
 *     pool_run(pool, work, arg)        every thread calls work(w, arg); the caller is thread 0
 *       for (c = pool_claim(w); c < n_chunks; c = pool_claim(w)) ...    share chunks of a phase
 *       pool_barrier(w)                end of the phase: all its chunks are done and visible
 *
 * Waiting threads spin for some microseconds, then sleep (base/gate.h); between runs they
 * take no processor time. Any number of pools may live side by side. Results must not depend on who
 * claims which chunk: chunks are fixed in size and reduced in index order by whoever needs them. */
#ifndef INGLE_BASE_POOL_H
#define INGLE_BASE_POOL_H

#include <stdbool.h>

#include <stdbool.h>

#include "base/status.h"

#define POOL_MAX_THREADS 256

struct pool;

/* One thread's view of a run. */
struct pool_worker {
    struct pool *pool;
    int index; /* 0 .. n_threads - 1 */
    int n_threads;
};

typedef void (*pool_fn)(const struct pool_worker *w, void *arg);

/* n_threads in 1..POOL_MAX_THREADS, the caller included. */
BASE_NODISCARD ingle_status pool_new(struct pool **out, int n_threads, ingle_error *err);
void pool_free(struct pool *pool);
int pool_n_threads(const struct pool *pool);

/* Keeps the spawned threads (not the caller's, which is somebody else's) on these processors, none
 * of them on one in particular. False if the system refused for any of them; they run on then
 * where they were. Not during a run. */
bool pool_confine(struct pool *pool, const int *cpus, int n_cpus);

/* Runs fn on all threads and returns when all have returned. One run at a time; different threads
 * may make them, one after another (with a lock between): the caller is thread 0 of its run. */
void pool_run(struct pool *pool, pool_fn fn, void *arg);

/* Inside a run: wait for all threads; also rewinds the chunk counter. */
void pool_barrier(const struct pool_worker *w);

/* Inside a run: the next unclaimed chunk number of the current phase, from 0. */
int pool_claim(const struct pool_worker *w);

/* Inside a run: the next unclaimed part [*from, *to) of n items of the current phase, instead of
 * pool_claim(). Large parts come first, for they are read as long streams, and small ones last, so
 * that all threads end together. False if nothing is left. */
bool pool_claim_part(const struct pool_worker *w, int n, int *from, int *to);

#endif
