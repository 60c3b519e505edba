#include "learn/nn/embedding.h"

#include <string.h>

#include "learn/split.h"

#define PART_COLS 64

struct lookup_pass {
    const struct learn *l;
    float *table;
    const float *dx;
    const int32_t *ids;
    int n, n_dims;
};

void nn_embedding_forward(struct learn *l, float *x, const float *table, const int32_t *ids, int n,
                          int n_dims) {
    (void)l;
    size_t d = (size_t)n_dims;
    for (int t = 0; t < n; t++) {
        memcpy(x + (size_t)t * d, table + (size_t)ids[t] * d, d * sizeof *x);
    }
}

/* Columns are shared out, not tokens: two tokens may be the same row. */
static void add_columns(int from, int to, void *arg) {
    const struct lookup_pass *p = arg;
    size_t d = (size_t)p->n_dims;
    for (int t = 0; t < p->n; t++) {
        p->l->ops.add(p->table + (size_t)p->ids[t] * d + from, p->dx + (size_t)t * d + from,
                      to - from);
    }
}

void nn_embedding_backward(struct learn *l, float *dtable, const float *dx, const int32_t *ids,
                           int n, int n_dims) {
    struct lookup_pass p = {l, dtable, dx, ids, n, n_dims};
    learn_split(l, n_dims, PART_COLS, add_columns, &p);
}
