/* What every training run works with: the kernels, a team of threads, a seed, and somebody to tell
 * how it goes. Runs are repeatable: the same data, seed and kernel tier give the same bytes,
 * whatever the number of threads. Nothing here opens a file or a socket: data comes in, a model's
 * bytes go out. */
#ifndef INGLE_LEARN_LEARN_H
#define INGLE_LEARN_LEARN_H

#include "base/pool.h"
#include "base/status.h"
#include "engine/kern/ops.h"

struct learn_progress {
    const char *step; /* what is being trained, for people */
    int done, total;  /* of this step: passes over the data, or parts of one */
    float loss;       /* NaN = not known */
    float score;      /* on examples held out, 0 to 1; NaN = not known */
    double elapsed_s; /* since learn_init() */
    double left_s;    /* an estimate for this step; NaN = not known */
    const char *note; /* more figures, for people; NULL = none */
};

/* Returns false to stop, which is CANCELLED. */
typedef bool (*learn_progress_fn)(const struct learn_progress *progress, void *user);

struct learn {
    struct kern_ops ops;
    struct pool *pool;
    uint64_t seed;
    learn_progress_fn on_progress; /* NULL = nobody */
    void *user;
    double start_ms, step_start_ms;
};

/* The tier of this name (ingle_cpu_tier() lists them); NULL, or no such name: the best. */
enum cpu_tier learn_tier(const char *name);

/* n_threads >= 1. */
BASE_NODISCARD ingle_status learn_init(struct learn *l, enum cpu_tier tier, int n_threads,
                                       uint64_t seed, ingle_error *err);
void learn_clear(struct learn *l);

/* Tells where the run is; done 0 begins a step. CANCELLED if it should stop. */
BASE_NODISCARD ingle_status learn_tell(struct learn *l, const char *step, int done, int total,
                                       float loss, float score, ingle_error *err);

#endif
