/* The published block formats once more, element by element in double precision, written from
 * their tables and not from src/engine/kern: what the decoder and the quantisers are compared
 * with. */
#ifndef INGLE_TESTS_SUPPORT_BLOCKS_H
#define INGLE_TESTS_SUPPORT_BLOCKS_H

#include "base/rng.h"
#include "engine/kern/type.h"

#define BLOCKS_MAX_BYTES 210

/* All types, and those made of blocks with codes. */
extern const enum kern_type blocks_all[16];
extern const enum kern_type blocks_coded[13];

/* Element e of the block at p (for F32, F16 and BF16: of one value). */
double blocks_value(enum kern_type type, const uint8_t *p, int e);

/* How much of that are terms which cancel: |d * scale * w| + |dmin * min|. Bounds the rounding. */
double blocks_magnitude(enum kern_type type, const uint8_t *p, int e);

/* f16 bits as a number, from the definition. */
double blocks_f16(uint16_t bits);

/* Any bytes, but with finite f16 scales of all sizes. */
void blocks_random(struct rng *rng, enum kern_type type, uint8_t *p);

#endif
