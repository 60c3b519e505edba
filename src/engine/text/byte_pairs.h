/* Which two bytes ever meet inside a token. Between any other two no merge crosses, so a text may
 * be cut there and its parts merged alone, as short ones. */
#ifndef INGLE_ENGINE_TEXT_BYTE_PAIRS_H
#define INGLE_ENGINE_TEXT_BYTE_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed is empty. */
struct byte_pairs {
    uint8_t bits[256][32]; /* [left][right / 8] */
};

static inline void byte_pairs_add(struct byte_pairs *p, char left, char right) {
    uint8_t l = (uint8_t)left, r = (uint8_t)right;
    p->bits[l][r / 8] |= (uint8_t)(1u << r % 8);
}

static inline bool byte_pairs_has(const struct byte_pairs *p, char left, char right) {
    uint8_t l = (uint8_t)left, r = (uint8_t)right;
    return p->bits[l][r / 8] >> r % 8 & 1;
}

#endif
