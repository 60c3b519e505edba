#include "engine/constraint/intern.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

void intern_init(struct intern *in, size_t max) {
    *in = (struct intern){.max = max};
}

void intern_clear(struct intern *in) {
    mem_free(in->items);
    mem_free(in->ends);
    mem_free(in->hashes);
    mem_free(in->slots);
    intern_init(in, in->max);
}

void intern_reset(struct intern *in) {
    for (uint32_t id = 0; id < in->n; id++) {
        uint32_t slot = in->hashes[id] & (in->n_slots - 1);
        for (; in->slots[slot]; slot = (slot + 1) & (in->n_slots - 1)) in->slots[slot] = 0;
    }
    in->n = 0;
    in->n_items = 0;
}

size_t intern_size(const struct intern *in) {
    return in->n_items * sizeof *in->items +
           in->n * (sizeof *in->ends + sizeof *in->hashes + 2 * sizeof *in->slots);
}

static uint32_t hash_of(const uint32_t *items, size_t n) {
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) h = hash_u64(h, items[i]);
    return (uint32_t)h;
}

/* The slot where the sequence is, or where it belongs. */
static uint32_t find_slot(const struct intern *in, const uint32_t *items, size_t n, uint32_t hash) {
    uint32_t slot = hash & (in->n_slots - 1);
    for (; in->slots[slot]; slot = (slot + 1) & (in->n_slots - 1)) {
        uint32_t id = in->slots[slot] - 1;
        if (in->hashes[id] != hash) continue;
        size_t other_n;
        const uint32_t *other = intern_get(in, id, &other_n);
        if (other_n == n && (n == 0 || memcmp(other, items, n * sizeof *items) == 0)) break;
    }
    return slot;
}

static bool grow_slots(struct intern *in) {
    uint32_t n_slots = in->n_slots ? in->n_slots * 2 : 64;
    uint32_t *slots = mem_calloc(n_slots, sizeof *slots);
    if (!slots) return false;
    for (uint32_t id = 0; id < in->n; id++) {
        uint32_t slot = in->hashes[id] & (n_slots - 1);
        while (slots[slot]) slot = (slot + 1) & (n_slots - 1);
        slots[slot] = id + 1;
    }
    mem_free(in->slots);
    in->slots = slots;
    in->n_slots = n_slots;
    return true;
}

static bool grow_sequences(struct intern *in) {
    uint32_t cap = in->cap ? in->cap * 2 : 32;
    size_t *ends = mem_realloc(in->ends, cap * sizeof *ends);
    if (!ends) return false;
    in->ends = ends;
    uint32_t *hashes = mem_realloc(in->hashes, cap * sizeof *hashes);
    if (!hashes) return false;
    in->hashes = hashes;
    in->cap = cap;
    return true;
}

static bool grow_items(struct intern *in, size_t n) {
    size_t cap = in->cap_items ? in->cap_items * 2 : 128;
    while (cap < in->n_items + n) cap *= 2;
    uint32_t *items = mem_realloc(in->items, cap * sizeof *items);
    if (!items) return false;
    in->items = items;
    in->cap_items = cap;
    return true;
}

bool intern_add(struct intern *in, const uint32_t *items, size_t n, uint32_t *id) {
    uint32_t hash = hash_of(items, n);
    if (in->n_slots) {
        uint32_t slot = find_slot(in, items, n, hash);
        if (in->slots[slot]) {
            *id = in->slots[slot] - 1;
            return true;
        }
    }
    in->full = n > in->max || in->n_items + in->n + 1 > in->max - n;
    if (in->full) return false;
    if (in->n == in->n_slots / 2 && !grow_slots(in)) return false;
    if (in->n == in->cap && !grow_sequences(in)) return false;
    bool is_small = !in->items || in->cap_items - in->n_items < n; /* items: never NULL */
    if (is_small && !grow_items(in, n)) return false;
    if (n) memcpy(in->items + in->n_items, items, n * sizeof *items);
    in->n_items += n;
    in->ends[in->n] = in->n_items;
    in->hashes[in->n] = hash;
    *id = in->n++;
    in->slots[find_slot(in, items, n, hash)] = *id + 1;
    return true;
}

/* In the opposite order of their coming: nothing that is left was looked for beyond their slots. */
void intern_cut(struct intern *in, uint32_t n) {
    while (in->n > n) {
        uint32_t slot = in->hashes[in->n - 1] & (in->n_slots - 1);
        while (in->slots[slot] != in->n) slot = (slot + 1) & (in->n_slots - 1);
        in->slots[slot] = 0;
        in->n--;
    }
    in->n_items = in->n ? in->ends[in->n - 1] : 0;
    in->full = false;
}
