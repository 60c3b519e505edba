#include "engine/text/merge.h"

#include "base/alloc.h"
#include "base/size.h"

#define MERGE_SHORT 32

bool merger_begin(struct merger *m, size_t n) {
    m->n = m->n_heap = 0;
    if (n <= m->cap) return true;
    size_t cap = m->cap ? m->cap : 64;
    while (cap < n) cap *= 2;
    size_t symbols_size, heap_size;
    if (!mul_size(&symbols_size, cap, sizeof *m->symbols)) return false;
    if (!mul_size(&heap_size, cap, 3 * sizeof *m->heap)) return false;
    merger_clear(m);
    m->symbols = mem_alloc(symbols_size);
    m->heap = mem_alloc(heap_size);
    if (!m->symbols || !m->heap) {
        merger_clear(m);
        return false;
    }
    m->cap = cap;
    return true;
}

void merger_clear(struct merger *m) {
    mem_free(m->symbols);
    mem_free(m->heap);
    *m = (struct merger){0};
}

void merger_add(struct merger *m, size_t start, size_t len, int32_t id) {
    int32_t i = (int32_t)m->n++;
    m->symbols[i] = (struct merge_symbol){
        .start = (uint32_t)start, .len = (uint32_t)len, .id = id, .prev = i - 1, .next = -1};
    if (i > 0) m->symbols[i - 1].next = i;
}

static void heap_push(struct merger *m, struct merge_candidate candidate) {
    size_t at = m->n_heap++;
    while (at > 0 && candidate.key < m->heap[(at - 1) / 2].key) {
        m->heap[at] = m->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    m->heap[at] = candidate;
}

static struct merge_candidate heap_pop(struct merger *m) {
    struct merge_candidate top = m->heap[0], last = m->heap[--m->n_heap];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= m->n_heap) break;
        if (child + 1 < m->n_heap && m->heap[child + 1].key < m->heap[child].key) child++;
        if (last.key <= m->heap[child].key) break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = last;
    return top;
}

static void consider(struct merger *m, const char *text, int32_t left, merge_fn merge,
                     const void *rules) {
    if (left < 0 || m->symbols[left].next < 0) return;
    const struct merge_symbol *l = &m->symbols[left], *r = &m->symbols[l->next];
    struct merge_result result;
    if (!merge(rules, text, l, r, &result)) return;
    heap_push(m, (struct merge_candidate){.key = (uint64_t)result.rank << 32 | (uint32_t)left,
                                          .right = l->next,
                                          .id = result.id,
                                          .len = l->len + r->len});
}

/* The second symbol vanishes into the first, which becomes id. */
static void join(struct merger *m, int32_t left, int32_t right, int32_t id) {
    struct merge_symbol *l = &m->symbols[left], *r = &m->symbols[right];
    l->len += r->len;
    l->id = id;
    l->next = r->next;
    r->len = 0;
    if (l->next >= 0) m->symbols[l->next].prev = left;
}

/* What each symbol of a short list becomes with its right neighbour. */
struct short_list {
    uint32_t rank[MERGE_SHORT];
    int32_t id[MERGE_SHORT];
};

static void look_right(struct merger *m, struct short_list *list, const char *text, int32_t left,
                       merge_fn merge, const void *rules) {
    if (left < 0) return;
    const struct merge_symbol *l = &m->symbols[left];
    struct merge_result result;
    bool merges = l->next >= 0 && merge(rules, text, l, &m->symbols[l->next], &result);
    list->rank[left] = merges ? result.rank : UINT32_MAX;
    list->id[left] = merges ? result.id : 0;
}

/* A heap costs more than it saves where looking at all pairs takes no time. */
static void run_short(struct merger *m, const char *text, merge_fn merge, const void *rules) {
    struct short_list list;
    for (int32_t i = 0; i < (int32_t)m->n; i++) look_right(m, &list, text, i, merge, rules);
    for (;;) {
        int32_t best = 0;
        for (int32_t i = 0; i >= 0; i = m->symbols[i].next) {
            if (list.rank[i] < list.rank[best]) best = i;
        }
        if (list.rank[best] == UINT32_MAX) return;
        join(m, best, m->symbols[best].next, list.id[best]);
        look_right(m, &list, text, m->symbols[best].prev, merge, rules);
        look_right(m, &list, text, best, merge, rules);
    }
}

void merger_run(struct merger *m, const char *text, merge_fn merge, const void *rules) {
    if (m->n == 0) return;
    if (m->n <= MERGE_SHORT) {
        run_short(m, text, merge, rules);
        return;
    }
    for (size_t i = 0; i + 1 < m->n; i++) consider(m, text, (int32_t)i, merge, rules);
    while (m->n_heap > 0) {
        struct merge_candidate best = heap_pop(m);
        int32_t left = (int32_t)(uint32_t)best.key;
        struct merge_symbol *l = &m->symbols[left], *r = &m->symbols[best.right];
        /* Symbols only grow or vanish: other lengths mean another merge came first. */
        if (l->len == 0 || r->len == 0 || l->len + r->len != best.len) continue;
        join(m, left, best.right, best.id);
        consider(m, text, l->prev, merge, rules);
        consider(m, text, left, merge, rules);
    }
}
