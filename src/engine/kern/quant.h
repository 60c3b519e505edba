/* float32 to file blocks: the published reference quantisers without an importance matrix.
 * Byte-exact with them where the format's documentation says so; used to make models and tests. */
#ifndef INGLE_ENGINE_KERN_QUANT_H
#define INGLE_ENGINE_KERN_QUANT_H

#include "engine/kern/type.h"

/* Writes kern_row_size(type, n) bytes at dst; n is a multiple of the type's block_elems.
 * Values must be finite. */
void kern_quant_row(enum kern_type type, const float *src, void *dst, int64_t n);

#endif
