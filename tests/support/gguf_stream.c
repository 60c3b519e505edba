#include "support/gguf_stream.h"

#include <string.h>

#define ALIGNMENT 32
#define MAX_HEAD (64u << 20)

enum { TYPE_U32 = 4, TYPE_I32 = 5, TYPE_F32 = 6, TYPE_BOOL = 7, TYPE_STR = 8, TYPE_ARRAY = 9 };

static uint64_t padded(uint64_t size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Hosts are little endian, like the format. */
static void add_u32(struct buf *b, uint32_t value) {
    buf_add(b, &value, sizeof value);
}

static void add_u64(struct buf *b, uint64_t value) {
    buf_add(b, &value, sizeof value);
}

static void add_str(struct buf *b, const char *text) {
    add_u64(b, strlen(text));
    buf_add_str(b, text);
}

static void add_key(struct gguf_stream *s, const char *key, uint32_t type) {
    add_str(&s->keys, key);
    add_u32(&s->keys, type);
    s->n_keys++;
}

void gguf_stream_open(struct gguf_stream *s, const char *path) {
    *s = (struct gguf_stream){.file = fopen(path, "wb")};
    s->failed = !s->file;
    buf_init(&s->keys, MAX_HEAD);
    buf_init(&s->infos, MAX_HEAD);
}

void gguf_stream_str(struct gguf_stream *s, const char *key, const char *value) {
    add_key(s, key, TYPE_STR);
    add_str(&s->keys, value);
}

void gguf_stream_u32(struct gguf_stream *s, const char *key, uint32_t value) {
    add_key(s, key, TYPE_U32);
    add_u32(&s->keys, value);
}

void gguf_stream_f32(struct gguf_stream *s, const char *key, float value) {
    add_key(s, key, TYPE_F32);
    buf_add(&s->keys, &value, sizeof value);
}

void gguf_stream_bool(struct gguf_stream *s, const char *key, bool value) {
    uint8_t byte = value;
    add_key(s, key, TYPE_BOOL);
    buf_add(&s->keys, &byte, 1);
}

static void add_array(struct gguf_stream *s, const char *key, uint32_t type, uint64_t n) {
    add_key(s, key, TYPE_ARRAY);
    add_u32(&s->keys, type);
    add_u64(&s->keys, n);
}

void gguf_stream_i32s(struct gguf_stream *s, const char *key, const int32_t *values, uint64_t n) {
    add_array(s, key, TYPE_I32, n);
    buf_add(&s->keys, values, n * sizeof *values);
}

void gguf_stream_copy(struct gguf_stream *s, const struct gguf_kv *kv) {
    add_u64(&s->keys, kv->key.len);
    buf_add(&s->keys, kv->key.data, kv->key.len);
    if (kv->is_array) add_u32(&s->keys, TYPE_ARRAY);
    add_u32(&s->keys, kv->type);
    if (kv->is_array) add_u64(&s->keys, kv->count);
    buf_add(&s->keys, kv->data, kv->size);
    s->n_keys++;
}

void gguf_stream_strs(struct gguf_stream *s, const char *key, uint64_t n) {
    add_array(s, key, TYPE_STR, n);
}

void gguf_stream_element(struct gguf_stream *s, const char *value) {
    add_str(&s->keys, value);
}

void gguf_stream_tensor(struct gguf_stream *s, const char *name, uint32_t type, uint64_t n_cols,
                        uint64_t n_rows, uint64_t row_size) {
    add_str(&s->infos, name);
    add_u32(&s->infos, n_rows == 1 ? 1 : 2);
    add_u64(&s->infos, n_cols);
    if (n_rows != 1) add_u64(&s->infos, n_rows);
    add_u32(&s->infos, type);
    add_u64(&s->infos, s->data_size);
    s->data_size += padded(row_size * n_rows);
    s->n_tensors++;
}

static void put(struct gguf_stream *s, const void *data, size_t size) {
    if (size && !s->failed && fwrite(data, 1, size, s->file) != size) s->failed = true;
}

static void put_padding(struct gguf_stream *s, uint64_t size) {
    static const char zeros[ALIGNMENT];
    put(s, zeros, (size_t)(padded(size) - size));
}

void gguf_stream_begin_data(struct gguf_stream *s) {
    struct buf head;
    buf_init(&head, 64);
    buf_add_str(&head, "GGUF");
    add_u32(&head, 3);
    add_u64(&head, s->n_tensors);
    add_u64(&head, s->n_keys);
    s->failed |= buf_failed(&head) || buf_failed(&s->keys) || buf_failed(&s->infos);
    put(s, head.data, head.size);
    put(s, s->keys.data, s->keys.size);
    put(s, s->infos.data, s->infos.size);
    put_padding(s, head.size + s->keys.size + s->infos.size);
    buf_clear(&head);
}

void gguf_stream_data(struct gguf_stream *s, const void *data, size_t size) {
    put(s, data, size);
    s->written += size;
}

void gguf_stream_end_tensor(struct gguf_stream *s) {
    put_padding(s, s->written);
    s->written = 0;
}

bool gguf_stream_close(struct gguf_stream *s) {
    if (s->file && fclose(s->file) != 0) s->failed = true;
    buf_clear(&s->keys);
    buf_clear(&s->infos);
    return !s->failed;
}
