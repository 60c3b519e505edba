/* Sequences of numbers, each known by a small number of its own: equal ones get the same. What
 * automata and machines know their sets, stacks and states by. A zeroed one with max set is a valid
 * empty one. */
#ifndef INGLE_ENGINE_CONSTRAINT_INTERN_H
#define INGLE_ENGINE_CONSTRAINT_INTERN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct intern {
    uint32_t *items; /* of all sequences, one behind the other */
    size_t n_items, cap_items;
    size_t *ends; /* [n] where each ends in items */
    uint32_t *hashes;
    uint32_t n, cap;
    uint32_t *slots; /* [n_slots] 1 + id, 0 = free */
    uint32_t n_slots;
    size_t max; /* of items and of sequences together */
    bool full;  /* intern_add() failed because of max, not for want of memory */
};

void intern_init(struct intern *in, size_t max);
void intern_clear(struct intern *in); /* frees; leaves it reusable */

/* Empties it and keeps the storage, which costs time in the number of sequences. */
void intern_reset(struct intern *in);

/* The number of the sequence, counted from 0 in the order of first use. False: out of memory, or
 * full. */
BASE_NODISCARD bool intern_add(struct intern *in, const uint32_t *items, size_t n, uint32_t *id);

/* Forgets the sequences from number n on. */
void intern_cut(struct intern *in, uint32_t n);

static inline const uint32_t *intern_get(const struct intern *in, uint32_t id, size_t *n) {
    assert(in->ends);
    size_t start = id ? in->ends[id - 1] : 0;
    *n = in->ends[id] - start;
    return in->items + start;
}

size_t intern_size(const struct intern *in); /* bytes in use */

#endif
