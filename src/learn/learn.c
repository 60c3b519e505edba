#include "learn/learn.h"

#include <math.h>

#include "base/clock.h"

enum cpu_tier learn_tier(const char *name) {
    enum cpu_tier tier;
    return name && cpu_tier_parse(name, &tier) ? tier : cpu_tier_detect();
}

ingle_status learn_init(struct learn *l, enum cpu_tier tier, int n_threads, uint64_t seed,
                        ingle_error *err) {
    *l = (struct learn){.seed = seed, .start_ms = clock_ms()};
    l->step_start_ms = l->start_ms;
    kern_ops_init(&l->ops, tier);
    return pool_new(&l->pool, n_threads, err);
}

void learn_clear(struct learn *l) {
    pool_free(l->pool);
    *l = (struct learn){0};
}

ingle_status learn_tell(struct learn *l, const char *step, int done, int total, float loss,
                        float score, ingle_error *err) {
    double now = clock_ms();
    if (done == 0) l->step_start_ms = now;
    if (!l->on_progress) return INGLE_OK;
    struct learn_progress p = {.step = step,
                               .done = done,
                               .total = total,
                               .loss = loss,
                               .score = score,
                               .elapsed_s = (now - l->start_ms) * 1e-3,
                               .left_s = (double)NAN};
    if (done > 0) p.left_s = (now - l->step_start_ms) * 1e-3 / done * (total - done);
    if (l->on_progress(&p, l->user)) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}
