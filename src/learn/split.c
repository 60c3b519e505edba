#include "learn/split.h"

struct split {
    int n, part;
    learn_split_fn fn;
    void *arg;
};

static void do_part(const struct split *s, int index) {
    int from = index * s->part;
    s->fn(from, s->n - from < s->part ? s->n : from + s->part, s->arg);
}

static void work(const struct pool_worker *w, void *arg) {
    const struct split *s = arg;
    int n_parts = (s->n + s->part - 1) / s->part;
    for (int i = pool_claim(w); i < n_parts; i = pool_claim(w)) do_part(s, i);
}

void learn_split(struct learn *l, int n, int part, learn_split_fn fn, void *arg) {
    struct split s = {n, part, fn, arg};
    if (n <= part || pool_n_threads(l->pool) == 1) {
        for (int i = 0; i * part < n; i++) do_part(&s, i);
        return;
    }
    pool_run(l->pool, work, &s);
}
