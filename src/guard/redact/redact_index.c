#include "guard/redact/redact_index.h"

#include "base/alloc.h"

void redact_index_clear(struct redact_index *x) {
    mem_free(x->hashes);
    mem_free(x->values);
    *x = (struct redact_index){0};
}

static size_t slot_of(const struct redact_index *x, uint64_t hash) {
    size_t slot = (size_t)hash & (x->n_slots - 1);
    while (x->hashes[slot] && x->hashes[slot] != hash) slot = (slot + 1) & (x->n_slots - 1);
    return slot;
}

static ingle_status grow(struct redact_index *x, ingle_error *err) {
    struct redact_index grown = {.n_slots = x->n_slots ? x->n_slots * 2 : 64, .n = x->n};
    grown.hashes = mem_calloc(grown.n_slots, sizeof *grown.hashes);
    grown.values = mem_calloc(grown.n_slots, sizeof *grown.values);
    if (!grown.hashes || !grown.values) {
        size_t size = grown.n_slots * sizeof *grown.hashes;
        redact_index_clear(&grown);
        return status_no_memory(err, "the placeholders", size);
    }
    for (size_t i = 0; i < x->n_slots; i++) {
        if (x->hashes[i] == 0) continue;
        size_t slot = slot_of(&grown, x->hashes[i]);
        grown.hashes[slot] = x->hashes[i];
        grown.values[slot] = x->values[i];
    }
    redact_index_clear(x);
    *x = grown;
    return INGLE_OK;
}

ingle_status redact_index_add(struct redact_index *x, uint64_t hash, uint32_t value,
                              ingle_error *err) {
    if (x->n * 2 >= x->n_slots) INGLE_TRY(grow(x, err));
    size_t slot = slot_of(x, hash);
    if (x->hashes[slot]) return INGLE_OK;
    x->hashes[slot] = hash;
    x->values[slot] = value;
    x->n++;
    return INGLE_OK;
}

bool redact_index_find(const struct redact_index *x, uint64_t hash, uint32_t *value) {
    if (x->n_slots == 0) return false;
    size_t slot = slot_of(x, hash);
    *value = x->values[slot];
    return x->hashes[slot] != 0;
}
