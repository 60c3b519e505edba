#include "learn/text/bpe_pairs.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/size.h"

#define MAX_ITEMS ((size_t)INT32_MAX)

void bpe_pairs_clear(struct bpe_pairs *p) {
    mem_free(p->pairs);
    mem_free(p->uses);
    mem_free(p->heap);
    mem_free(p->slots);
    *p = (struct bpe_pairs){0};
}

/* Room for one more of n items; the array, NULL on failure. */
static void *room(struct bpe_pairs *p, void *items, size_t n, size_t *cap, size_t item_size) {
    if (n < *cap) return items;
    size_t more = *cap > 0 ? 2 * *cap : 1024, size;
    void *grown = NULL;
    if (more <= MAX_ITEMS && mul_size(&size, more, item_size)) grown = mem_realloc(items, size);
    if (grown)
        *cap = more;
    else
        p->failed = true;
    return grown ? grown : items;
}

/* The slot where the key is or would be. */
static size_t slot_of(const struct bpe_pairs *p, uint64_t key) {
    size_t mask = p->n_slots - 1, at = (size_t)hash_u64(0, key) & mask;
    while (p->slots[at] != BPE_PAIRS_NONE && p->pairs[p->slots[at]].key != key) {
        at = (at + 1) & mask;
    }
    return at;
}

static void grow_slots(struct bpe_pairs *p) {
    if (p->n_slots > 0 && 2 * p->n_pairs < p->n_slots) return;
    size_t n = p->n_slots > 0 ? 2 * p->n_slots : 4096;
    int32_t *slots = mem_calloc(n, sizeof *slots);
    if (!slots) {
        p->failed = true;
        return;
    }
    mem_free(p->slots);
    p->slots = slots;
    p->n_slots = n;
    for (size_t i = 0; i < n; i++) slots[i] = BPE_PAIRS_NONE;
    for (size_t i = 0; i < p->n_pairs; i++) slots[slot_of(p, p->pairs[i].key)] = (int32_t)i;
}

static struct bpe_pair *find(struct bpe_pairs *p, uint64_t key) {
    grow_slots(p);
    if (p->failed) return NULL;
    size_t at = slot_of(p, key);
    if (p->slots[at] != BPE_PAIRS_NONE) return &p->pairs[p->slots[at]];
    p->pairs = room(p, p->pairs, p->n_pairs, &p->pairs_cap, sizeof *p->pairs);
    if (p->failed) return NULL;
    p->slots[at] = (int32_t)p->n_pairs;
    p->pairs[p->n_pairs] = (struct bpe_pair){key, 0, BPE_PAIRS_NONE};
    return &p->pairs[p->n_pairs++];
}

void bpe_pairs_add(struct bpe_pairs *p, int32_t left, int32_t right, int64_t count, int32_t piece,
                   bool is_new) {
    struct bpe_pair *pair = p->failed ? NULL : find(p, (uint64_t)left << 32 | (uint32_t)right);
    if (!pair) return;
    pair->count += count;
    if (!is_new) return;
    /* A piece's pairs come one after the other: its use may be the one noted last. */
    if (pair->first_use != BPE_PAIRS_NONE && p->uses[pair->first_use].piece == piece) return;
    p->uses = room(p, p->uses, p->n_uses, &p->uses_cap, sizeof *p->uses);
    if (p->failed) return;
    p->uses[p->n_uses] = (struct bpe_use){piece, pair->first_use};
    pair->first_use = (int32_t)p->n_uses++;
}

static bool is_before(const struct bpe_pairs *p, struct bpe_rank a, struct bpe_rank b) {
    if (a.count != b.count) return a.count > b.count;
    return p->pairs[a.pair].key < p->pairs[b.pair].key;
}

static void push(struct bpe_pairs *p, struct bpe_rank rank) {
    p->heap = room(p, p->heap, p->n_heap, &p->heap_cap, sizeof *p->heap);
    if (p->failed) return;
    size_t at = p->n_heap++;
    for (; at > 0 && is_before(p, rank, p->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        p->heap[at] = p->heap[(at - 1) / 2];
    }
    p->heap[at] = rank;
}

static struct bpe_rank pop(struct bpe_pairs *p) {
    struct bpe_rank top = p->heap[0], last = p->heap[--p->n_heap];
    size_t at = 0;
    for (size_t child = 1; child < p->n_heap; child = 2 * at + 1) {
        if (child + 1 < p->n_heap && is_before(p, p->heap[child + 1], p->heap[child])) child++;
        if (!is_before(p, p->heap[child], last)) break;
        p->heap[at] = p->heap[child];
        at = child;
    }
    if (p->n_heap > 0) p->heap[at] = last;
    return top;
}

void bpe_pairs_rank(struct bpe_pairs *p, size_t from) {
    for (size_t i = from; i < p->n_pairs && !p->failed; i++) {
        push(p, (struct bpe_rank){p->pairs[i].count, (int32_t)i});
    }
}

const struct bpe_pair *bpe_pairs_best(struct bpe_pairs *p) {
    while (p->n_heap > 0 && !p->failed) {
        struct bpe_rank top = pop(p);
        const struct bpe_pair *pair = &p->pairs[top.pair];
        if (pair->count == top.count) return pair->count >= 2 ? pair : NULL;
        if (pair->count > 0) push(p, (struct bpe_rank){pair->count, top.pair});
    }
    return NULL;
}
