/* Builds GGUF files in memory, right or wrong on purpose: every field can be set to anything. For
 * small test files; gguf_stream.h writes large valid ones.
 *
 * Keys: gguf_writer_u32() and its like write a key whole. Anything else is a
 * gguf_writer_key(w, key, type) followed by raw put_*() calls on w->kvs. */
#ifndef INGLE_TESTS_SUPPORT_GGUF_WRITER_H
#define INGLE_TESTS_SUPPORT_GGUF_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/format/gguf.h"

struct gguf_writer {
    char magic[4];
    uint32_t version;
    uint64_t n_tensors, n_kvs; /* as written so far; overwrite to lie */
    uint64_t alignment;        /* of the padding and of offsets; the key is the caller's */
    struct buf kvs, infos, data;
};

/* Raw little-endian values. */
void put_u8(struct buf *b, uint8_t value);
void put_u16(struct buf *b, uint16_t value);
void put_u32(struct buf *b, uint32_t value);
void put_u64(struct buf *b, uint64_t value);
void put_f32(struct buf *b, float value);
void put_f64(struct buf *b, double value);
void put_str(struct buf *b, const char *text); /* with its length */
void put_zeros(struct buf *b, uint64_t n);

void gguf_writer_init(struct gguf_writer *w); /* version 3, alignment 32 */
void gguf_writer_clear(struct gguf_writer *w);

void gguf_writer_key(struct gguf_writer *w, const char *key, uint32_t type);
void gguf_writer_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n);
void gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value);
void gguf_writer_str(struct gguf_writer *w, const char *key, const char *value);

/* Only the description of a tensor. */
void gguf_writer_info(struct gguf_writer *w, const char *name, uint32_t n_dims,
                      const uint64_t *dims, uint32_t type, uint64_t offset);
/* A tensor with zeroed data after what is there. */
void gguf_writer_tensor(struct gguf_writer *w, const char *name, uint32_t n_dims,
                        const uint64_t *dims, uint32_t type);

/* The whole file; false if memory was short anywhere. */
bool gguf_writer_bytes(const struct gguf_writer *w, struct buf *out);
/* The same written to a file and w cleared. */
bool gguf_writer_save(struct gguf_writer *w, const char *path);

bool save_bytes(const char *path, const void *data, size_t size);

#endif
