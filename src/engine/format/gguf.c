/* Opening a GGUF file and its sibling shards, and looking things up in them. The bytes themselves
 * are read in gguf_parse.c. */
#include "engine/format/gguf.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/part_name.h"
#include "engine/format/gguf_internal.h"
#include "engine/format/name_index.h"

struct gguf {
    char *path;
    struct gguf_shard *shards;
    int n_shards;
    struct gguf_tensor *tensors; /* of all shards; the only shard's own array if there is one */
    size_t n_tensors;
    struct name_index kv_index, tensor_index;
};

/* Where the parts come from: opened by their paths, or by somebody else. */
struct source {
    const int *fds; /* NULL = by path */
    size_t n_fds;
};

static ingle_status open_shard(struct gguf_shard *shard, const struct source *from,
                               const char *path, int number, ingle_error *err) {
    if (!from->fds) {
        INGLE_TRY(file_map_open(&shard->map, path, err));
    } else {
        if ((size_t)number >= from->n_fds) return status_errno(err, ENOENT, "open", path);
        INGLE_TRY(file_map_handed(&shard->map, from->fds[number], path, err));
    }
    shard->path = path;
    shard->number = number;
    return gguf_shard_parse(shard, err);
}

static const struct gguf_kv *shard_find(const struct gguf_shard *shard, const char *key) {
    for (size_t i = 0; i < shard->n_kvs; i++) {
        const struct gguf_kv *kv = &shard->kvs[i];
        if (kv->key.len == strlen(key) && memcmp(kv->key.data, key, kv->key.len) == 0) return kv;
    }
    return NULL;
}

/* A split.* count in 0..max, or `absent`. */
static ingle_status split_key(const struct gguf_shard *shard, const char *key, int64_t max,
                              int64_t absent, int64_t *out, ingle_error *err) {
    const struct gguf_kv *kv = shard_find(shard, key);
    *out = absent;
    if (!kv) return INGLE_OK;
    if (kv->is_array || !gguf_get_int(kv, 0, out) || *out < 0 || *out > max) {
        return status_set(err, INGLE_INVALID, kv->where,
                          "%s of '%s' must be an integer from 0 to %" PRId64 ".", key, shard->path,
                          max);
    }
    return INGLE_OK;
}

static ingle_status check_first(const struct gguf_shard *first, const struct source *from,
                                int64_t count, ingle_error *err) {
    int64_t number;
    INGLE_TRY(split_key(first, "split.no", GGUF_MAX_SHARDS, 0, &number, err));
    bool named = part_name_is(first->path, (int)number, (int)count);
    if (from->fds && number == 0 && from->n_fds == (size_t)count) return INGLE_OK;
    if (named && number != 0) {
        return status_set(err, INGLE_INVALID, 0,
                          "'%s' is part %d of %d of a split model; open its first part, "
                          "...-00001-of-%05d.gguf.",
                          first->path, (int)number + 1, (int)count, (int)count);
    }
    if (!named || number != 0) {
        return status_set(err, INGLE_INVALID, 0,
                          "'%s' is the first of %d parts of a split model, but its name does not "
                          "end in -00001-of-%05d.gguf.",
                          first->path, (int)count, (int)count);
    }
    return INGLE_OK;
}

static ingle_status open_sibling(struct gguf *g, const struct source *from, char *path, int i,
                                 ingle_error *err) {
    struct gguf_shard *shard = &g->shards[i];
    int64_t number, count;
    INGLE_TRY(open_shard(shard, from, path, i, err));
    INGLE_TRY(split_key(shard, "split.no", GGUF_MAX_SHARDS, -1, &number, err));
    INGLE_TRY(split_key(shard, "split.count", GGUF_MAX_SHARDS, -1, &count, err));
    if (number != i || count != g->n_shards) {
        return status_set(err, INGLE_INVALID, 0, "'%s' does not say that it is part %d of %d.",
                          path, i + 1, g->n_shards);
    }
    shard->path = g->path; /* what messages after opening name */
    return INGLE_OK;
}

