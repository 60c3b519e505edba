/* Hashing. Of what the author of a file chooses, in tables: seeded with what that author cannot
 * know, so that no file makes a table slow. And of contents, to know them again: 64 bits against
 * accidents, no defence against who looks for collisions. */
#ifndef INGLE_BASE_HASH_H
#define INGLE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/compiler.h"

/* Another one every time; salt is any address of the table's. */
static inline uint64_t hash_seed(const void *salt) {
    return (clock_ns() ^ (uint64_t)(uintptr_t)salt) * 0x94d049bb133111ebu;
}

static inline uint64_t hash_u64(uint64_t seed, uint64_t value) {
    uint64_t h = (value ^ seed) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

/* As fast as memory can be read. Equal on machines of the same byte order. */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t size);

#endif
