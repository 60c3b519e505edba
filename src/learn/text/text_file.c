#include "learn/text/text_file.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/kern/quant.h"

/* general.file_type of llama.cpp. */
static const struct {
    enum kern_type type;
    uint32_t file_type;
} kinds[] = {[TEXT_FILE_F16] = {KERN_F16, 1},
             [TEXT_FILE_F32] = {KERN_F32, 0},
             [TEXT_FILE_Q8_0] = {KERN_Q8_0, 7}};

static void write_shape(struct gguf_write *w, const struct transformer_hparams *hp,
                        uint32_t file_type) {
    const struct {
        const char *key;
        int value;
    } keys[] = {{"llama.vocab_size", hp->n_vocab},
                {"llama.context_length", hp->n_ctx},
                {"llama.embedding_length", hp->n_embd},
                {"llama.block_count", hp->n_layer},
                {"llama.feed_forward_length", hp->n_ff},
                {"llama.attention.head_count", hp->n_head},
                {"llama.attention.head_count_kv", hp->n_head_kv},
                {"llama.rope.dimension_count", hp->head_dim}};
    gguf_write_str(w, "general.architecture", "llama");
    gguf_write_u32(w, "general.file_type", file_type);
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        gguf_write_u32(w, keys[i].key, (uint32_t)keys[i].value);
    }
    gguf_write_f32(w, "llama.attention.layer_norm_rms_epsilon", hp->norm_eps);
    gguf_write_f32(w, "llama.rope.freq_base", hp->rope_base);
}

static void write_labels(struct gguf_write *w, const struct text_file_labels *labels) {
    if (labels->name[0]) gguf_write_str(w, "general.name", labels->name);
    if (labels->licence[0]) gguf_write_str(w, "general.license", labels->licence);
    if (labels->attribution[0]) gguf_write_str(w, "ingle.attribution", labels->attribution);
}

/* The tokenizer's keys, as the run's own vocabulary file holds them. */
static void copy_vocabulary(struct gguf_write *w, const struct gguf *g) {
    static const char prefix[] = "tokenizer.";
    for (size_t i = 0; i < gguf_n_kvs(g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(g, i);
        bool is_ours =
            kv->key.len >= sizeof prefix && memcmp(kv->key.data, prefix, sizeof prefix - 1) == 0;
        if (is_ours) gguf_write_copy(w, kv);
    }
}

/* A row after the other in the file's type. */
static void write_matrix(struct gguf_write *w, const struct nn_params *p, const struct nn_tensor *t,
                         enum kern_type type, uint8_t *rows) {
    const float *from = p->value + t->at;
    size_t row_size = kern_row_size(type, t->n_cols);
    for (int i = 0; i < t->n_rows; i++) {
        kern_quant_row(type, from + (size_t)i * (size_t)t->n_cols, rows + (size_t)i * row_size,
                       t->n_cols);
    }
    gguf_write_tensor(w, t->name, (uint32_t)type, (uint64_t)t->n_cols, (uint64_t)t->n_rows, rows);
}

/* Vectors stay F32, as every engine expects. */
static ingle_status write_tensors(struct gguf_write *w, const struct nn_params *p,
                                  enum kern_type type, ingle_error *err) {
    size_t most = 0;
    for (int i = 0; i < p->n_tensors; i++) {
        size_t n = nn_tensor_size(&p->tensors[i]);
        if (n > most) most = n;
    }
    uint8_t *rows = mem_alloc(most * sizeof(float));
    if (!rows) return status_no_memory(err, "a tensor", most * sizeof(float));
    for (int i = 0; i < p->n_tensors; i++) {
        const struct nn_tensor *t = &p->tensors[i];
        if (t->n_rows > 0)
            write_matrix(w, p, t, type, rows);
        else
            gguf_write_tensor(w, t->name, KERN_F32, (uint64_t)t->n_cols, 0, p->value + t->at);
    }
    mem_free(rows);
    return INGLE_OK;
}

ingle_status text_file_check(enum text_file_type type, const struct transformer_hparams *hp,
                             ingle_error *err) {
    int block = kern_type_info((uint32_t)kinds[type].type)->block_elems;
    if (hp->n_embd % block == 0 && hp->n_ff % block == 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "q8_0 needs a width that is a multiple of %d, which %d is not.", block,
                      hp->n_embd);
}

ingle_status text_file_make(const struct text_run *r, enum text_file_type type,
                            const struct text_file_labels *labels, struct buf *out,
                            ingle_error *err) {
    const struct transformer_hparams *hp = &r->model.body.hp;
    enum kern_type kind = kinds[type].type;
    INGLE_TRY(text_file_check(type, hp, err));
    struct gguf_write w;
    gguf_write_init(&w, out->max);
    write_shape(&w, hp, kinds[type].file_type);
    write_labels(&w, labels);
    copy_vocabulary(&w, r->data->file);
    ingle_status status = write_tensors(&w, &r->model.params, kind, err);
    if (status == INGLE_OK) return gguf_write_finish(&w, out, err);
    gguf_write_clear(&w);
    return status;
}
