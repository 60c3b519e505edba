/* A growing byte buffer with a maximum named at init (like curl's dynbuf): no unbounded growth.
 * A zeroed buf with max set is a valid empty one. Errors are sticky: once an append failed, the
 * content is unchanged by later appends and buf_failed() says so, so that a caller may append
 * many times and check once. */
#ifndef INGLE_BASE_BUF_H
#define INGLE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct buf {
    char *data; /* owned; NUL-terminated when non-NULL */
    size_t size;
    size_t cap;
    size_t max; /* bytes, without the NUL */
    bool failed;
    bool is_secret; /* a person's words, or keys: wiped before their storage goes back */
};

void buf_init(struct buf *b, size_t max);
void buf_init_secret(struct buf *b, size_t max);
void buf_clear(struct buf *b); /* frees; leaves it reusable, with the same maximum */
void buf_reset(struct buf *b); /* keeps the storage, empties the content */
/* `size` more bytes, which the caller fills before the buffer is next used; NULL on failure. */
BASE_NODISCARD char *buf_extend(struct buf *b, size_t size);
bool buf_add(struct buf *b, const void *data, size_t size);
bool buf_add_str(struct buf *b, const char *text);
BASE_PRINTF(2, 3) bool buf_addf(struct buf *b, const char *fmt, ...);
static inline bool buf_failed(const struct buf *b) {
    return b->failed;
}

#endif
