/* Which tokens stay in the running, and the draw among them. Every order is total (ties go to the
 * lower id), so that the same logits and seed choose the same token on every machine. Nothing
 * here is worse than n log n, whatever the logits are. */
#include <math.h>

#include "engine/run/sampler_internal.h"

static bool is_worse(const struct cand *a, const struct cand *b) {
    return a->key < b->key || (a->key == b->key && a->id > b->id);
}

static void swap(struct cand *a, struct cand *b) {
    struct cand t = *a;
    *a = *b;
    *b = t;
}

/* A heap of n with the worst on top; the one at i may be out of place. */
static void sift_down(struct cand *heap, int n, int i) {
    for (;;) {
        int worst = i;
        for (int child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++) {
            if (is_worse(&heap[child], &heap[worst])) worst = child;
        }
        if (worst == i) return;
        swap(&heap[i], &heap[worst]);
        i = worst;
    }
}

/* Moves the m best of c[0..n) to the front, best first. */
static void select_best(struct cand *c, int n, int m) {
    for (int i = m / 2; i-- > 0;) sift_down(c, m, i);
    for (int i = m; i < n; i++) {
        if (!is_worse(&c[0], &c[i])) continue;
        swap(&c[0], &c[i]);
        sift_down(c, m, 0);
    }
    for (int end = m - 1; end > 0; end--) {
        swap(&c[0], &c[end]);
        sift_down(c, end, 0);
    }
}

/* weight = exp((logit - greatest logit) / temperature): 1 for the likeliest, never NaN (an
 * infinite logit outweighs all finite ones). Returns the sum. */
static double weigh(struct cand *c, int n, float temperature) {
    float greatest = -INFINITY;
    for (int i = 0; i < n; i++) {
        if (c[i].logit > greatest) greatest = c[i].logit;
    }
    double total = 0;
    for (int i = 0; i < n; i++) {
        c[i].weight = c[i].logit == greatest ? 1 : expf((c[i].logit - greatest) / temperature);
        total += (double)c[i].weight;
    }
    return total;
}

/* Keeps the best by key until their weights reach the share of the total. Most of the mass sits
 * on few tokens, so the order is found a piece at a time. */
static int keep_mass(struct cand *c, int n, float share, double total) {
    double wanted = (double)share * total;
    double mass = 0;
    int n_sorted = 0;
    for (int piece = 64; n_sorted < n; piece *= 8) {
        int m = piece < n - n_sorted ? piece : n - n_sorted;
        select_best(c + n_sorted, n - n_sorted, m);
        for (int end = n_sorted + m; n_sorted < end;) {
            mass += (double)c[n_sorted++].weight;
            if (mass >= wanted) return n_sorted;
        }
    }
    return n;
}

/* A logit that at least k of the n greatest reach: the k-th greatest peak, for those are of k
 * different tokens. -INFINITY if there are not so many. */
static float threshold(struct cand *scratch, const float *peaks, int n_blocks, int k) {
    if (k > n_blocks) return -INFINITY;
    for (int i = 0; i < n_blocks; i++) scratch[i] = (struct cand){.key = peaks[i], .id = i};
    for (int i = k / 2; i-- > 0;) sift_down(scratch, k, i);
    for (int i = k; i < n_blocks; i++) {
        if (!is_worse(&scratch[0], &scratch[i])) continue;
        scratch[0] = scratch[i];
        sift_down(scratch, k, 0);
    }
    return scratch[0].key;
}

int cut_collect(struct cand *c, const float *logits, const float *peaks, int n_vocab, int top_k) {
    int cap = top_k > 0 && top_k < n_vocab ? top_k : n_vocab;
    int n_blocks = (n_vocab + SAMPLER_BLOCK - 1) / SAMPLER_BLOCK, n = 0;
    float least = threshold(c, peaks, n_blocks, cap);
    for (int block = 0; block < n_blocks; block++) {
        if (!(peaks[block] >= least)) continue;
        int32_t id = block * SAMPLER_BLOCK;
        int32_t end = n_vocab - id < SAMPLER_BLOCK ? n_vocab : id + SAMPLER_BLOCK;
        for (; id < end; id++) {
            float x = logits[id];
            if (n == cap) {
                /* Ids ascend: one that equals the worst is no better than it. */
                if (!(x > c[0].key)) continue;
                c[0] = (struct cand){.key = x, .logit = x, .id = id};
                sift_down(c, n, 0);
            } else if (x > -INFINITY && x >= least) { /* false for NaN */
                c[n++] = (struct cand){.key = x, .logit = x, .id = id};
                if (n < cap || cap == n_vocab) continue;
                for (int i = n / 2; i-- > 0;) sift_down(c, n, i);
            }
        }
    }
    return n;
}

int cut_typical(struct cand *c, int n, float share) {
    double total = weigh(c, n, 1);
    double log_total = log(total);
    double entropy = 0;
    for (int i = 0; i < n; i++) {
        double w = (double)c[i].weight;
        if (w > 0) entropy += w / total * (log_total - log(w));
    }
    for (int i = 0; i < n; i++) {
        double w = (double)c[i].weight;
        c[i].key = w > 0 ? (float)-fabs(log_total - log(w) - entropy) : -INFINITY;
    }
    n = keep_mass(c, n, share, total);
    for (int i = 0; i < n; i++) c[i].key = c[i].logit;
    return n;
}

int cut_top_p(struct cand *c, int n, float share) {
    return keep_mass(c, n, share, weigh(c, n, 1));
}

int cut_min_p(struct cand *c, int n, float fraction) {
    weigh(c, n, 1);
    int n_kept = 0;
    for (int i = 0; i < n; i++) {
        if (c[i].weight >= fraction) c[n_kept++] = c[i];
    }
    return n_kept;
}

int32_t cut_draw(struct cand *c, int n, float temperature, double unit) {
    double left = unit * weigh(c, n, temperature);
    int last = 0;
    for (int i = 0; i < n; i++) {
        if (c[i].weight <= 0) continue;
        last = i;
        left -= (double)c[i].weight;
        if (left < 0) break;
    }
    return c[last].id;
}
