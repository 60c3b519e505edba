#include "engine/format/name_index.h"

#include "base/alloc.h"
#include "base/hash.h"

#define LONG_NAME 0xffu

static const struct gguf_str *name_at(const struct name_index *index, size_t i) {
    return (const struct gguf_str *)(const void *)((const char *)index->names + i * index->stride);
}

static uint64_t word_at(const char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t half_word_at(const char *bytes) {
    uint32_t half;
    memcpy(&half, bytes, sizeof half);
    return half;
}

/* A multiply-and-fold of eight bytes at a time, the last ones perhaps twice. */
struct name_key name_key_of_long(const struct name_index *index, const char *name, size_t len) {
    uint64_t h = index->secret[1] ^ len;
    for (size_t i = 0; i + 8 < len; i += 8) {
        h = (h ^ word_at(name + i)) * index->secret[0];
        h ^= h >> 32;
    }
    h = (h ^ word_at(name + len - 8)) * index->secret[2];
    return (struct name_key){h ^ h >> 32, LONG_NAME << 24 | (uint32_t)(len & 0xffffff)};
}

struct name_key name_key_of(const struct name_index *index, const char *name, size_t len) {
    struct name_key key = {.tail = (uint32_t)(len + 1) << 24};
    if (len > NAME_KEY_MAX) return name_key_of_long(index, name, len);
    if (len >= 8) {
        key.head = word_at(name);
        if (len > 8) key.tail |= half_word_at(name + len - 4) >> 8 * (12 - len);
    } else if (len >= 4) {
        key.head = half_word_at(name) | (uint64_t)half_word_at(name + len - 4) << 8 * (len - 4);
    } else {
        for (size_t i = 0; i < len; i++) key.head |= (uint64_t)(uint8_t)name[i] << 8 * i;
    }
    return key;
}

bool name_index_open(struct name_index *index, const void *names, size_t stride, size_t n) {
    size_t n_slots = 16;
    *index = (struct name_index){.shift = 60, .names = names, .stride = stride};
    for (; n_slots < 2 * n; n_slots *= 2) index->shift--;
    index->mask = n_slots - 1;
    index->slots = mem_table(n_slots, sizeof *index->slots);
    if (!index->slots) return false;
    uint64_t seed = hash_seed(index->slots);
    for (uint64_t i = 0; i < BASE_COUNT(index->secret); i++) {
        index->secret[i] = hash_u64(seed, i) | 1;
    }
    return true;
}

/* The slot that holds the name, or the empty one where it belongs. */
static size_t probe(const struct name_index *index, struct name_key key, const char *name,
                    size_t len) {
    size_t at = name_index_slot(index, key);
    for (;; at = (at + 1) & index->mask) {
        const struct name_slot *slot = &index->slots[at];
        if (slot->tail == 0) return at;
        if (slot->head != key.head || slot->tail != key.tail) continue;
        if (len <= NAME_KEY_MAX) return at;
        const struct gguf_str *have = name_at(index, slot->i);
        if (have->len == len && memcmp(have->data, name, len) == 0) return at;
    }
}

static uint32_t number_in(const struct name_slot *slot) {
    return slot->tail == 0 ? NAME_INDEX_NONE : slot->i;
}

uint32_t name_index_add_key(struct name_index *index, size_t i, struct name_key key) {
    const struct gguf_str *name = name_at(index, i);
    struct name_slot *slot = &index->slots[probe(index, key, name->data, name->len)];
    uint32_t earlier = number_in(slot);
    if (earlier == NAME_INDEX_NONE) *slot = (struct name_slot){key.head, key.tail, (uint32_t)i};
    return earlier;
}

uint32_t name_index_add(struct name_index *index, size_t i) {
    const struct gguf_str *name = name_at(index, i);
    return name_index_add_key(index, i, name_key_of(index, name->data, name->len));
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

uint32_t name_index_find_long(const struct name_index *index, struct name_key key, const char *name,
                              size_t len) {
    return number_in(&index->slots[probe(index, key, name, len)]);
}

uint32_t name_index_find(const struct name_index *index, const char *name, size_t len) {
    return name_index_find_key(index, name_key_of(index, name, len), name, len);
}
