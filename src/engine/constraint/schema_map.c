#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/constraint/schema_internal.h"

static void no_room(struct schema *c, size_t size) {
    if (schema_failed(c)) return;
    if (c->arena.total < c->arena.max / 2) {
        c->status = status_no_memory(c->err, "the schema's shapes", size);
    } else {
        schema_refuse(c, "what it says takes more memory than a schema may");
    }
}

void *schema_alloc(struct schema *c, size_t count, size_t size) {
    void *data = arena_array(&c->arena, count, size);
    if (!data) no_room(c, count * size);
    return data;
}

void *schema_grow(struct schema *c, void *data, uint32_t n, uint32_t *cap, size_t size) {
    if (n < *cap) return data;
    uint32_t wanted = *cap ? *cap * 2 : 16;
    void *moved = schema_alloc(c, wanted, size);
    if (!moved) return NULL;
    if (n) memcpy(moved, data, n * size);
    *cap = wanted;
    return moved;
}

void schema_add_id(struct schema *c, struct schema_ids *ids, uint32_t id) {
    uint32_t *data = schema_grow(c, ids->data, ids->n, &ids->cap, sizeof *data);
    if (!data) return;
    ids->data = data;
    data[ids->n++] = id;
}

static bool is_key(const struct schema_key *key, const void *data, size_t size, uint64_t hash) {
    if (key->hash != hash || key->size != size) return false;
    return size == 0 || memcmp(key->data, data, size) == 0;
}

/* The slot of a key, or the free one where it would go. Slots hold numbers + 1. */
static uint32_t *find_slot(const struct schema_map *map, const void *data, size_t size,
                           uint64_t hash) {
    uint32_t at = (uint32_t)hash & (map->n_slots - 1);
    while (map->slots[at] && !is_key(&map->keys[map->slots[at] - 1], data, size, hash)) {
        at = (at + 1) & (map->n_slots - 1);
    }
    return &map->slots[at];
}

static bool widen(struct schema *c, struct schema_map *map) {
    if (map->n * 2 < map->n_slots) return true;
    if (!map->n_slots) map->seed = hash_seed(map);
    uint32_t n_slots = map->n_slots ? map->n_slots * 2 : 32;
    uint32_t *slots = schema_alloc(c, n_slots, sizeof *slots);
    if (!slots) return false;
    map->slots = slots;
    map->n_slots = n_slots;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct schema_key *key = &map->keys[i];
        *find_slot(map, key->data, key->size, key->hash) = i + 1;
    }
    return true;
}

uint32_t schema_map_find(const struct schema_map *map, const void *data, size_t size) {
    if (map->n_slots == 0) return SCHEMA_NONE;
    return *find_slot(map, data, size, hash_bytes(map->seed, data, size)) - 1;
}

uint32_t schema_map_add(struct schema *c, struct schema_map *map, const void *data, size_t size,
                        bool *is_new) {
    *is_new = false;
    if (schema_failed(c) || !widen(c, map)) return SCHEMA_NONE;
    uint64_t hash = hash_bytes(map->seed, data, size);
    uint32_t *slot = find_slot(map, data, size, hash);
    if (*slot) return *slot - 1;
    struct schema_key *keys = schema_grow(c, map->keys, map->n, &map->cap, sizeof *keys);
    if (!keys) return SCHEMA_NONE;
    map->keys = keys;
    void *copy = arena_copy(&c->arena, data, size);
    if (!copy) {
        no_room(c, size);
        return SCHEMA_NONE;
    }
    keys[map->n] = (struct schema_key){.data = copy, .size = size, .hash = hash};
    *slot = map->n + 1;
    *is_new = true;
    return map->n++;
}
