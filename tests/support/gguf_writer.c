#include "support/gguf_writer.h"

#include <stdio.h>
#include <string.h>

#define MAX_SIZE ((size_t)64 << 20)

/* Hosts are little endian, like the format. */
void put_u8(struct buf *b, uint8_t value) {
    buf_add(b, &value, sizeof value);
}

void put_u16(struct buf *b, uint16_t value) {
    buf_add(b, &value, sizeof value);
}

void put_u32(struct buf *b, uint32_t value) {
    buf_add(b, &value, sizeof value);
}

void put_u64(struct buf *b, uint64_t value) {
    buf_add(b, &value, sizeof value);
}

void put_f32(struct buf *b, float value) {
    buf_add(b, &value, sizeof value);
}

void put_f64(struct buf *b, double value) {
    buf_add(b, &value, sizeof value);
}

void put_str(struct buf *b, const char *text) {
    put_u64(b, strlen(text));
    buf_add_str(b, text);
}

void put_zeros(struct buf *b, uint64_t n) {
    static const char zeros[256];
    for (; n > sizeof zeros; n -= sizeof zeros) {
        if (!buf_add(b, zeros, sizeof zeros)) return;
    }
    buf_add(b, zeros, (size_t)n);
}

static uint64_t padding(uint64_t size, uint64_t alignment) {
    return (alignment - size % alignment) % alignment;
}

void gguf_writer_init(struct gguf_writer *w) {
    *w = (struct gguf_writer){.magic = {'G', 'G', 'U', 'F'}, .version = 3, .alignment = 32};
    buf_init(&w->kvs, MAX_SIZE);
    buf_init(&w->infos, MAX_SIZE);
    buf_init(&w->data, MAX_SIZE);
}

void gguf_writer_clear(struct gguf_writer *w) {
    buf_clear(&w->kvs);
    buf_clear(&w->infos);
    buf_clear(&w->data);
}

void gguf_writer_key(struct gguf_writer *w, const char *key, uint32_t type) {
    put_str(&w->kvs, key);
    put_u32(&w->kvs, type);
    w->n_kvs++;
}

void gguf_writer_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n) {
    gguf_writer_key(w, key, GGUF_ARRAY);
    put_u32(&w->kvs, type);
    put_u64(&w->kvs, n);
}

void gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value) {
    gguf_writer_key(w, key, GGUF_U32);
    put_u32(&w->kvs, value);
}

void gguf_writer_str(struct gguf_writer *w, const char *key, const char *value) {
    gguf_writer_key(w, key, GGUF_STRING);
    put_str(&w->kvs, value);
}

void gguf_writer_info(struct gguf_writer *w, const char *name, uint32_t n_dims,
                      const uint64_t *dims, uint32_t type, uint64_t offset) {
    put_str(&w->infos, name);
    put_u32(&w->infos, n_dims);
    for (uint32_t i = 0; i < n_dims; i++) put_u64(&w->infos, dims[i]);
    put_u32(&w->infos, type);
    put_u64(&w->infos, offset);
    w->n_tensors++;
}

void gguf_writer_tensor(struct gguf_writer *w, const char *name, uint32_t n_dims,
                        const uint64_t *dims, uint32_t type) {
    struct gguf_type_info info = gguf_type_info(type);
    uint64_t size = info.block_bytes;
    for (uint32_t i = 0; i < n_dims; i++) size *= i ? dims[i] : dims[i] / info.block_elems;
    gguf_writer_info(w, name, n_dims, dims, type, w->data.size);
    put_zeros(&w->data, size + padding(size, w->alignment));
}

bool gguf_writer_bytes(const struct gguf_writer *w, struct buf *out) {
    buf_reset(out);
    buf_add(out, w->magic, sizeof w->magic);
    put_u32(out, w->version);
    put_u64(out, w->n_tensors);
    put_u64(out, w->n_kvs);
    buf_add(out, w->kvs.data, w->kvs.size);
    buf_add(out, w->infos.data, w->infos.size);
    put_zeros(out, padding(out->size, w->alignment));
    buf_add(out, w->data.data, w->data.size);
    return !buf_failed(out) && !buf_failed(&w->kvs) && !buf_failed(&w->infos) &&
           !buf_failed(&w->data);
}

bool save_bytes(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool ok = size == 0 || fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && ok;
}

bool gguf_writer_save(struct gguf_writer *w, const char *path) {
    struct buf bytes;
    buf_init(&bytes, 3 * MAX_SIZE);
    bool ok = gguf_writer_bytes(w, &bytes) && save_bytes(path, bytes.data, bytes.size);
    buf_clear(&bytes);
    gguf_writer_clear(w);
    return ok;
}
