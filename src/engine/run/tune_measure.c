#include "engine/run/tune_measure.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/pool.h"
#include "engine/kern/ops.h"

#define BUDGET_NS 200000000u
#define SAMPLE_NS 4000000u
#define MAX_ROUNDS 8
#define ROUNDS_TO_SETTLE 3 /* after which a machine that is never quiet is given up */
#define UNDISTURBED 0.8    /* share of the processors' time that a sample got */
#define ADVANTAGE 1.1

#define MIN_SIZE ((size_t)64 << 20) /* of the weights: more than most caches hold */
#define MAX_SIZE ((size_t)128 << 20)
#define PHASE_SIZE ((size_t)1 << 20) /* about a matrix of a model of half a billion */
#define N_COLS 1024
#define FILL 0x3b /* makes scales of 0.9 and codes of 3 and 11 */

/* The weights, and what a sample tells. */
struct load {
    struct kern_ops ops;
    struct kern_weight weight;
    struct kern_acts acts;
    void *acts_storage;
    float *out;
    size_t size;      /* bytes of weights */
    int phase_groups; /* row groups of a phase */
    int n_phases;     /* that the weights have */
    int first;        /* phase a sample begins with */
    uint64_t begun;
    atomic_int last; /* phase after which it ends; -1 = not yet known */
    uint64_t busy_ns[POOL_MAX_THREADS];
};

/* Those of one number of threads. */
struct racer {
    struct pool *pool;
    double best;
};

static uint64_t thread_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void one_phase(const struct pool_worker *w, struct load *l, int g0) {
    int rows = l->weight.layout.rows, n = l->phase_groups, from, to;
    while (pool_claim_part(w, n, &from, &to)) {
        l->ops.gemm[l->weight.type](l->out + (size_t)from * (size_t)rows, (size_t)(n * rows),
                                    &l->weight, g0 + from, g0 + to, &l->acts, 0, 1);
    }
}

static void sample(const struct pool_worker *w, void *arg) {
    struct load *l = arg;
    uint64_t start = thread_ns();
    for (int i = 0;; i++) {
        one_phase(w, l, (l->first + i) % l->n_phases * l->phase_groups);
        if (w->index == 0 && clock_ns() - l->begun >= SAMPLE_NS) atomic_store(&l->last, i);
        pool_barrier(w);
        if (atomic_load(&l->last) == i) break;
    }
    l->busy_ns[w->index] = thread_ns() - start;
}

/* GB/s; 0 if other programs had the processors for part of the time. */
static double run_sample(struct load *l, struct pool *pool) {
    atomic_store(&l->last, -1);
    l->begun = clock_ns();
    pool_run(pool, sample, l);
    double wall = (double)(clock_ns() - l->begun), busy = 0;
    int n_threads = pool_n_threads(pool), n_done = atomic_load(&l->last) + 1;
    for (int i = 0; i < n_threads; i++) busy += (double)l->busy_ns[i];
    l->first = (l->first + n_done) % l->n_phases;
    if (busy < UNDISTURBED * wall * n_threads) return 0;
    return (double)n_done * (double)l->phase_groups * (double)l->weight.group_size / wall;
}

static void fill(const struct pool_worker *w, void *arg) {
    struct load *l = arg;
    uint8_t *data = (uint8_t *)(uintptr_t)l->weight.data;
    for (size_t at = (size_t)pool_claim(w) * PHASE_SIZE; at < l->size;
         at = (size_t)pool_claim(w) * PHASE_SIZE) {
        memset(data + at, FILL, l->size - at < PHASE_SIZE ? l->size - at : PHASE_SIZE);
    }
}

/* More than the last cache by far, so that a sample finds little there of what the one before left.
 */
static size_t size_for(const struct cpu_topology *t) {
    size_t size = t->l3 > MIN_SIZE / 4 ? 4 * t->l3 : MIN_SIZE;
    if (size > MAX_SIZE) size = MAX_SIZE;
    if (t->memory > 0 && size > t->memory / 8) size = (size_t)(t->memory / 8);
    return size > PHASE_SIZE ? size : PHASE_SIZE;
}

