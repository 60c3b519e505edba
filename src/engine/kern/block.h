/* One file block taken apart: codes, sub-block scales, and what turns them into weights. The only
 * place that knows the byte layouts of the published block formats; dequantising and packing are
 * both written over it. */
#ifndef INGLE_ENGINE_KERN_BLOCK_H
#define INGLE_ENGINE_KERN_BLOCK_H

#include "engine/kern/type.h"

#define KERN_MAX_BLOCK 256
#define KERN_MAX_SUB 16

/* How the codes of a block type become weights. */
struct kern_code {
    int n_sub;            /* scales per block: 1 for 32-element types, 8 or 16 for 256 */
    bool has_min;         /* value = scale * w + min (32) or d*sc*w - dmin*mn (256) */
    bool signed_scale;    /* sub-block scales are i8 rather than u8 */
    int offset_shift;     /* w = code - (1 << offset_shift); 0 means no offset */
    const uint8_t *table; /* 16 entries replacing the code before the offset, or NULL */
    bool nibbles, crumbs, bits, bytes; /* the planes of pack.h, in this order */
};

/* NULL for F32, F16 and BF16. */
const struct kern_code *kern_code(enum kern_type type);

/* The 4-bit tables plus their offsets: IQ4 (offset 128) and E2M1 doubled (offset 16). */
extern const uint8_t kern_table_iq4[16];
extern const uint8_t kern_table_e2m1[16];

struct kern_block {
    uint8_t code[KERN_MAX_BLOCK];
    int8_t scale[KERN_MAX_SUB]; /* 256-element types; u8 fits, being at most 63 */
    uint8_t min[KERN_MAX_SUB];  /* 256-element types with a min */
    uint16_t d;                 /* f16 bits; MXFP4: the exponent byte */
    uint16_t dmin;              /* f16 bits: the min of 32-element types, dmin of 256 */
};

/* Takes the block at src (block_bytes bytes, any alignment) apart. Not for float types. */
void kern_block_decode(enum kern_type type, const uint8_t *src, struct kern_block *out);

/* values[0..block_elems) of a decoded block, in the order of operations of the published
 * dequantisers: (d * scale) * w - dmin * min. */
void kern_block_values(enum kern_type type, const struct kern_block *block, float *values);

#endif