/* Opens parts 2.. and gathers all tensors in one array. */
static ingle_status open_siblings(struct gguf *g, const struct source *from, ingle_error *err) {
    char *path = mem_strndup(g->path, strlen(g->path));
    if (!path) return status_no_memory(err, "a path", strlen(g->path));
    ingle_status status = INGLE_OK;
    g->n_tensors = g->shards[0].n_tensors;
    for (int i = 1; i < g->n_shards && status == INGLE_OK; i++) {
        if (part_name_is(path, i - 1, g->n_shards)) part_name_set(path, i);
        status = open_sibling(g, from, path, i, err);
        g->n_tensors += g->shards[i].n_tensors;
    }
    mem_free(path);
    INGLE_TRY(status);
    int64_t declared;
    INGLE_TRY(split_key(&g->shards[0], "split.tensors.count", INT32_MAX, (int64_t)g->n_tensors,
                        &declared, err));
    if (declared != (int64_t)g->n_tensors || g->n_tensors > GGUF_MAX_TENSORS) {
        return status_set(err, INGLE_INVALID, 0,
                          "The parts of '%s' hold %zu tensors; split.tensors.count says %" PRId64
                          ".",
                          g->path, g->n_tensors, declared);
    }
    g->tensors = mem_calloc(g->n_tensors, sizeof *g->tensors);
    if (!g->tensors) return status_no_memory(err, "the tensor table", g->n_tensors);
    size_t n = 0;
    for (int i = 0; i < g->n_shards; i++) {
        size_t size = g->shards[i].n_tensors * sizeof *g->tensors;
        if (size) memcpy(g->tensors + n, g->shards[i].tensors, size);
        n += g->shards[i].n_tensors;
    }
    return INGLE_OK;
}

static ingle_status build_indexes(struct gguf *g, ingle_error *err) {
    const struct gguf_shard *first = &g->shards[0];
    uint32_t duplicate;
    if (!name_index_init(&g->kv_index, first->kvs, sizeof *first->kvs, first->n_kvs, &duplicate)) {
        return status_no_memory(err, "the metadata index", first->n_kvs);
    }
    if (duplicate != NAME_INDEX_NONE) {
        const struct gguf_kv *kv = &first->kvs[duplicate];
        return status_set(err, INGLE_INVALID, kv->where, "The key %.*s appears twice in '%s'.",
                          (int)(kv->key.len > 80 ? 80 : kv->key.len), kv->key.data, g->path);
    }
    if (!name_index_init(&g->tensor_index, g->tensors, sizeof *g->tensors, g->n_tensors,
                         &duplicate)) {
        return status_no_memory(err, "the tensor index", g->n_tensors);
    }
    if (duplicate != NAME_INDEX_NONE) {
        const struct gguf_tensor *t = &g->tensors[duplicate];
        return status_set(err, INGLE_INVALID, t->where, "The tensor %.*s appears twice in '%s'.",
                          (int)t->name.len, t->name.data, g->path);
    }
    return INGLE_OK;
}

static ingle_status begin(struct gguf *g, const char *path, ingle_error *err) {
    g->path = mem_strndup(path, strlen(path));
    g->shards = mem_calloc(1, sizeof *g->shards);
    if (!g->path || !g->shards) return status_no_memory(err, "a file", sizeof *g->shards);
    g->n_shards = 1;
    g->shards[0].path = g->path;
    return INGLE_OK;
}

static ingle_status open_into(struct gguf *g, const struct source *from, const char *path,
                              ingle_error *err) {
    INGLE_TRY(begin(g, path, err));
    INGLE_TRY(open_shard(&g->shards[0], from, g->path, 0, err));
    int64_t count;
    INGLE_TRY(split_key(&g->shards[0], "split.count", GGUF_MAX_SHARDS, 1, &count, err));
    if (count > 1) {
        INGLE_TRY(check_first(&g->shards[0], from, count, err));
        struct gguf_shard *shards = mem_realloc(g->shards, (size_t)count * sizeof *shards);
        if (!shards) return status_no_memory(err, "the parts of a model", (size_t)count);
        memset(shards + 1, 0, ((size_t)count - 1) * sizeof *shards);
        g->shards = shards;
        g->n_shards = (int)count;
        INGLE_TRY(open_siblings(g, from, err));
    } else {
        g->tensors = g->shards[0].tensors;
        g->n_tensors = g->shards[0].n_tensors;
    }
    return build_indexes(g, err);
}

