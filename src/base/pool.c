#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/gate.h"

/* How long to spin for the others of a phase, and for the next run. Between two tokens the caller
 * draws one from all the logits and delivers its text: 40 to 70 microseconds. When the last token
 * is made, the team burns this much once. */
#define PHASE_SPIN_NS 40000u
#define START_SPIN_NS 200000u

/* One of the team; no two share a cache line. */
struct member {
    _Alignas(64) struct pool_worker worker;
    struct gate_waiter at_start, at_phase;
    pthread_t thread; /* of the spawned ones */
};

struct pool {
    struct gate start; /* value = number of runs begun */
    struct gate phase; /* value = number of barriers passed */
    _Alignas(64) atomic_int next_chunk;
    atomic_int n_arrived; /* who arrives has just claimed in vain and holds the line */
    _Alignas(64) pool_fn fn;
    void *arg;
    bool quit;
    int n_threads;
    int n_spawned;
    struct member *members; /* [n_threads]; the first is the caller */
};

static void *worker_main(void *arg) {
    struct member *me = arg;
    struct pool *pool = me->worker.pool;
    for (unsigned n_runs = 0;; n_runs++) {
        gate_wait(&pool->start, n_runs, START_SPIN_NS, &me->at_start);
        if (pool->quit) return NULL;
        pool->fn(&me->worker, pool->arg);
        pool_barrier(&me->worker);
    }
}

ingle_status pool_new(struct pool **out, int n_threads, ingle_error *err) {
    *out = NULL;
    if (n_threads < 1 || n_threads > POOL_MAX_THREADS) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%d threads asked for; 1 to %d are possible.",
                          n_threads, POOL_MAX_THREADS);
    }
    struct pool *pool = mem_aligned(64, sizeof *pool);
    if (!pool) return status_no_memory(err, "the thread pool", sizeof *pool);
    pool->n_threads = n_threads;
    pool->members = mem_aligned(64, (size_t)n_threads * sizeof *pool->members);
    if (!pool->members) {
        pool_free(pool);
        return status_no_memory(err, "the thread pool", (size_t)n_threads * sizeof *pool->members);
    }
    for (int i = 0; i < n_threads; i++) {
        pool->members[i].worker =
            (struct pool_worker){.pool = pool, .index = i, .n_threads = n_threads};
    }
    for (int i = 1; i < n_threads; i++) {
        int errnum = pthread_create(&pool->members[i].thread, NULL, worker_main, &pool->members[i]);
        if (errnum) {
            pool_free(pool);
            return status_set(err, INGLE_LIMIT, 0, "Cannot start thread %d of %d: %s.", i + 1,
                              n_threads, strerror(errnum));
        }
        pool->n_spawned++;
    }
    *out = pool;
    return INGLE_OK;
}

void pool_free(struct pool *pool) {
    if (!pool) return;
    pool->quit = true;
    gate_open(&pool->start);
    for (int i = 1; i <= pool->n_spawned; i++) pthread_join(pool->members[i].thread, NULL);
    mem_free(pool->members);
    mem_free(pool);
}

int pool_n_threads(const struct pool *pool) {
    return pool->n_threads;
}

struct confinement {
    cpu_set_t sets[8]; /* 8,192 CPUs: the most a kernel is built for */
    atomic_int n_refused;
};

/* Each thread itself: a process that is sealed can do that, and not to a thread by its number,
 * which could be another process's. */
static void confine_self(const struct pool_worker *w, void *arg) {
    struct confinement *c = arg;
    if (w->index == 0) return;
    if (sched_setaffinity(0, sizeof c->sets, c->sets) != 0) atomic_fetch_add(&c->n_refused, 1);
}

bool pool_confine(struct pool *pool, const int *cpus, int n_cpus) {
    struct confinement c = {0};
    for (int i = 0; i < n_cpus; i++) CPU_SET_S((size_t)cpus[i], sizeof c.sets, c.sets);
    pool_run(pool, confine_self, &c);
    return atomic_load(&c.n_refused) == 0;
}

void pool_run(struct pool *pool, pool_fn fn, void *arg) {
    pool->fn = fn;
    pool->arg = arg;
    if (pool->n_threads > 1) gate_open(&pool->start);
    fn(&pool->members[0].worker, arg);
    pool_barrier(&pool->members[0].worker);
}

void pool_barrier(const struct pool_worker *w) {
    struct pool *pool = w->pool;
    unsigned seen = gate_value(&pool->phase);
    if (atomic_fetch_add(&pool->n_arrived, 1) + 1 < pool->n_threads) {
        gate_wait(&pool->phase, seen, PHASE_SPIN_NS, &pool->members[w->index].at_phase);
        return;
    }
    atomic_store_explicit(&pool->n_arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->next_chunk, 0, memory_order_relaxed);
    if (pool->n_threads > 1) gate_open(&pool->phase);
}

int pool_claim(const struct pool_worker *w) {
    return atomic_fetch_add_explicit(&w->pool->next_chunk, 1, memory_order_relaxed);
}

bool pool_claim_part(const struct pool_worker *w, int n, int *from, int *to) {
    int i = pool_claim(w);
    /* Rounds of one part for every thread, which leave a quarter of what was left before: a thread
     * that is half as fast as the others still ends soon after them. */
    for (int at = 0; at < n;) {
        int size = (int)((int64_t)(n - at) * 3 / (4 * w->n_threads));
        if (size < 1) size = 1;
        if (i < w->n_threads) {
            *from = at + i * size;
            *to = n - *from < size ? n : *from + size;
            return *from < n;
        }
        i -= w->n_threads;
        at += w->n_threads * size;
    }
    return false;
}
