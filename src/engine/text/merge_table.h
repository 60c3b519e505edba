/* The merges of byte-pair encoding: which two tokens become what, and in which order. */
#ifndef INGLE_ENGINE_TEXT_MERGE_TABLE_H
#define INGLE_ENGINE_TEXT_MERGE_TABLE_H

#include "engine/text/joints.h"
#include "engine/text/vocab.h"

struct merge_slot {
    uint64_t key; /* of a pair; 0 = empty */
    int32_t rank;
    int32_t id; /* what the two become; vocabulary size + rank if that is no token */
};

/* The same for two bytes, where merging begins. */
struct merge_of_bytes {
    int32_t rank1; /* rank + 1; 0 = they do not merge */
    int32_t id;
};

struct merge_table {
    struct merge_slot *slots; /* [mask + 1] */
    size_t mask;
    unsigned shift;     /* from a hash down to a slot */
    uint64_t secret[2]; /* odd; no file's author knows them, so that no file makes it slow */
    struct joints joints;
    struct merge_of_bytes *bytes; /* [256][256], of byte-level vocabularies; else NULL */
};

/* Reads tokenizer.ggml.merges. Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status merge_table_init(struct merge_table *t, const struct vocab *v,
                                             const struct gguf *g, ingle_error *err);
void merge_table_clear(struct merge_table *t);

static inline uint64_t merge_key(int32_t left, int32_t right) {
    return ~((uint64_t)(uint32_t)left << 32 | (uint32_t)right);
}

/* Where the search for a pair begins. */
static inline struct merge_slot *merge_table_start(const struct merge_table *t, uint64_t key) {
    uint64_t h = key * t->secret[0];
    return &t->slots[(size_t)((h ^ h >> 32) * t->secret[1] >> t->shift)];
}

/* The slot of a pair of tokens, or the empty one where it belongs. */
static inline struct merge_slot *merge_table_find(const struct merge_table *t, int32_t left,
                                                  int32_t right) {
    uint64_t key = merge_key(left, right);
    struct merge_slot *slot = merge_table_start(t, key), *end = t->slots + t->mask;
    while (slot->key != key && slot->key != 0) slot = slot == end ? t->slots : slot + 1;
    return slot;
}

#endif
