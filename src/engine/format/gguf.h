/* GGUF files, versions 2 and 3, one or many shards: the bytes and what the container says of
 * them, never what a key means. Everything is checked at open; afterwards all views are safe to
 * read and borrowed from the map. See gguf.c for the layout. */
#ifndef INGLE_ENGINE_FORMAT_GGUF_H
#define INGLE_ENGINE_FORMAT_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/status.h"

struct gguf;

/* Bytes with a length: not NUL-terminated, any content. */
struct gguf_str {
    const char *data;
    size_t len;
};

enum gguf_value_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_N_VALUE_TYPES
};

struct gguf_kv {
    struct gguf_str key;
    enum gguf_value_type type; /* of the value, or of the elements if is_array; never GGUF_ARRAY */
    bool is_array;
    uint64_t count;      /* elements; 1 for a scalar */
    const uint8_t *data; /* first element, unaligned; strings: u64 length + bytes, packed */
    size_t size;         /* bytes of all elements */
    uint64_t where;      /* offset of the key in the file, for messages */
};

struct gguf_tensor {
    struct gguf_str name;
    int n_dims;
    uint64_t dims[4]; /* missing ones are 1; dims[0] is the row length */
    uint32_t type;    /* GGUF tensor type id, known and with a fixed block size */
    int shard;
    uint64_t offset;     /* from the start of the shard's file */
    const uint8_t *data; /* borrowed; size bytes */
    size_t size;
    uint64_t where; /* offset of the tensor's info, for messages */
};

BASE_NODISCARD ingle_status gguf_open(struct gguf **out, const char *path, ingle_error *err);
/* The same for the parts of a model, in order, that somebody has opened; they stay the caller's and
 * may be closed afterwards. `name` stands for the first one's path. Parts that the model does not
 * have, where its name says so, are left alone. */
BASE_NODISCARD ingle_status gguf_open_files(struct gguf **out, const int *fds, size_t n_fds,
                                            const char *name, ingle_error *err);
/* The same for one file's bytes in memory, which stay the caller's and unchanged until
 * gguf_close(); `name` stands for the path. */
BASE_NODISCARD ingle_status gguf_open_memory(struct gguf **out, const void *data, size_t size,
                                             const char *name, ingle_error *err);
void gguf_close(struct gguf *g);

/* All that is needed often has been read: the file's pages leave this process's memory. A later
 * read brings its page back. */
void gguf_done_reading(const struct gguf *g);

const char *gguf_path(const struct gguf *g);
uint32_t gguf_version(const struct gguf *g);
uint64_t gguf_file_size(const struct gguf *g); /* bytes, all shards */

/* One shard's file: all of its bytes, of which the first head_size are metadata and tensor table.
 */
struct gguf_part {
    const uint8_t *data;
    size_t size, head_size;
    struct file_identity identity;
};
int gguf_n_parts(const struct gguf *g);
struct gguf_part gguf_part_at(const struct gguf *g, int i);

size_t gguf_n_kvs(const struct gguf *g); /* of shard 0 */
const struct gguf_kv *gguf_kv_at(const struct gguf *g, size_t i);
const struct gguf_kv *gguf_find(const struct gguf *g, const char *key); /* NULL if absent */

size_t gguf_n_tensors(const struct gguf *g); /* of all shards */
const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i);
const struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name);

/* Element i of a numeric kv as the asked type, whatever the stored one, if that loses nothing
 * (10.0f is the integer 10; 10.5f is none). False if it does not fit or is not a number.
 * A bool reads as 0 or 1. */
bool gguf_get_int(const struct gguf_kv *kv, uint64_t i, int64_t *out);
bool gguf_get_uint(const struct gguf_kv *kv, uint64_t i, uint64_t *out);
bool gguf_get_float(const struct gguf_kv *kv, uint64_t i, double *out);

/* Scalar string; false for any other type. */
bool gguf_get_str(const struct gguf_kv *kv, struct gguf_str *out);

/* Walks the strings of an array: start with cursor = 0; false at the end. */
bool gguf_next_str(const struct gguf_kv *kv, size_t *cursor, struct gguf_str *out);

/* Name, elements per block and bytes per block of a tensor type id; NULL name if unknown.
 * Covers types that ingle does not compute with. */
struct gguf_type_info {
    const char *name;
    uint32_t block_elems;
    uint32_t block_bytes;
};
struct gguf_type_info gguf_type_info(uint32_t type);

#endif
