/* Size arithmetic that cannot wrap. Each returns false, leaving *out alone, on overflow. */
#ifndef INGLE_BASE_SIZE_H
#define INGLE_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

BASE_NODISCARD static inline bool mul_size(size_t *out, size_t a, size_t b) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}

BASE_NODISCARD static inline bool add_size(size_t *out, size_t a, size_t b) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}

/* Next multiple of a power of two. */
BASE_NODISCARD static inline bool round_up_size(size_t *out, size_t size, size_t alignment) {
    size_t padded;
    if (!add_size(&padded, size, alignment - 1)) return false;
    *out = padded & ~(alignment - 1);
    return true;
}

#endif
