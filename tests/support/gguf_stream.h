/* Writes a valid GGUF v3 file of any size in one pass: keys, then the list of tensors, then their
 * data in that order. Errors are sticky; gguf_stream_close() reports them. Used by make_model.c,
 * whose files may be larger than memory. */
#ifndef INGLE_TESTS_SUPPORT_GGUF_STREAM_H
#define INGLE_TESTS_SUPPORT_GGUF_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "engine/format/gguf.h"

struct gguf_stream {
    FILE *file;
    bool failed;
    struct buf keys, infos;
    uint64_t n_keys, n_tensors;
    uint64_t data_size; /* of the tensors declared so far, padded */
    uint64_t written;   /* bytes of the current tensor */
};

void gguf_stream_open(struct gguf_stream *s, const char *path);

/* Keys, in any order, before the first data. */
void gguf_stream_str(struct gguf_stream *s, const char *key, const char *value);
void gguf_stream_u32(struct gguf_stream *s, const char *key, uint32_t value);
void gguf_stream_f32(struct gguf_stream *s, const char *key, float value);
void gguf_stream_bool(struct gguf_stream *s, const char *key, bool value);
void gguf_stream_i32s(struct gguf_stream *s, const char *key, const int32_t *values, uint64_t n);

/* A key of another file as it stands there. */
void gguf_stream_copy(struct gguf_stream *s, const struct gguf_kv *kv);

/* An array of strings: its head, then n times an element. */
void gguf_stream_strs(struct gguf_stream *s, const char *key, uint64_t n);
void gguf_stream_element(struct gguf_stream *s, const char *value);

/* Declares a tensor of n_rows rows (1 = a vector) of n_cols values in row_size bytes each. */
void gguf_stream_tensor(struct gguf_stream *s, const char *name, uint32_t type, uint64_t n_cols,
                        uint64_t n_rows, uint64_t row_size);

/* After all declarations: the head of the file; then data tensor by tensor. */
void gguf_stream_begin_data(struct gguf_stream *s);
void gguf_stream_data(struct gguf_stream *s, const void *data, size_t size);
void gguf_stream_end_tensor(struct gguf_stream *s); /* pads */

/* False if anything failed; the file is then of no use. */
bool gguf_stream_close(struct gguf_stream *s);

#endif
