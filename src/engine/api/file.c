#include "ingle/file.h"

#include "base/alloc.h"
#include "engine/api/api.h"

#define NO_KEY SIZE_MAX

/* Strings lie packed, each after the one before it: the place of the last one read makes the next
 * one cheap. */
struct ingle_file {
    struct gguf *gguf;
    size_t key;       /* whose strings were read last; NO_KEY = none */
    uint64_t element; /* the string that begins at cursor */
    size_t cursor;
};

/* Takes the gguf in any case. */
static ingle_status make_file(ingle_file **out, struct gguf *gguf, ingle_error *err) {
    struct ingle_file *file = mem_calloc(1, sizeof *file);
    if (!file) {
        gguf_close(gguf);
        return status_no_memory(err, "the file", sizeof *file);
    }
    file->key = NO_KEY;
    file->gguf = gguf;
    *out = file;
    return INGLE_OK;
}

ingle_status ingle_file_open(ingle_file **out, const char *path, ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(path, "path", err));
    struct gguf *gguf;
    INGLE_TRY(gguf_open(&gguf, path, err));
    return make_file(out, gguf, err);
}

ingle_status ingle_file_open_files(ingle_file **out, const ingle_model_files *files,
                                   ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    ingle_model_files full;
    INGLE_TRY(api_read_files(&full, files, err));
    struct gguf *gguf;
    INGLE_TRY(gguf_open_files(&gguf, full.fds, full.n_fds, full.name, err));
    return make_file(out, gguf, err);
}

void ingle_file_close(ingle_file *file) {
    if (!file) return;
    gguf_close(file->gguf);
    mem_free(file);
}

uint32_t ingle_file_version(const ingle_file *file) {
    return file ? gguf_version(file->gguf) : 0;
}

size_t ingle_file_n_keys(const ingle_file *file) {
    return file ? gguf_n_kvs(file->gguf) : 0;
}

size_t ingle_file_n_tensors(const ingle_file *file) {
    return file ? gguf_n_tensors(file->gguf) : 0;
}

static const char *value_type_name(enum gguf_value_type type) {
    static const char *const names[GGUF_N_VALUE_TYPES] = {
        [GGUF_U8] = "u8",         [GGUF_I8] = "i8",       [GGUF_U16] = "u16", [GGUF_I16] = "i16",
        [GGUF_U32] = "u32",       [GGUF_I32] = "i32",     [GGUF_F32] = "f32", [GGUF_BOOL] = "bool",
        [GGUF_STRING] = "string", [GGUF_ARRAY] = "array", [GGUF_U64] = "u64", [GGUF_I64] = "i64",
        [GGUF_F64] = "f64",
    };
    return names[type];
}

static ingle_bytes bytes_of(struct gguf_str text) {
    return (ingle_bytes){.data = text.data, .len = text.len};
}

ingle_status ingle_file_get_key(const ingle_file *file, size_t i, ingle_file_key *out) {
    if (!out || i >= ingle_file_n_keys(file)) return INGLE_BAD_ARGUMENT;
    const struct gguf_kv *kv = gguf_kv_at(file->gguf, i);
    *out = (ingle_file_key){.key = bytes_of(kv->key),
                            .type = value_type_name(kv->type),
                            .is_array = kv->is_array,
                            .count = kv->count};
    return INGLE_OK;
}

static void read_number(const struct gguf_kv *kv, uint64_t element, ingle_value *out) {
    *out = (ingle_value){0};
    switch (kv->type) {
    case GGUF_F32:
    case GGUF_F64:
        out->kind = INGLE_VALUE_FLOAT;
        (void)gguf_get_float(kv, element, &out->f);
        break;
    case GGUF_I8:
    case GGUF_I16:
    case GGUF_I32:
    case GGUF_I64:
        out->kind = INGLE_VALUE_INT;
        (void)gguf_get_int(kv, element, &out->i);
        break;
    default:
        out->kind = kv->type == GGUF_BOOL ? INGLE_VALUE_BOOL : INGLE_VALUE_UINT;
        (void)gguf_get_uint(kv, element, &out->u);
        break;
    }
}

/* Element `element` of the strings of key i, going on from the last one read if that was before. */
static void read_string(ingle_file *file, size_t i, const struct gguf_kv *kv, uint64_t element,
                        ingle_value *out) {
    if (file->key != i || element < file->element) {
        file->key = i;
        file->element = 0;
        file->cursor = 0;
    }
    struct gguf_str text = {.data = "", .len = 0};
    for (; file->element < element; file->element++) (void)gguf_next_str(kv, &file->cursor, &text);
    size_t after = file->cursor; /* the cursor itself stays on this element */
    (void)gguf_next_str(kv, &after, &text);
    *out = (ingle_value){.kind = INGLE_VALUE_STRING, .s = bytes_of(text)};
}

ingle_status ingle_file_get_value(ingle_file *file, size_t i, uint64_t element, ingle_value *out) {
    if (!out || i >= ingle_file_n_keys(file)) return INGLE_BAD_ARGUMENT;
    const struct gguf_kv *kv = gguf_kv_at(file->gguf, i);
    if (element >= kv->count) return INGLE_BAD_ARGUMENT;
    if (kv->type == GGUF_STRING) {
        read_string(file, i, kv, element, out);
    } else {
        read_number(kv, element, out);
    }
    return INGLE_OK;
}

ingle_status ingle_file_get_tensor(const ingle_file *file, size_t i, ingle_file_tensor *out) {
    if (!out || i >= ingle_file_n_tensors(file)) return INGLE_BAD_ARGUMENT;
    const struct gguf_tensor *t = gguf_tensor_at(file->gguf, i);
    *out = (ingle_file_tensor){.name = bytes_of(t->name),
                               .type = gguf_type_info(t->type).name,
                               .n_dims = t->n_dims,
                               .offset = t->offset,
                               .size = t->size,
                               .shard = t->shard};
    for (int d = 0; d < 4; d++) out->dims[d] = t->dims[d];
    return INGLE_OK;
}
