/* File blocks to float32: the definition of every block format. Used for embedding rows, for
 * packing float formats and as the yardstick of all tests; not on any hot path. */
#ifndef INGLE_ENGINE_KERN_DEQUANT_H
#define INGLE_ENGINE_KERN_DEQUANT_H

#include "engine/kern/type.h"

/* dst[0..n) = the values of the blocks at src (kern_row_size(type, n) bytes, any alignment). */
void kern_dequant_row(enum kern_type type, const void *src, float *dst, int64_t n);

#endif
