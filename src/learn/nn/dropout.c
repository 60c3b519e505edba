#include "learn/nn/dropout.h"

#include "base/hash.h"
#include "learn/split.h"

#define PART 16

struct dropout_pass {
    float *x;
    int n_cols;
    float factor;
    uint32_t limit; /* of 16 bits, below which an element is dropped */
    uint64_t seed;
};

/* One hash decides on four elements. */
static void drop_part(int from, int to, void *arg) {
    const struct dropout_pass *p = arg;
    for (int row = from; row < to; row++) {
        float *x = p->x + (size_t)row * (size_t)p->n_cols;
        uint64_t row_seed = hash_u64(p->seed, (uint64_t)row), bits = 0;
        for (int i = 0; i < p->n_cols; i++, bits >>= 16) {
            if (i % 4 == 0) bits = hash_u64(row_seed, (uint64_t)i);
            x[i] = (uint32_t)(bits & 0xffff) < p->limit ? 0.0f : x[i] * p->factor;
        }
    }
}

void nn_dropout(struct learn *l, float *x, int n, int n_cols, float share, uint64_t seed) {
    if (share <= 0.0f) return;
    struct dropout_pass p = {x, n_cols, 1.0f / (1.0f - share), (uint32_t)(share * 65536.0f), seed};
    learn_split(l, n, PART, drop_part, &p);
}
