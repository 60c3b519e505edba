#include "support/split_model.h"

#include <stdio.h>
#include <string.h>

#include "support/gguf_writer.h"

#define MAX_SIZE ((size_t)64 << 20)
#define ALIGNMENT 32
#define N_KEYS_AT 16 /* behind magic, version and the number of tensors; after it the keys */
#define KEYS_AT 24

static bool read_file(struct buf *out, const char *path) {
    char part[4096];
    size_t n;
    FILE *f = fopen(path, "rbe");
    if (!f) return false;
    while ((n = fread(part, 1, sizeof part, f)) > 0) buf_add(out, part, n);
    bool is_whole = !ferror(f) && !buf_failed(out) && out->size > KEYS_AT;
    fclose(f);
    return is_whole;
}

static void add_keys(struct gguf_writer *w, int number, int n) {
    gguf_writer_u32(w, "split.no", (uint32_t)number);
    gguf_writer_u32(w, "split.count", (uint32_t)n);
}

static bool save(const struct buf *b, const char *folder, const char *name, int number, int n) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%05d-of-%05d.gguf", folder, name, number + 1, n);
    return save_bytes(path, b->data, b->size);
}

/* The whole model, with keys before its own: as many bytes that what must be aligned stays so. */
static bool write_first(const struct buf *model, const char *folder, const char *name, int n) {
    struct gguf_writer w;
    struct buf out;
    static const char filler[ALIGNMENT + 1] = "................................";
    uint64_t n_keys;
    memcpy(&n_keys, model->data + N_KEYS_AT, sizeof n_keys);
    gguf_writer_init(&w);
    add_keys(&w, 0, n);
    gguf_writer_str(&w, "test.filler", "");
    size_t n_missing = (ALIGNMENT - w.kvs.size % ALIGNMENT) % ALIGNMENT;
    w.kvs.data[w.kvs.size - sizeof(uint64_t)] = (char)n_missing; /* the length of the text */
    buf_add(&w.kvs, filler, n_missing);
    n_keys += w.n_kvs;
    buf_init(&out, 2 * MAX_SIZE);
    buf_add(&out, model->data, N_KEYS_AT);
    buf_add(&out, &n_keys, sizeof n_keys);
    buf_add(&out, w.kvs.data, w.kvs.size);
    buf_add(&out, model->data + KEYS_AT, model->size - KEYS_AT);
    bool is_saved = !buf_failed(&w.kvs) && !buf_failed(&out) && save(&out, folder, name, 0, n);
    buf_clear(&out);
    gguf_writer_clear(&w);
    return is_saved;
}

static bool write_other(const char *folder, const char *name, int number, int n) {
    struct gguf_writer w;
    struct buf out;
    gguf_writer_init(&w);
    add_keys(&w, number, n);
    buf_init(&out, MAX_SIZE);
    bool is_saved = gguf_writer_bytes(&w, &out) && save(&out, folder, name, number, n);
    buf_clear(&out);
    gguf_writer_clear(&w);
    return is_saved;
}

bool split_model_write(const char *model, const char *folder, const char *name, int n) {
    struct buf whole;
    buf_init(&whole, MAX_SIZE);
    bool is_written = read_file(&whole, model) && write_first(&whole, folder, name, n);
    for (int i = 1; i < n && is_written; i++) is_written = write_other(folder, name, i, n);
    if (!is_written) fprintf(stderr, "cannot write the parts of %s in %s\n", model, folder);
    buf_clear(&whole);
    return is_written;
}
