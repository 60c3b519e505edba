/* A bounded little-endian cursor over untrusted bytes. Every length that comes from outside
 * passes through here. A read past the end returns false and moves nothing. */
#ifndef INGLE_BASE_BYTES_H
#define INGLE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct bytes {
    const uint8_t *data; /* borrowed */
    size_t size;
    size_t pos; /* <= size */
};

static inline size_t bytes_left(const struct bytes *b) {
    return b->size - b->pos;
}

/* Borrow n bytes and move past them. */
BASE_NODISCARD static inline bool bytes_take(struct bytes *b, size_t n, const uint8_t **out) {
    if (n > bytes_left(b)) return false;
    *out = b->data + b->pos;
    b->pos += n;
    return true;
}

BASE_NODISCARD static inline bool bytes_read(struct bytes *b, void *out, size_t n) {
    const uint8_t *src;
    if (!bytes_take(b, n, &src)) return false;
    memcpy(out, src, n);
    return true;
}

BASE_NODISCARD static inline bool bytes_u32(struct bytes *b, uint32_t *out) {
    uint8_t raw[4];
    if (!bytes_read(b, raw, sizeof raw)) return false;
    *out =
        (uint32_t)raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
    return true;
}

BASE_NODISCARD static inline bool bytes_u64(struct bytes *b, uint64_t *out) {
    uint32_t low, high;
    if (bytes_left(b) < 8 || !bytes_u32(b, &low) || !bytes_u32(b, &high)) return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

#endif
