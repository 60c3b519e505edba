#include "engine/format/name_index.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

static const struct gguf_str *name_at(const struct name_index *index, size_t i) {
    return (const struct gguf_str *)(const void *)((const char *)index->names + i * index->stride);
}

/* A multiply-and-fold of eight bytes at a time. */
static uint64_t hash(uint64_t seed, const char *name, size_t len) {
    uint64_t h = seed ^ len;
    while (len > 0) {
        uint64_t word = 0;
        size_t n = len < 8 ? len : 8;
        memcpy(&word, name, n);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
        h += seed;
        name += n;
        len -= n;
    }
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

/* The slot that holds the name, or the empty one where it belongs. */
static size_t probe(const struct name_index *index, const char *name, size_t len) {
    size_t at = (size_t)hash(index->seed, name, len) & index->mask;
    while (index->slots[at] != NAME_INDEX_NONE) {
        const struct gguf_str *have = name_at(index, index->slots[at]);
        if (have->len == len && memcmp(have->data, name, len) == 0) break;
        at = (at + 1) & index->mask;
    }
    return at;
}

bool name_index_open(struct name_index *index, const void *names, size_t stride, size_t n) {
    size_t n_slots = 16;
    while (n_slots < 2 * n) n_slots *= 2;
    *index = (struct name_index){.mask = n_slots - 1, .names = names, .stride = stride};
    index->slots = mem_alloc(n_slots * sizeof *index->slots);
    if (!index->slots) return false;
    index->seed = hash_seed(index->slots);
    memset(index->slots, 0xff, n_slots * sizeof *index->slots);
    return true;
}

uint32_t name_index_add(struct name_index *index, size_t i) {
    const struct gguf_str *name = name_at(index, i);
    size_t at = probe(index, name->data, name->len);
    uint32_t earlier = index->slots[at];
    if (earlier == NAME_INDEX_NONE) index->slots[at] = (uint32_t)i;
    return earlier;
}

bool name_index_init(struct name_index *index, const void *names, size_t stride, size_t n,
                     uint32_t *duplicate) {
    *duplicate = NAME_INDEX_NONE;
    if (!name_index_open(index, names, stride, n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (name_index_add(index, i) == NAME_INDEX_NONE) continue;
        *duplicate = (uint32_t)i;
        return true;
    }
    return true;
}

void name_index_clear(struct name_index *index) {
    mem_free(index->slots);
    *index = (struct name_index){0};
}

uint32_t name_index_find(const struct name_index *index, const char *name, size_t len) {
    return index->slots[probe(index, name, len)];
}
