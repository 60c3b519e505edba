#include "learn/tagger_rows.h"

#include "base/alloc.h"

#define FIRST_SLOTS ((size_t)1 << 16)
#define MAX_SLOTS ((size_t)1 << 27)

void tagger_rows_clear(struct tagger_rows *r) {
    mem_free(r->keys);
    mem_free(r->values);
    *r = (struct tagger_rows){0};
}

static size_t find(const struct tagger_rows *r, uint32_t key) {
    size_t slot = (key * 0x9e3779b1u) & (r->n_slots - 1);
    while (r->keys[slot] && r->keys[slot] != key) slot = (slot + 1) & (r->n_slots - 1);
    return slot;
}

static ingle_status grow(struct tagger_rows *r, ingle_error *err) {
    struct tagger_rows grown = {.n_slots = r->n_slots ? r->n_slots * 2 : FIRST_SLOTS,
                                .n_keys = r->n_keys};
    if (grown.n_slots > MAX_SLOTS) {
        return status_set(err, INGLE_LIMIT, 0, "The texts are too many to learn a tagger from.");
    }
    grown.keys = mem_calloc(grown.n_slots, sizeof *grown.keys);
    grown.values = mem_calloc(grown.n_slots, sizeof *grown.values);
    if (!grown.keys || !grown.values) {
        tagger_rows_clear(&grown);
        return status_no_memory(err, "the features", r->n_slots * 2 * sizeof *grown.keys);
    }
    for (size_t i = 0; i < r->n_slots; i++) {
        if (r->keys[i] == 0) continue;
        size_t slot = find(&grown, r->keys[i]);
        grown.keys[slot] = r->keys[i];
        grown.values[slot] = r->values[i];
    }
    tagger_rows_clear(r);
    *r = grown;
    return INGLE_OK;
}

ingle_status tagger_rows_count(struct tagger_rows *r, uint32_t feature, ingle_error *err) {
    if (r->n_keys * 2 >= r->n_slots) INGLE_TRY(grow(r, err));
    size_t slot = find(r, feature);
    if (r->keys[slot] == 0) {
        r->keys[slot] = feature;
        r->n_keys++;
    }
    if (r->values[slot] < UINT32_MAX - 1) r->values[slot]++;
    return INGLE_OK;
}

size_t tagger_rows_number(struct tagger_rows *r, uint32_t least) {
    uint32_t n = 0;
    for (size_t i = 0; i < r->n_slots; i++) {
        if (r->keys[i]) r->values[i] = r->values[i] >= least ? n++ : TAGGER_NO_ROW;
    }
    return n;
}

uint32_t tagger_rows_find(const struct tagger_rows *r, uint32_t feature) {
    size_t slot = find(r, feature);
    return r->keys[slot] ? r->values[slot] : TAGGER_NO_ROW;
}