static ingle_status load_init(struct load *l, const struct cpu_topology *t, enum cpu_tier tier,
                              ingle_error *err) {
    kern_ops_init(&l->ops, tier);
    struct kern_layout layout = l->ops.layout;
    size_t group_size = kern_packed_group_size(KERN_Q4_0, layout, N_COLS);
    l->phase_groups = (int)(PHASE_SIZE / group_size);
    l->n_phases = (int)(size_for(t) / ((size_t)l->phase_groups * group_size));
    if (l->n_phases < 1) l->n_phases = 1;
    int n_groups = l->n_phases * l->phase_groups;
    l->size = (size_t)n_groups * group_size;
    l->weight = (struct kern_weight){.data = region_new(l->size, true),
                                     .group_size = group_size,
                                     .type = KERN_Q4_0,
                                     .layout = layout,
                                     .n_rows = n_groups * layout.rows,
                                     .n_cols = N_COLS};
    size_t out_size = (size_t)(l->phase_groups * layout.rows) * sizeof(float);
    size_t acts_size = kern_acts_size(KERN_ACT_Q8_32, 1, N_COLS);
    l->out = mem_aligned(64, out_size);
    l->acts_storage = mem_aligned(64, acts_size);
    if (!l->weight.data || !l->out || !l->acts_storage) {
        return status_no_memory(err, "tuning", l->size + out_size + acts_size);
    }
    kern_acts_init(&l->acts, KERN_ACT_Q8_32, 1, N_COLS, l->acts_storage);
    float row[N_COLS];
    for (int i = 0; i < N_COLS; i++) row[i] = (float)(i % 7 - 3);
    l->ops.act[KERN_ACT_Q8_32](&l->acts, 0, row);
    return INGLE_OK;
}

static void load_clear(struct load *l) {
    region_free((void *)(uintptr_t)l->weight.data, l->size);
    mem_free(l->out);
    mem_free(l->acts_storage);
    mem_free(l);
}

static void race(struct load *l, struct racer *racers, int n) {
    uint64_t start = clock_ns();
    pool_run(racers[n - 1].pool, fill, l);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        uint64_t next_end = clock_ns() - start + (uint64_t)n * SAMPLE_NS;
        if (round > 0 && next_end > BUDGET_NS) return;
        bool all = true;
        for (int i = 0; i < n; i++) {
            double speed = run_sample(l, racers[i].pool);
            if (speed > racers[i].best) racers[i].best = speed;
            all = all && racers[i].best > 0;
        }
        if (round + 1 >= ROUNDS_TO_SETTLE && !all) return;
    }
}

ingle_status tune_measure(struct tune_result *r, const struct cpu_topology *t, enum cpu_tier tier,
                          ingle_error *err) {
    struct load *l = mem_calloc(1, sizeof *l);
    if (!l) return status_no_memory(err, "tuning", sizeof *l);
    struct racer racers[CPU_MAX_CANDIDATES] = {0};
    int cpus[CPU_MAX_SLOTS];
    ingle_status status = load_init(l, t, tier, err);
    for (int i = 0; i < r->n && status == INGLE_OK; i++) {
        status = pool_new(&racers[i].pool, r->counts[i], err);
        int n_cpus = status == INGLE_OK ? cpu_place(t, r->counts[i], cpus) : 0;
        if (n_cpus > 0) (void)pool_confine(racers[i].pool, cpus, n_cpus);
    }
    if (status == INGLE_OK) race(l, racers, r->n);
    for (int i = 0; i < r->n; i++) {
        r->speeds[i] = racers[i].best;
        pool_free(racers[i].pool);
    }
    load_clear(l);
    return status;
}

bool tune_is_complete(const struct tune_result *r) {
    for (int i = 0; i < r->n; i++) {
        if (!(r->speeds[i] > 0)) return false;
    }
    return true;
}

int tune_choose(const struct tune_result *r, int usual) {
    double needed = 0;
    for (int i = 0; i < r->n; i++) {
        if (r->counts[i] == usual) needed = ADVANTAGE * r->speeds[i];
    }
    int best = usual;
    for (int i = 0; i < r->n; i++) {
        if (r->speeds[i] <= needed) continue;
        best = r->counts[i];
        needed = r->speeds[i];
    }
    return best;
}
