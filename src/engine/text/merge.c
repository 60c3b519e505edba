#include "engine/text/merge.h"

#include "base/alloc.h"
#include "base/size.h"

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

void merger_run(struct merger *m, const char *text, merge_fn merge, const void *rules) {
    for (size_t i = 0; i + 1 < m->n; i++) consider(m, text, (int32_t)i, merge, rules);
    while (m->n_heap > 0) {
        struct merge_candidate best = heap_pop(m);
        int32_t left = (int32_t)(uint32_t)best.key;
        struct merge_symbol *l = &m->symbols[left], *r = &m->symbols[best.right];
        /* Symbols only grow or vanish: other lengths mean another merge came first. */
        if (l->len == 0 || r->len == 0 || l->len + r->len != best.len) continue;
        l->len = best.len;
        l->id = best.id;
        l->next = r->next;
        r->len = 0;
        if (l->next >= 0) m->symbols[l->next].prev = left;
        consider(m, text, l->prev, merge, rules);
        consider(m, text, left, merge, rules);
    }
}
