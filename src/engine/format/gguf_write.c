#include "engine/format/gguf_write.h"

#include <string.h>

#define ALIGNMENT 32

/* Hosts are little endian, like the format. */
static void put_u32(struct buf *b, uint32_t value) {
    buf_add(b, &value, sizeof value);
}

static void put_u64(struct buf *b, uint64_t value) {
    buf_add(b, &value, sizeof value);
}

static void put_str(struct buf *b, const char *data, size_t len) {
    put_u64(b, len);
    if (len) buf_add(b, data, len);
}

static void pad(struct buf *b) {
    static const char zeros[ALIGNMENT];
    buf_add(b, zeros, (ALIGNMENT - b->size % ALIGNMENT) % ALIGNMENT);
}

void gguf_write_init(struct gguf_write *w, size_t max_size) {
    *w = (struct gguf_write){0};
    buf_init(&w->kvs, max_size);
    buf_init(&w->infos, max_size);
    buf_init(&w->data, max_size);
}

void gguf_write_clear(struct gguf_write *w) {
    buf_clear(&w->kvs);
    buf_clear(&w->infos);
    buf_clear(&w->data);
}

static void put_key(struct gguf_write *w, const char *key, enum gguf_value_type type) {
    put_str(&w->kvs, key, strlen(key));
    put_u32(&w->kvs, type);
    w->n_kvs++;
}

static void put_array(struct gguf_write *w, const char *key, enum gguf_value_type type, size_t n) {
    put_key(w, key, GGUF_ARRAY);
    put_u32(&w->kvs, type);
    put_u64(&w->kvs, n);
}

void gguf_write_copy(struct gguf_write *w, const struct gguf_kv *kv) {
    put_str(&w->kvs, kv->key.data, kv->key.len);
    w->n_kvs++;
    if (kv->is_array) put_u32(&w->kvs, GGUF_ARRAY);
    put_u32(&w->kvs, kv->type);
    if (kv->is_array) put_u64(&w->kvs, kv->count);
    buf_add(&w->kvs, kv->data, kv->size);
}

void gguf_write_str(struct gguf_write *w, const char *key, const char *value) {
    put_key(w, key, GGUF_STRING);
    put_str(&w->kvs, value, strlen(value));
}

void gguf_write_u32(struct gguf_write *w, const char *key, uint32_t value) {
    put_key(w, key, GGUF_U32);
    put_u32(&w->kvs, value);
}

void gguf_write_f32(struct gguf_write *w, const char *key, float value) {
    put_key(w, key, GGUF_F32);
    buf_add(&w->kvs, &value, sizeof value);
}

void gguf_write_bool(struct gguf_write *w, const char *key, bool value) {
    uint8_t byte = value;
    put_key(w, key, GGUF_BOOL);
    buf_add(&w->kvs, &byte, 1);
}

void gguf_write_strs(struct gguf_write *w, const char *key, const struct gguf_str *values,
                     size_t n) {
    put_array(w, key, GGUF_STRING, n);
    for (size_t i = 0; i < n; i++) put_str(&w->kvs, values[i].data, values[i].len);
}

void gguf_write_f32s(struct gguf_write *w, const char *key, const float *values, size_t n) {
    put_array(w, key, GGUF_F32, n);
    if (n) buf_add(&w->kvs, values, n * sizeof *values);
}

void gguf_write_i32s(struct gguf_write *w, const char *key, const int32_t *values, size_t n) {
    put_array(w, key, GGUF_I32, n);
    if (n) buf_add(&w->kvs, values, n * sizeof *values);
}

void gguf_write_tensor(struct gguf_write *w, const char *name, uint32_t type, uint64_t n_cols,
                       uint64_t n_rows, const void *data) {
    struct gguf_type_info info = gguf_type_info(type);
    uint64_t rows = n_rows ? n_rows : 1;
    put_str(&w->infos, name, strlen(name));
    put_u32(&w->infos, n_rows ? 2 : 1);
    put_u64(&w->infos, n_cols);
    if (n_rows) put_u64(&w->infos, n_rows);
    put_u32(&w->infos, type);
    put_u64(&w->infos, w->data.size);
    w->n_tensors++;
    buf_add(&w->data, data, (size_t)(n_cols / info.block_elems * info.block_bytes * rows));
    pad(&w->data);
}

ingle_status gguf_write_finish(struct gguf_write *w, struct buf *out, ingle_error *err) {
    buf_add(out, "GGUF", 4);
    put_u32(out, 3);
    put_u64(out, w->n_tensors);
    put_u64(out, w->n_kvs);
    buf_add(out, w->kvs.data, w->kvs.size);
    buf_add(out, w->infos.data, w->infos.size);
    pad(out);
    buf_add(out, w->data.data, w->data.size);
    bool failed =
        buf_failed(out) || buf_failed(&w->kvs) || buf_failed(&w->infos) || buf_failed(&w->data);
    size_t size = w->kvs.size + w->infos.size + w->data.size;
    gguf_write_clear(w);
    return failed ? status_no_memory(err, "a GGUF file", size) : INGLE_OK;
}
