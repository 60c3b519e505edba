#include "base/hash.h"

#include <string.h>

#define LANES 8
#define STEP (LANES * 16)
#define ODD 0x9e3779b97f4a7c15u

/* The two halves of the product, which every bit of both factors reaches. */
static inline uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Lanes that do not wait for each other: a multiplication takes a few cycles, one starts in each.
 */
static inline void step(uint64_t lane[LANES], const uint8_t *p) {
    BASE_UNROLL
    for (int i = 0; i < LANES; i++) {
        lane[i] = fold(word_at(p + 16 * i) ^ ODD, word_at(p + 16 * i + 8) ^ lane[i]);
    }
}

uint64_t hash_bytes(uint64_t seed, const void *data, size_t size) {
    uint64_t lane[LANES];
    for (unsigned i = 0; i < LANES; i++) lane[i] = hash_u64(seed + i, ODD);
    const uint8_t *p = data;
    size_t left = size;
    for (; left >= STEP; left -= STEP, p += STEP) step(lane, p);
    if (left > 0) {
        uint8_t last[STEP] = {0};
        memcpy(last, p, left);
        step(lane, last);
    }
    uint64_t h = hash_u64(seed, size);
    for (int i = 0; i < LANES; i++) h = fold(h ^ lane[i], ODD) + lane[i];
    return hash_u64(h, size);
}
