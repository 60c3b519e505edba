/* The file that packed weights are kept in, and how its bytes are checked before anything in it is
 * believed:
 *
 *      0   struct packed_header
 *   2048   struct packed_seen: rewritten where the model's file turns out to be the same after all
 *   4096   u64 sums[n_chunks]: hash of each chunk of the data
 *   data   at the next multiple of a chunk, which is a huge page: the region of weights.h
 *
 * All of it in the machine's own byte order; another one's magic differs. */
#ifndef INGLE_ENGINE_MODEL_PACKED_HEADER_H
#define INGLE_ENGINE_MODEL_PACKED_HEADER_H

#include "base/map.h"
#include "engine/kern/pack.h"

/* Of the file, and of the packed form of its data. */
#define PACKED_VERSION ((uint64_t)1 << 32 | KERN_PACK_VERSION)
#define PACKED_CHUNK HUGE_PAGE
#define PACKED_SEEN_AT 2048
#define PACKED_SUMS_AT 4096

/* What a file must hold to be of use. */
struct packed_key {
    uint64_t model;  /* hash of the model's metadata and tensor table */
    uint64_t layout; /* hash of what lies where in the data, and packed how */
    uint64_t data_size;
};

struct packed_header {
    uint64_t magic, version;
    struct packed_key key;
    uint64_t source_sum; /* of the tensors that were packed: packed_source_sum() */
    uint64_t sums_sum;   /* hash of sums[] */
    uint64_t self;       /* hash of the fields above */
};

/* The model's files when the weights in them were last known to be these. */
struct packed_seen {
    uint64_t identity; /* hash; 0 = not known */
    uint64_t self;     /* hash of the field above and of the header's `self` */
};

static inline size_t packed_n_chunks(size_t data_size) {
    return data_size / PACKED_CHUNK + (data_size % PACKED_CHUNK != 0);
}

/* Where the data begin, and the size of the file; false if there cannot be such a file. */
BASE_NODISCARD bool packed_sizes(uint64_t data_size, size_t *data_at, size_t *file_size);

/* Fill in the constant fields and the hashes. */
void packed_header_seal(struct packed_header *h, const uint64_t *sums);
struct packed_seen packed_seen_make(const struct packed_header *h, uint64_t identity);

/* A file whose header is in order. */
struct packed_view {
    struct packed_header header;
    uint64_t identity;    /* 0 if there is none, or what it says of it is damaged */
    const uint64_t *sums; /* [n_chunks]; borrowed, like data */
    const uint8_t *data;  /* header.key.data_size bytes, not yet compared with their sums */
};

/* INVALID with a sentence about "the cached file" for any bytes but those of a file with that key.
 * `bytes` is 8-byte aligned. */
BASE_NODISCARD ingle_status packed_view_init(struct packed_view *view, const uint8_t *bytes,
                                             size_t size, const struct packed_key *key,
                                             ingle_error *err);

/* The version that a file's first bytes claim; 0 if they are not those of such a file. */
uint64_t packed_version_of(const struct packed_header *h);

#endif
