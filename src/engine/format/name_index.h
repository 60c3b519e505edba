/* A hash index from names to numbers 0 .. n - 1, built once over names that live elsewhere. Keyed
 * by numbers that a file's author cannot know, so that no file makes it slow.
 *
 * A short name stands in its slot whole, so that finding it touches one cache line. Of a longer
 * one the slot has a hash, and the name itself is looked at where that agrees. */
#ifndef INGLE_ENGINE_FORMAT_NAME_INDEX_H
#define INGLE_ENGINE_FORMAT_NAME_INDEX_H

#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "engine/format/gguf.h"

#define NAME_INDEX_NONE UINT32_MAX
#define NAME_KEY_MAX 11   /* bytes of a name that its slot holds whole */
#define NAME_KEY_READS 12 /* bytes that name_key_of_padded() reads */

/* What a slot knows of a name. Short names of equal keys are equal. */
struct name_key {
    uint64_t head; /* bytes 0..7; of a longer name a hash */
    uint32_t tail; /* bytes 8..10, and in the highest byte the length + 1; 255 for a longer name */
};

struct name_slot {
    uint64_t head;
    uint32_t tail; /* 0 = empty */
    uint32_t i;
};

struct name_index {
    struct name_slot *slots; /* [mask + 1], zeroed = empty */
    size_t mask;
    unsigned shift;     /* from a hash down to a slot */
    uint64_t secret[3]; /* odd */
    const void *names;  /* the i-th name is the struct gguf_str at names + i * stride */
    size_t stride;
};

/* An empty index with room for n names; false if out of memory. */
bool name_index_open(struct name_index *index, const void *names, size_t stride, size_t n);

/* Adds name i. Returns the number of an equal name that was added before, and adds nothing then;
 * else NAME_INDEX_NONE. */
uint32_t name_index_add(struct name_index *index, size_t i);

/* The two together: indexes n names. *duplicate gets the number of a name that an earlier one
 * equals, else NAME_INDEX_NONE. False if out of memory. */
bool name_index_init(struct name_index *index, const void *names, size_t stride, size_t n,
                     uint32_t *duplicate);
void name_index_clear(struct name_index *index);

/* NAME_INDEX_NONE if absent. */
uint32_t name_index_find(const struct name_index *index, const char *name, size_t len);

/* ---- the same in steps: make keys, prefetch their slots, and only then find ---- */

struct name_key name_key_of(const struct name_index *index, const char *name, size_t len);
struct name_key name_key_of_long(const struct name_index *index, const char *name, size_t len);
uint32_t name_index_add_key(struct name_index *index, size_t i, struct name_key key);
uint32_t name_index_find_long(const struct name_index *index, struct name_key key, const char *name,
                              size_t len);

/* The same as name_key_of() of a name with NAME_KEY_READS readable bytes. */
static inline struct name_key name_key_of_padded(const struct name_index *index, const char *name,
                                                 size_t len) {
    struct name_key key;
    if (BASE_UNLIKELY(len > NAME_KEY_MAX)) return name_key_of_long(index, name, len);
    unsigned in_head = len < 8 ? (unsigned)len : 8, in_tail = (unsigned)len - in_head;
    memcpy(&key.head, name, 8);
    memcpy(&key.tail, name + 8, 4);
    key.head &= ~(~UINT64_C(0) << 4 * in_head << 4 * in_head);
    key.tail &= ~(~UINT32_C(0) << 8 * in_tail);
    key.tail |= (uint32_t)(len + 1) << 24;
    return key;
}

/* Where the search for a key begins. Which keys meet there depends on the secret alone. */
static inline size_t name_index_slot(const struct name_index *index, struct name_key key) {
    uint64_t h = key.head * index->secret[0] + key.tail * index->secret[1];
    return (size_t)((h ^ h >> 32) * index->secret[2] >> index->shift);
}

static inline void name_index_prefetch(const struct name_index *index, struct name_key key) {
    BASE_PREFETCH(&index->slots[name_index_slot(index, key)]);
}

static inline uint32_t name_index_find_key(const struct name_index *index, struct name_key key,
                                           const char *name, size_t len) {
    if (BASE_UNLIKELY(len > NAME_KEY_MAX)) return name_index_find_long(index, key, name, len);
    size_t at = name_index_slot(index, key);
    for (;; at = (at + 1) & index->mask) {
        const struct name_slot *slot = &index->slots[at];
        if (slot->head == key.head && slot->tail == key.tail) return slot->i;
        if (slot->tail == 0) return NAME_INDEX_NONE;
    }
}

#endif
