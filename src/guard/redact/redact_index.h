/* Hashes, of what their owner hashes, to numbers: open addressing, never more than half full. */
#ifndef INGLE_GUARD_REDACT_REDACT_INDEX_H
#define INGLE_GUARD_REDACT_REDACT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Zeroed = empty. */
struct redact_index {
    uint64_t *hashes; /* [n_slots] owned; 0 = empty */
    uint32_t *values;
    size_t n_slots, n;
};

void redact_index_clear(struct redact_index *x);

/* A value that is there stays. The hash is not 0. */
BASE_NODISCARD ingle_status redact_index_add(struct redact_index *x, uint64_t hash, uint32_t value,
                                             ingle_error *err);
bool redact_index_find(const struct redact_index *x, uint64_t hash, uint32_t *value);

#endif
