/* The bytes of one GGUF file, little endian:
 *
 *   "GGUF"  u32 version  u64 n_tensors  u64 n_kvs
 *   n_kvs times      key (string)  u32 type  value
 *   n_tensors times  name (string)  u32 n_dims  u64 dims[n_dims]  u32 type  u64 offset
 *   zeros up to a multiple of the alignment, then the data that offsets count from
 *
 * A string is a u64 length and bytes; an array value is a u32 element type, a u64 count and the
 * elements. No size is stored for a value, so an unknown type makes the rest unreadable. */
#include "engine/format/gguf_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

#define MIN_KV_SIZE 13     /* empty key, type, one-byte value */
#define MIN_TENSOR_SIZE 32 /* empty name, one dim, type, offset */
#define MAX_KEY_LEN 65535
#define MAX_NAME_LEN 63
#define MAX_STRING_LEN ((uint64_t)1 << 30)
#define MAX_ARRAY_COUNT ((uint64_t)1 << 30)
#define DEFAULT_ALIGNMENT 32
#define MIN_ALIGNMENT 32
#define MAX_ALIGNMENT 4096

/* Bytes of a numeric value; 0 for strings and arrays. */
static const uint8_t value_size[GGUF_N_VALUE_TYPES] = {
    [GGUF_U8] = 1,  [GGUF_I8] = 1,   [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
    [GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8,
};

struct parser {
    struct bytes in;
    struct gguf_shard *shard;
    ingle_error *err;
};

static ingle_status invalid(const struct parser *p, const char *what, const char *rule) {
    return status_set(p->err, INGLE_INVALID, p->in.pos, "%s of '%s' %s (at byte %zu).", what,
                      p->shard->path, rule, p->in.pos);
}

static ingle_status cut_short(const struct parser *p, const char *what) {
    return invalid(p, what, "runs past the end of the file");
}

static ingle_status parse_string(struct parser *p, const char *what, struct gguf_str *out) {
    uint64_t len;
    const uint8_t *data;
    if (!bytes_u64(&p->in, &len)) return cut_short(p, what);
    if (len > MAX_STRING_LEN || len > bytes_left(&p->in)) {
        return cut_short(p, what);
    }
    if (!bytes_take(&p->in, (size_t)len, &data)) return cut_short(p, what);
    *out = (struct gguf_str){.data = (const char *)data, .len = (size_t)len};
    return INGLE_OK;
}

static ingle_status parse_header(struct parser *p, uint64_t *n_tensors, uint64_t *n_kvs) {
    const uint8_t *magic;
    uint32_t version;
    if (!bytes_take(&p->in, 4, &magic) || memcmp(magic, "GGUF", 4) != 0) {
        return status_set(p->err, INGLE_INVALID, 0,
                          "'%s' is not a GGUF file: it does not begin with \"GGUF\".",
                          p->shard->path);
    }
    if (!bytes_u32(&p->in, &version)) return cut_short(p, "The header");
    if ((version & 0xffff) == 0 && version != 0) {
        return status_set(p->err, INGLE_UNSUPPORTED, 4,
                          "'%s' is a big-endian GGUF file, which is not supported.",
                          p->shard->path);
    }
    if (version != 2 && version != 3) {
        return status_set(p->err, INGLE_INVALID, 4,
                          "'%s' has GGUF version %" PRIu32 "; versions 2 and 3 are supported.",
                          p->shard->path, version);
    }
    p->shard->version = version;
    if (!bytes_u64(&p->in, n_tensors) || !bytes_u64(&p->in, n_kvs)) {
        return cut_short(p, "The header");
    }
    if (*n_kvs > GGUF_MAX_KVS || *n_kvs > bytes_left(&p->in) / MIN_KV_SIZE) {
        return status_set(p->err, INGLE_INVALID, 16,
                          "'%s' declares %" PRIu64 " metadata keys, more than it can hold or ingle "
                          "reads (%d).",
                          p->shard->path, *n_kvs, GGUF_MAX_KVS);
    }
    if (*n_tensors > GGUF_MAX_TENSORS || *n_tensors > bytes_left(&p->in) / MIN_TENSOR_SIZE) {
        return status_set(p->err, INGLE_INVALID, 8,
                          "'%s' declares %" PRIu64 " tensors, more than it can hold or ingle reads "
                          "(%d).",
                          p->shard->path, *n_tensors, GGUF_MAX_TENSORS);
    }
    return INGLE_OK;
}

static ingle_status parse_elements(struct parser *p, struct gguf_kv *kv) {
    size_t start = p->in.pos, size;
    const uint8_t *data;
    if (kv->type == GGUF_STRING) {
        if (kv->count > bytes_left(&p->in) / 8) return cut_short(p, "A metadata array");
        for (uint64_t i = 0; i < kv->count; i++) {
            struct gguf_str unused;
            INGLE_TRY(parse_string(p, "A metadata string", &unused));
        }
        size = p->in.pos - start;
    } else if (!mul_size(&size, (size_t)kv->count, value_size[kv->type]) ||
               !bytes_take(&p->in, size, &data)) {
        return cut_short(p, "A metadata value");
    }
    kv->data = p->in.data + start;
    kv->size = size;
    return INGLE_OK;
}

static ingle_status parse_kv(struct parser *p, struct gguf_kv *kv) {
    uint32_t type;
    kv->where = p->in.pos;
    INGLE_TRY(parse_string(p, "A metadata key", &kv->key));
    if (kv->key.len == 0) return invalid(p, "A metadata key", "is empty");
    if (kv->key.len > MAX_KEY_LEN) return invalid(p, "A metadata key", "is over 65,535 bytes long");
    if (!bytes_u32(&p->in, &type)) return cut_short(p, "A metadata type");
    kv->count = 1;
    if (type == GGUF_ARRAY) {
        kv->is_array = true;
        if (!bytes_u32(&p->in, &type) || !bytes_u64(&p->in, &kv->count)) {
            return cut_short(p, "A metadata array");
        }
        if (type == GGUF_ARRAY) return invalid(p, "A metadata array", "holds arrays");
        if (kv->count > MAX_ARRAY_COUNT) return cut_short(p, "A metadata array");
    }
    if (type >= GGUF_N_VALUE_TYPES) return invalid(p, "A metadata value", "has an unknown type");
    kv->type = (enum gguf_value_type)type;
    return parse_elements(p, kv);
}

static ingle_status parse_kvs(struct parser *p, size_t n) {
    struct gguf_shard *shard = p->shard;
    shard->kvs = mem_calloc(n, sizeof *shard->kvs);
    if (!shard->kvs) return status_no_memory(p->err, "the metadata", n * sizeof *shard->kvs);
    for (; shard->n_kvs < n; shard->n_kvs++) INGLE_TRY(parse_kv(p, &shard->kvs[shard->n_kvs]));
    return INGLE_OK;
}

static bool key_is(const struct gguf_kv *kv, const char *key) {
    return kv->key.len == strlen(key) && memcmp(kv->key.data, key, kv->key.len) == 0;
}

static ingle_status find_alignment(const struct parser *p, size_t *alignment) {
    *alignment = DEFAULT_ALIGNMENT;
    for (size_t i = 0; i < p->shard->n_kvs; i++) {
        const struct gguf_kv *kv = &p->shard->kvs[i];
        if (!key_is(kv, "general.alignment")) continue;
        int64_t value;
        if (kv->is_array || kv->type != GGUF_U32 || !gguf_get_int(kv, 0, &value) ||
            value < MIN_ALIGNMENT || value > MAX_ALIGNMENT || (value & (value - 1)) != 0) {
            return status_set(p->err, INGLE_INVALID, kv->where,
                              "general.alignment of '%s' must be a u32, a power of two from %d to "
                              "%d.",
                              p->shard->path, MIN_ALIGNMENT, MAX_ALIGNMENT);
        }
        *alignment = (size_t)value;
    }
    return INGLE_OK;
}

static ingle_status tensor_fault(const struct parser *p, const struct gguf_tensor *t,
                                 const char *rule) {
    return status_set(p->err, INGLE_INVALID, t->where,
                      "Tensor %.*s of '%s' %s (at byte %" PRIu64 ").", (int)t->name.len,
                      t->name.data, p->shard->path, rule, t->where);
}

static ingle_status check_type(const struct parser *p, const struct gguf_tensor *t) {
    if (gguf_type_info(t->type).name) return INGLE_OK;
    bool ik = t->type == 36 || (t->type >= 97 && t->type <= 99) ||
              (t->type >= 133 && t->type <= 158) || (t->type >= 200 && t->type < 1000);
    return status_set(
        p->err, INGLE_UNSUPPORTED, t->where,
        ik ? "Tensor %.*s of '%s' has the ik_llama.cpp-only quantisation type %" PRIu32 "."
           : "Tensor %.*s of '%s' has the unknown type %" PRIu32 ".",
        (int)t->name.len, t->name.data, p->shard->path, t->type);
}

/* Rows of whole blocks; neither the number of elements nor of bytes may wrap. */
static ingle_status measure_tensor(const struct parser *p, struct gguf_tensor *t) {
    struct gguf_type_info info = gguf_type_info(t->type);
    uint64_t n_elements = 1;
    for (int i = 0; i < 4; i++) {
        if (t->dims[i] == 0) return tensor_fault(p, t, "has a dimension of 0");
        if (t->dims[i] > INT64_MAX || n_elements > INT64_MAX / t->dims[i]) {
            return tensor_fault(p, t, "has more elements than can be counted");
        }
        n_elements *= t->dims[i];
    }
    if (t->dims[0] % info.block_elems != 0) {
        return tensor_fault(p, t, "has rows that are no whole number of its type's blocks");
    }
    if (!mul_size(&t->size, (size_t)(n_elements / info.block_elems), info.block_bytes)) {
        return tensor_fault(p, t, "has more bytes than can be counted");
    }
    return INGLE_OK;
}

static ingle_status parse_tensor(struct parser *p, struct gguf_tensor *t) {
    uint32_t n_dims;
    t->where = p->in.pos;
    t->shard = p->shard->number;
    INGLE_TRY(parse_string(p, "A tensor name", &t->name));
    if (t->name.len == 0) return invalid(p, "A tensor name", "is empty");
    if (t->name.len > MAX_NAME_LEN) return invalid(p, "A tensor name", "is over 63 bytes long");
    if (!bytes_u32(&p->in, &n_dims)) return cut_short(p, "A tensor's description");
    if (n_dims < 1 || n_dims > 4) return tensor_fault(p, t, "must have 1 to 4 dimensions");
    t->n_dims = (int)n_dims;
    for (uint32_t i = 0; i < 4; i++) {
        t->dims[i] = 1;
        if (i < n_dims && !bytes_u64(&p->in, &t->dims[i])) {
            return cut_short(p, "A tensor's description");
        }
    }
    if (!bytes_u32(&p->in, &t->type) || !bytes_u64(&p->in, &t->offset)) {
        return cut_short(p, "A tensor's description");
    }
    INGLE_TRY(check_type(p, t));
    return measure_tensor(p, t);
}

/* Turns offsets into places in the map. */
static ingle_status locate_tensors(const struct parser *p, size_t data_start, size_t alignment) {
    size_t file_size = p->in.size;
    for (size_t i = 0; i < p->shard->n_tensors; i++) {
        struct gguf_tensor *t = &p->shard->tensors[i];
        size_t end;
        if (t->offset % alignment != 0) return tensor_fault(p, t, "is not aligned");
        if (t->offset > SIZE_MAX || !add_size(&end, data_start, (size_t)t->offset) ||
            end > file_size || t->size > file_size - end) {
            return tensor_fault(p, t, "has data past the end of the file");
        }
        t->data = p->in.data + end;
        t->offset = end;
    }
    return INGLE_OK;
}

/* Where a tensor's data lie in the file. */
struct extent {
    uint64_t offset;
    size_t tensor;
};

static int by_offset(const void *a, const void *b) {
    const struct extent *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static ingle_status check_overlap(const struct parser *p) {
    const struct gguf_tensor *tensors = p->shard->tensors;
    size_t n = p->shard->n_tensors;
    struct extent *sorted = mem_calloc(n, sizeof *sorted);
    if (!sorted) return status_no_memory(p->err, "the tensor table", n * sizeof *sorted);
    for (size_t i = 0; i < n; i++) sorted[i] = (struct extent){tensors[i].offset, i};
    qsort(sorted, n, sizeof *sorted, by_offset);
    ingle_status status = INGLE_OK;
    for (size_t i = 1; i < n && status == INGLE_OK; i++) {
        const struct gguf_tensor *before = &tensors[sorted[i - 1].tensor];
        if (before->offset + before->size > sorted[i].offset) {
            status = tensor_fault(p, &tensors[sorted[i].tensor], "shares data with another tensor");
        }
    }
    mem_free(sorted);
    return status;
}

static ingle_status parse_tensors(struct parser *p, size_t n) {
    struct gguf_shard *shard = p->shard;
    size_t alignment, data_start;
    INGLE_TRY(find_alignment(p, &alignment));
    shard->tensors = mem_calloc(n, sizeof *shard->tensors);
    if (!shard->tensors)
        return status_no_memory(p->err, "the tensor table", n * sizeof *shard->tensors);
    for (; shard->n_tensors < n; shard->n_tensors++) {
        INGLE_TRY(parse_tensor(p, &shard->tensors[shard->n_tensors]));
    }
    shard->head_size = p->in.pos;
    if (!round_up_size(&data_start, p->in.pos, alignment)) return cut_short(p, "The header");
    INGLE_TRY(locate_tensors(p, data_start, alignment));
    return check_overlap(p);
}

ingle_status gguf_shard_parse(struct gguf_shard *shard, ingle_error *err) {
    struct parser p = {
        .in = {.data = shard->map.data, .size = shard->map.size}, .shard = shard, .err = err};
    uint64_t n_tensors = 0, n_kvs = 0;
    INGLE_TRY(parse_header(&p, &n_tensors, &n_kvs));
    INGLE_TRY(parse_kvs(&p, (size_t)n_kvs));
    return parse_tensors(&p, (size_t)n_tensors);
}

void gguf_shard_clear(struct gguf_shard *shard) {
    if (!shard->is_borrowed) file_map_close(&shard->map);
    mem_free(shard->kvs);
    mem_free(shard->tensors);
    *shard = (struct gguf_shard){0};
}
