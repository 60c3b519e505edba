#include "engine/model/packed_header.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/size.h"

#define MAGIC 0x4b4150454c474e49u /* "INGLEPAK" */

_Static_assert(sizeof(struct packed_header) <= PACKED_SEEN_AT, "the header has room");
_Static_assert(PACKED_SEEN_AT + sizeof(struct packed_seen) <= PACKED_SUMS_AT, "and what follows");

bool packed_sizes(uint64_t data_size, size_t *data_at, size_t *file_size) {
    if (data_size == 0 || data_size > SIZE_MAX) return false;
    size_t head = PACKED_SUMS_AT + packed_n_chunks((size_t)data_size) * sizeof(uint64_t);
    return round_up_size(data_at, head, PACKED_CHUNK) &&
           add_size(file_size, *data_at, (size_t)data_size);
}

static uint64_t hash_of_header(const struct packed_header *h) {
    return hash_bytes(PACKED_VERSION, h, offsetof(struct packed_header, self));
}

static uint64_t hash_of_sums(const uint64_t *sums, uint64_t data_size) {
    return hash_bytes(data_size, sums, packed_n_chunks((size_t)data_size) * sizeof *sums);
}

void packed_header_seal(struct packed_header *h, const uint64_t *sums) {
    h->magic = MAGIC;
    h->version = PACKED_VERSION;
    h->sums_sum = hash_of_sums(sums, h->key.data_size);
    h->self = hash_of_header(h);
}

struct packed_seen packed_seen_make(const struct packed_header *h, uint64_t identity) {
    return (struct packed_seen){.identity = identity, .self = hash_u64(h->self, identity)};
}

uint64_t packed_version_of(const struct packed_header *h) {
    return h->magic == MAGIC ? h->version : 0;
}

static ingle_status unfit(ingle_error *err, const char *how) {
    return status_set(err, INGLE_INVALID, 0, "The cached file %s.", how);
}

ingle_status packed_view_init(struct packed_view *view, const uint8_t *bytes, size_t size,
                              const struct packed_key *key, ingle_error *err) {
    struct packed_header *h = &view->header;
    struct packed_seen seen;
    size_t data_at, file_size;
    if (size < PACKED_SUMS_AT) return unfit(err, "was cut short");
    memcpy(h, bytes, sizeof *h);
    memcpy(&seen, bytes + PACKED_SEEN_AT, sizeof seen);
    if (packed_version_of(h) == 0) return unfit(err, "does not hold packed weights");
    if (h->version != PACKED_VERSION) return unfit(err, "is of another version of ingle");
    if (h->self != hash_of_header(h)) return unfit(err, "was damaged in its header");
    if (memcmp(&h->key, key, sizeof *key) != 0) return unfit(err, "is of another model");
    if (!packed_sizes(key->data_size, &data_at, &file_size) || size != file_size) {
        return unfit(err, "has another size than it should");
    }
    view->sums = (const uint64_t *)(const void *)(bytes + PACKED_SUMS_AT);
    view->data = bytes + data_at;
    if (h->sums_sum != hash_of_sums(view->sums, key->data_size)) {
        return unfit(err, "was damaged in its table of sums");
    }
    bool is_whole = seen.self == packed_seen_make(h, seen.identity).self;
    view->identity = is_whole ? seen.identity : 0;
    return INGLE_OK;
}
