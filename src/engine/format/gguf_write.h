/* Writing a GGUF file (version 3, alignment 32) in memory: for what training makes. Metadata and
 * tensors may come in any order; the first failure sticks and gguf_write_finish() reports it. */
#ifndef INGLE_ENGINE_FORMAT_GGUF_WRITE_H
#define INGLE_ENGINE_FORMAT_GGUF_WRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "engine/format/gguf.h"

struct gguf_write {
    uint64_t n_kvs, n_tensors;
    struct buf kvs, infos, data;
};

/* max_size: bytes of each of the three parts. */
void gguf_write_init(struct gguf_write *w, size_t max_size);
void gguf_write_clear(struct gguf_write *w);

void gguf_write_str(struct gguf_write *w, const char *key, const char *value);
void gguf_write_u32(struct gguf_write *w, const char *key, uint32_t value);
void gguf_write_f32(struct gguf_write *w, const char *key, float value);
void gguf_write_bool(struct gguf_write *w, const char *key, bool value);

/* Arrays of n elements; strings may hold any bytes. */
void gguf_write_strs(struct gguf_write *w, const char *key, const struct gguf_str *values,
                     size_t n);
void gguf_write_f32s(struct gguf_write *w, const char *key, const float *values, size_t n);
void gguf_write_i32s(struct gguf_write *w, const char *key, const int32_t *values, size_t n);

/* A key of another file, as it is. */
void gguf_write_copy(struct gguf_write *w, const struct gguf_kv *kv);

/* A tensor of rows [n_rows][n_cols] of the GGUF type, which are copied; n_cols is a multiple of
 * the type's block. n_rows 0: a vector of one dimension. */
void gguf_write_tensor(struct gguf_write *w, const char *name, uint32_t type, uint64_t n_cols,
                       uint64_t n_rows, const void *data);

/* The whole file into *out (initialised by the caller); w is cleared. NO_MEMORY or LIMIT. */
BASE_NODISCARD ingle_status gguf_write_finish(struct gguf_write *w, struct buf *out,
                                              ingle_error *err);

#endif