/* One part in memory that is somebody else's. */
static ingle_status open_bytes_into(struct gguf *g, const void *data, size_t size, const char *name,
                                    ingle_error *err) {
    INGLE_TRY(begin(g, name, err));
    struct gguf_shard *shard = &g->shards[0];
    shard->is_borrowed = true;
    shard->map = (struct file_map){.data = data, .size = size};
    INGLE_TRY(gguf_shard_parse(shard, err));
    int64_t count;
    INGLE_TRY(split_key(shard, "split.count", GGUF_MAX_SHARDS, 1, &count, err));
    if (count > 1) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is a part of a split model.", name);
    }
    g->tensors = shard->tensors;
    g->n_tensors = shard->n_tensors;
    return build_indexes(g, err);
}

ingle_status gguf_open_memory(struct gguf **out, const void *data, size_t size, const char *name,
                              ingle_error *err) {
    *out = NULL;
    struct gguf *g = mem_calloc(1, sizeof *g);
    if (!g) return status_no_memory(err, "a file", sizeof *g);
    ingle_status status = open_bytes_into(g, data, size, name, err);
    if (status != INGLE_OK) {
        gguf_close(g);
        return status;
    }
    *out = g;
    return INGLE_OK;
}

static ingle_status open_from(struct gguf **out, const struct source *from, const char *path,
                              ingle_error *err) {
    *out = NULL;
    struct gguf *g = mem_calloc(1, sizeof *g);
    if (!g) return status_no_memory(err, "a file", sizeof *g);
    ingle_status status = open_into(g, from, path, err);
    if (status != INGLE_OK) {
        gguf_close(g);
        return status;
    }
    *out = g;
    return INGLE_OK;
}

ingle_status gguf_open(struct gguf **out, const char *path, ingle_error *err) {
    return open_from(out, &(struct source){0}, path, err);
}

ingle_status gguf_open_files(struct gguf **out, const int *fds, size_t n_fds, const char *name,
                             ingle_error *err) {
    return open_from(out, &(struct source){.fds = fds, .n_fds = n_fds}, name, err);
}

void gguf_close(struct gguf *g) {
    if (!g) return;
    name_index_clear(&g->kv_index);
    name_index_clear(&g->tensor_index);
    if (g->n_shards > 1) mem_free(g->tensors);
    for (int i = 0; i < g->n_shards; i++) gguf_shard_clear(&g->shards[i]);
    mem_free(g->shards);
    mem_free(g->path);
    mem_free(g);
}

void gguf_done_reading(const struct gguf *g) {
    for (int i = 0; i < g->n_shards; i++) {
        if (g->shards[i].is_borrowed) continue;
        file_map_done_with(g->shards[i].map.data, g->shards[i].map.size);
    }
}

const char *gguf_path(const struct gguf *g) {
    return g->path;
}

uint32_t gguf_version(const struct gguf *g) {
    return g->shards[0].version;
}

uint64_t gguf_file_size(const struct gguf *g) {
    uint64_t size = 0;
    for (int i = 0; i < g->n_shards; i++) size += g->shards[i].map.size;
    return size;
}

int gguf_n_parts(const struct gguf *g) {
    return g->n_shards;
}

struct gguf_part gguf_part_at(const struct gguf *g, int i) {
    const struct gguf_shard *shard = &g->shards[i];
    return (struct gguf_part){.data = shard->map.data,
                              .size = shard->map.size,
                              .head_size = shard->head_size,
                              .identity = shard->map.identity};
}

size_t gguf_n_kvs(const struct gguf *g) {
    return g->shards[0].n_kvs;
}

const struct gguf_kv *gguf_kv_at(const struct gguf *g, size_t i) {
    return &g->shards[0].kvs[i];
}

const struct gguf_kv *gguf_find(const struct gguf *g, const char *key) {
    uint32_t i = name_index_find(&g->kv_index, key, strlen(key));
    return i == NAME_INDEX_NONE ? NULL : &g->shards[0].kvs[i];
}

size_t gguf_n_tensors(const struct gguf *g) {
    return g->n_tensors;
}

const struct gguf_tensor *gguf_tensor_at(const struct gguf *g, size_t i) {
    return g->tensors + i;
}

const struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name) {
    uint32_t i = name_index_find(&g->tensor_index, name, strlen(name));
    return i == NAME_INDEX_NONE ? NULL : &g->tensors[i];
}
