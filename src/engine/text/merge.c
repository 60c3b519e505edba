#include "engine/text/merge.h"

#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

#define FAN 16

/* Ranks of all levels over n symbols: each is a sixteenth of the one below, rounded up. */
static size_t tree_size(size_t n) {
    size_t total = 0;
    do {
        n = (n + FAN - 1) / FAN;
        total += n * FAN;
    } while (n > 1);
    return total;
}

bool merger_begin(struct merger *m, size_t n) {
    m->n = 0;
    if (n <= m->cap) return true;
    size_t cap = n > 2 * m->cap ? n : 2 * m->cap;
    if (cap < 64) cap = 64;
    size_t symbols_size, ranks_size;
    if (!mul_size(&symbols_size, cap, sizeof *m->symbols)) return false;
    if (!mul_size(&ranks_size, tree_size(cap), sizeof *m->ranks)) return false;
    merger_clear(m);
    m->symbols = mem_alloc(symbols_size);
    m->ranks = mem_alloc(ranks_size);
    if (!m->symbols || !m->ranks) {
        merger_clear(m);
        return false;
    }
    m->cap = cap;
    return true;
}

void merger_clear(struct merger *m) {
    mem_free(m->symbols);
    mem_free(m->ranks);
    *m = (struct merger){0};
}

static int32_t least(const int32_t ranks[FAN]) {
    int32_t min = MERGE_NEVER;
    for (int i = 0; i < FAN; i++) min = ranks[i] < min ? ranks[i] : min;
    return min;
}

/* Lays the levels out over the ranks of level 0, which are there. */
static void build_tree(struct merger *m) {
    size_t n = m->n;
    int32_t *ranks = m->ranks;
    for (m->n_levels = 0;; m->n_levels++) {
        m->level[m->n_levels] = ranks;
        if (n <= FAN) break;
        size_t n_blocks = (n + FAN - 1) / FAN;
        for (size_t i = n; i < n_blocks * FAN; i++) ranks[i] = MERGE_NEVER;
        int32_t *above = ranks + n_blocks * FAN;
        for (size_t b = 0; b < n_blocks; b++) above[b] = least(ranks + b * FAN);
        ranks = above;
        n = n_blocks;
    }
    m->n_top = n;
}

static void set_rank(struct merger *m, int32_t left, int32_t rank) {
    size_t at = (size_t)left;
    m->level[0][at] = rank;
    for (int k = 1; k <= m->n_levels; k++) {
        at /= FAN;
        int32_t min = least(m->level[k - 1] + at * FAN);
        if (m->level[k][at] == min) break;
        m->level[k][at] = min;
    }
}

/* The left symbol of the leftmost pair of the least rank; -1 if no pair is left. */
static int32_t best_pair(const struct merger *m) {
    const int32_t *top = m->level[m->n_levels];
    size_t at = 0;
    for (size_t i = 1; i < m->n_top; i++) at = top[i] < top[at] ? i : at;
    int32_t min = top[at];
    if (min == MERGE_NEVER) return -1;
    for (int k = m->n_levels - 1; k >= 0; k--) {
        at *= FAN;
        while (m->level[k][at] != min) at++;
    }
    return (int32_t)at;
}

/* Rank of symbol `left` with its right neighbour, and what they become. */
static int32_t look_right(struct merger *m, const char *text, int32_t left, merge_fn merge,
                          const void *rules) {
    struct merge_symbol *l = &m->symbols[left];
    return l->next < 0 ? MERGE_NEVER : merge_rank(l, &m->symbols[l->next], text, merge, rules);
}

/* Symbol `left` takes its right neighbour in. Returns where that was. */
static int32_t join(struct merger *m, int32_t left) {
    struct merge_symbol *l = &m->symbols[left];
    int32_t right = l->next;
    l->len += m->symbols[right].len;
    l->id = l->joined_id;
    l->next = m->symbols[right].next;
    m->symbols[right].len = 0;
    if (l->next >= 0) m->symbols[l->next].prev = left;
    return right;
}

void merger_run_tree(struct merger *m, const char *text, merge_fn merge, const void *rules) {
    build_tree(m);
    for (int32_t left; (left = best_pair(m)) >= 0;) {
        int32_t right = join(m, left), prev = m->symbols[left].prev;
        set_rank(m, right, MERGE_NEVER);
        set_rank(m, left, look_right(m, text, left, merge, rules));
        if (prev >= 0) set_rank(m, prev, look_right(m, text, prev, merge, rules));
    }
}
