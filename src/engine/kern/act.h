/* Activations in the form a matrix kernel reads. Rows are tokens.
 *
 *   KERN_ACT_F32     x     float  [n_tokens][stride]
 *   KERN_ACT_F16     x     float  [n_tokens][stride]       rounded to 11 significant bits
 *   KERN_ACT_BF16    h     bf16   [n_tokens][stride]       rounded to it
 *   KERN_ACT_Q8_32   q     int8   [n_tokens][stride]       in -127..127
 *                    d     float  [n_tokens][stride / 32]  x is about d * q
 *                    nsum  int32  [n_tokens][stride / 32]  minus the sum of the 32 q
 *   KERN_ACT_Q8_256  q     int8   [n_tokens][stride]
 *                    d     float  [n_tokens][stride / 256]
 *                    nsum  int32  [n_tokens][stride / 16]  minus the sum of 16 q
 *                    sum16 int16  [n_tokens][stride / 16]  the sum of 16 q
 *                    sum32 int16  [n_tokens][stride / 32]  the sum of 32 q
 *
 * All rounding is to nearest even.
 *
 * A block of int8 has d = max|x| / 127 and q = x * (127 / max|x|) rounded to nearest even. If
 * max|x| < KERN_ACT_TINY, where that factor would overflow, d and q are 0; if the block holds a NaN
 * or an infinity, d is NaN and q 0, so that the fault shows in every result.
 *
 * F16 activations have the precision of a half but the range of a float: what is too large for a
 * half does not become infinite (docs/decisions/half-activations.md).
 *
 * stride = n_cols rounded up to KERN_ACT_ALIGN elements; the padding is zero. */
#ifndef INGLE_ENGINE_KERN_ACT_H
#define INGLE_ENGINE_KERN_ACT_H

#include "engine/kern/type.h"

#define KERN_ACT_ALIGN 256
#define KERN_ACT_TINY 1e-36f

struct kern_acts {
    enum kern_act kind;
    int n_cols;
    int stride; /* elements */
    float *x;
    uint16_t *h;
    int8_t *q;
    float *d;
    int32_t *nsum;
    int16_t *sum16;
    int16_t *sum32;
};

/* Bytes (a multiple of 64) that n_tokens rows of n_cols need. */
size_t kern_acts_size(enum kern_act kind, int n_tokens, int n_cols);

/* Lays *a out over storage of that size, 64-byte aligned, zeroed by the caller once. */
void kern_acts_init(struct kern_acts *a, enum kern_act kind, int n_tokens, int n_cols,
                    void *storage);

#endif
