#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Long enough to bridge the gap between two tokens' phases, short enough not to burn a core that
 * somebody else could use. */
#define SPIN_NS 40000u
#define SPINS_PER_CLOCK_READ 64

/* An event that is waited for by value: spin first, then sleep on the condition. */
struct gate {
    atomic_uint value;
    atomic_int n_sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

struct pool {
    _Alignas(64) struct gate start; /* value = number of runs begun */
    _Alignas(64) struct gate phase; /* value = number of barriers passed */
    _Alignas(64) atomic_int n_arrived;
    _Alignas(64) atomic_int next_chunk;
    _Alignas(64) pool_fn fn;
    void *arg;
    int quit;
    int n_threads;
    int n_spawned;
    struct pool_worker *workers;
    pthread_t *threads;
};

static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void gate_init(struct gate *g) {
    atomic_init(&g->value, 0);
    atomic_init(&g->n_sleepers, 0);
    pthread_mutex_init(&g->mutex, NULL);
    pthread_cond_init(&g->cond, NULL);
}

static void gate_clear(struct gate *g) {
    pthread_mutex_destroy(&g->mutex);
    pthread_cond_destroy(&g->cond);
}

static void gate_open(struct gate *g) {
    atomic_fetch_add(&g->value, 1);
    if (atomic_load(&g->n_sleepers) == 0) return;
    pthread_mutex_lock(&g->mutex);
    pthread_cond_broadcast(&g->cond);
    pthread_mutex_unlock(&g->mutex);
}

/* Returns once the gate's value differs from `seen`. */
static void gate_wait(struct gate *g, unsigned seen) {
    uint64_t give_up = 0;
    for (;;) {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            if (atomic_load_explicit(&g->value, memory_order_acquire) != seen) return;
            cpu_relax();
        }
        uint64_t now = clock_ns();
        if (give_up == 0) give_up = now + SPIN_NS;
        if (now >= give_up) break;
    }
    pthread_mutex_lock(&g->mutex);
    atomic_fetch_add(&g->n_sleepers, 1);
    while (atomic_load(&g->value) == seen) pthread_cond_wait(&g->cond, &g->mutex);
    atomic_fetch_sub(&g->n_sleepers, 1);
    pthread_mutex_unlock(&g->mutex);
}

static void *worker_main(void *arg) {
    const struct pool_worker *w = arg;
    struct pool *pool = w->pool;
    for (unsigned n_runs = 0;; n_runs++) {
        gate_wait(&pool->start, n_runs);
        if (pool->quit) return NULL;
        pool->fn(w, pool->arg);
        pool_barrier(w);
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
    gate_init(&pool->start);
    gate_init(&pool->phase);
    pool->workers = mem_calloc((size_t)n_threads, sizeof *pool->workers);
    pool->threads = mem_calloc((size_t)n_threads, sizeof *pool->threads);
    if (!pool->workers || !pool->threads) {
        pool_free(pool);
        return status_no_memory(err, "the thread pool", (size_t)n_threads * sizeof *pool->threads);
    }
    for (int i = 0; i < n_threads; i++) {
        pool->workers[i] = (struct pool_worker){.pool = pool, .index = i, .n_threads = n_threads};
    }
    for (int i = 1; i < n_threads; i++) {
        int errnum = pthread_create(&pool->threads[i], NULL, worker_main, &pool->workers[i]);
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
    pool->quit = 1;
    gate_open(&pool->start);
    for (int i = 1; i <= pool->n_spawned; i++) pthread_join(pool->threads[i], NULL);
    gate_clear(&pool->start);
    gate_clear(&pool->phase);
    mem_free(pool->threads);
    mem_free(pool->workers);
    mem_free(pool);
}

int pool_n_threads(const struct pool *pool) {
    return pool->n_threads;
}

void pool_run(struct pool *pool, pool_fn fn, void *arg) {
    pool->fn = fn;
    pool->arg = arg;
    if (pool->n_threads > 1) gate_open(&pool->start);
    fn(&pool->workers[0], arg);
    pool_barrier(&pool->workers[0]);
}

void pool_barrier(const struct pool_worker *w) {
    struct pool *pool = w->pool;
    unsigned seen = atomic_load(&pool->phase.value);
    if (atomic_fetch_add(&pool->n_arrived, 1) + 1 == pool->n_threads) {
        atomic_store(&pool->n_arrived, 0);
        atomic_store(&pool->next_chunk, 0);
        if (pool->n_threads > 1) gate_open(&pool->phase);
        return;
    }
    gate_wait(&pool->phase, seen);
}

int pool_claim(const struct pool_worker *w) {
    return atomic_fetch_add_explicit(&w->pool->next_chunk, 1, memory_order_relaxed);
}
