/* The quantisers of the 256-element types. */
#ifndef INGLE_ENGINE_KERN_QUANT_SUPER_H
#define INGLE_ENGINE_KERN_QUANT_SUPER_H

#include "engine/kern/type.h"

/* Writes the block of x[0..256) at dst. type is Q2_K, Q3_K, Q4_K, Q5_K, Q6_K or IQ4_XS. */
void kern_quant_super(enum kern_type type, const float *x, uint8_t *dst);

#endif
