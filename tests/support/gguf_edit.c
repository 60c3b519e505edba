#include "support/gguf_edit.h"

#include <stdio.h>
#include <string.h>

#include "support/gguf_writer.h"

static bool is(struct gguf_str name, const char *wanted) {
    return wanted && name.len == strlen(wanted) && memcmp(name.data, wanted, name.len) == 0;
}

static void put_bytes(struct buf *b, struct gguf_str text) {
    put_u64(b, text.len);
    buf_add(b, text.data, text.len);
}

static void copy_key(struct gguf_writer *w, const struct gguf_kv *kv) {
    put_bytes(&w->kvs, kv->key);
    if (kv->is_array) put_u32(&w->kvs, GGUF_ARRAY);
    put_u32(&w->kvs, (uint32_t)kv->type);
    if (kv->is_array) put_u64(&w->kvs, kv->count);
    buf_add(&w->kvs, kv->data, kv->size);
    w->n_kvs++;
}

/* A tensor of zeros, then as much of the data as fits. */
static void put_tensor(struct gguf_writer *w, const char *name, const uint64_t dims[4],
                       uint32_t type, const uint8_t *data, size_t size) {
    size_t at = w->data.size;
    gguf_writer_tensor(w, name, 4, dims, type);
    size_t room = w->data.size - at;
    if (!buf_failed(&w->data)) memcpy(w->data.data + at, data, size < room ? size : room);
}

static void copy_tensor(struct gguf_writer *w, const struct gguf *g, const struct gguf_tensor *t,
                        const struct gguf_edit *edit) {
    char name[96], gate[96];
    snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
    if (is(t->name, edit->drop)) return;
    if (is(t->name, edit->copy)) {
        put_tensor(w, edit->copy_as, t->dims, t->type, t->data, t->size);
    }
    uint64_t dims[4];
    memcpy(dims, t->dims, sizeof dims);
    for (int d = 0; d < 4 && is(t->name, edit->reshape); d++) {
        dims[d] = edit->dims[d] ? edit->dims[d] : 1;
    }
    if (is(t->name, edit->retype)) {
        put_tensor(w, name, dims, edit->type, (const uint8_t *)"", 0);
        return;
    }
    const char *up = strstr(name, "ffn_up.weight");
    if (edit->fuse_gate_up && strstr(name, "ffn_gate.weight")) return;
    if (edit->fuse_gate_up && up) {
        snprintf(gate, sizeof gate, "%.*sffn_gate.weight", (int)(up - name), name);
        const struct gguf_tensor *other = gguf_find_tensor(g, gate);
        dims[1] *= 2;
        size_t at = w->data.size;
        put_tensor(w, name, dims, t->type, other->data, other->size);
        if (!buf_failed(&w->data)) memcpy(w->data.data + at + other->size, t->data, t->size);
        return;
    }
    put_tensor(w, name, dims, t->type, t->data, t->size);
}

bool gguf_edit_copy(const char *from, const char *to, const struct gguf_edit *edit) {
    struct gguf *g;
    struct gguf_writer w;
    if (gguf_open(&g, from, NULL) != INGLE_OK) return false;
    gguf_writer_init(&w);
    for (size_t i = 0; i < gguf_n_kvs(g); i++) {
        if (!is(gguf_kv_at(g, i)->key, edit->key)) copy_key(&w, gguf_kv_at(g, i));
    }
    if (edit->key) {
        gguf_writer_key(&w, edit->key, GGUF_F32);
        put_f32(&w.kvs, edit->value);
    }
    for (size_t i = 0; i < gguf_n_tensors(g); i++) copy_tensor(&w, g, gguf_tensor_at(g, i), edit);
    if (edit->add) gguf_writer_tensor(&w, edit->add, 2, edit->add_dims, 0);
    gguf_close(g);
    return gguf_writer_save(&w, to);
}
