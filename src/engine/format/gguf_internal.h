/* What gguf.c (files, shards, look-up) and gguf_parse.c (the bytes of one shard) share. */
#ifndef INGLE_ENGINE_FORMAT_GGUF_INTERNAL_H
#define INGLE_ENGINE_FORMAT_GGUF_INTERNAL_H

#include "base/bytes.h"
#include "base/map.h"
#include "engine/format/gguf.h"

/* Far above any published file, low enough that a table of them is small. */
#define GGUF_MAX_KVS 65536
#define GGUF_MAX_TENSORS 65536
#define GGUF_MAX_SHARDS 1024

/* One parsed file. The arrays are owned; names, keys and values are borrowed from the map. */
struct gguf_shard {
    struct file_map map;
    bool is_borrowed; /* the bytes are somebody else's memory, not a map */
    const char *path; /* borrowed, for messages */
    int number;       /* place among the shards, from 0 */
    uint32_t version;
    size_t head_size; /* bytes up to the end of the tensor table */
    struct gguf_kv *kvs;
    size_t n_kvs;
    struct gguf_tensor *tensors;
    size_t n_tensors;
};

/* Parses shard->map into the rest; on failure the arrays may be set and gguf_shard_clear() frees
 * them. Uniqueness of names is left to the index. */
BASE_NODISCARD ingle_status gguf_shard_parse(struct gguf_shard *shard, ingle_error *err);
void gguf_shard_clear(struct gguf_shard *shard);

#endif
