#include "engine/text/tokenizer.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/text/bpe.h"
#include "engine/text/special.h"
#include "engine/text/spm.h"

enum tokenizer_kind { KIND_SPM, KIND_BPE };

struct tokenizer {
    enum tokenizer_kind kind;
    struct vocab vocab;
    struct special special;
    union {
        struct spm spm;
        struct bpe bpe;
    };
};

static ingle_status read_name(const struct gguf *g, const char *key, struct gguf_str *name,
                              ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(g, key);
    *name = (struct gguf_str){"", 0};
    if (!kv || gguf_get_str(kv, name)) return INGLE_OK;
    return status_set(err, INGLE_INVALID, kv->where, "The key %s must be a string.", key);
}

static bool is(struct gguf_str name, const char *text) {
    return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

static ingle_status refuse(const char *what, struct gguf_str name, ingle_error *err) {
    if (name.len == 0) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "The file does not name its %s; guessing one would change the text.",
                          what);
    }
    return status_set(err, INGLE_UNSUPPORTED, 0, "The %s '%.*s' is not supported.", what,
                      (int)(name.len < 60 ? name.len : 60), name.data);
}

static ingle_status open_bpe(struct tokenizer *t, const struct gguf *g, ingle_error *err) {
    struct gguf_str pre;
    struct pretoken_rule rule;
    INGLE_TRY(read_name(g, "tokenizer.ggml.pre", &pre, err));
    if (!pretoken_find(pre.data, pre.len, &rule)) return refuse("pre-tokenizer", pre, err);
    t->kind = KIND_BPE;
    INGLE_TRY(vocab_init(&t->vocab, g, VOCAB_BYTES, err));
    const struct vocab_defaults defaults = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, rule.add_bos};
    INGLE_TRY(vocab_find_special(&t->vocab, g, defaults, err));
    return bpe_init(&t->bpe, &t->vocab, rule, g, err);
}

static ingle_status open_gemma4(struct tokenizer *t, const struct gguf *g, ingle_error *err) {
    const struct pretoken_rule rule = {.kind = PRETOKEN_LINES};
    const struct vocab_defaults defaults = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, true};
    t->kind = KIND_BPE;
    INGLE_TRY(vocab_init(&t->vocab, g, VOCAB_SPACES, err));
    INGLE_TRY(vocab_find_special(&t->vocab, g, defaults, err));
    t->vocab.add_bos = true; /* early files say false; the model needs it */
    return bpe_init(&t->bpe, &t->vocab, rule, g, err);
}

static ingle_status open_spm(struct tokenizer *t, const struct gguf *g, ingle_error *err) {
    const struct vocab_defaults defaults = {.bos = 1, .eos = 2, .unk = 0, .add_bos = true};
    t->kind = KIND_SPM;
    INGLE_TRY(vocab_init(&t->vocab, g, VOCAB_SPACES, err));
    INGLE_TRY(vocab_find_special(&t->vocab, g, defaults, err));
    return spm_init(&t->spm, &t->vocab, g, err);
}

static ingle_status open_any(struct tokenizer *t, const struct gguf *g, ingle_error *err) {
    struct gguf_str model;
    INGLE_TRY(read_name(g, "tokenizer.ggml.model", &model, err));
    if (is(model, "llama")) {
        INGLE_TRY(open_spm(t, g, err));
    } else if (is(model, "gpt2")) {
        INGLE_TRY(open_bpe(t, g, err));
    } else if (is(model, "gemma4")) {
        INGLE_TRY(open_gemma4(t, g, err));
    } else {
        return refuse("tokenizer", model, err);
    }
    return special_init(&t->special, &t->vocab, err);
}

ingle_status tokenizer_open(struct tokenizer **out, const struct gguf *g, ingle_error *err) {
    *out = NULL;
    struct tokenizer *t = mem_calloc(1, sizeof *t);
    if (!t) return status_no_memory(err, "a tokenizer", sizeof *t);
    ingle_status status = open_any(t, g, err);
    if (status != INGLE_OK) {
        tokenizer_close(t);
        return status;
    }
    *out = t;
    return INGLE_OK;
}

void tokenizer_close(struct tokenizer *t) {
    if (!t) return;
    if (t->kind == KIND_BPE) bpe_clear(&t->bpe);
    special_clear(&t->special);
    vocab_clear(&t->vocab);
    mem_free(t);
}

static ingle_status encode_raw(const struct tokenizer *t, const char *text, size_t len,
                               struct text_scratch *scratch, struct id_sink *out,
                               ingle_error *err) {
    if (t->kind == KIND_SPM) return spm_encode(&t->spm, text, len, scratch, out, err);
    return bpe_encode(&t->bpe, text, len, scratch, out, err);
}

static ingle_status encode_fragments(const struct tokenizer *t, const char *text,
                                     const struct fragments *list, struct text_scratch *scratch,
                                     struct id_sink *out, ingle_error *err) {
    for (int32_t i = 0; i >= 0; i = list->at[i].next) {
        const struct fragment *f = &list->at[i];
        if (f->id != VOCAB_NONE) {
            id_sink_put(out, f->id);
        } else {
            INGLE_TRY(encode_raw(t, text + f->start, f->len, scratch, out, err));
        }
    }
    return INGLE_OK;
}

/* Of fragments that are certain before stable_len only. The last of them may go on, unless it is a
 * token. */
static ingle_status encode_stable_fragments(const struct tokenizer *t, const char *text,
                                            size_t stable_len, const struct fragments *list,
                                            struct text_scratch *scratch, struct id_sink *out,
                                            ingle_error *err) {
    for (int32_t i = 0; i >= 0; i = list->at[i].next) {
        const struct fragment *f = &list->at[i];
        size_t end = f->start + f->len;
        if (f->id != VOCAB_NONE) {
            if (end > stable_len) break;
            id_sink_put(out, f->id);
            continue;
        }
        /* What ends it is a token. */
        scratch->open = f->next < 0 || list->at[f->next].start + list->at[f->next].len > stable_len;
        if (f->start >= stable_len) break;
        if (end > stable_len) end = stable_len;
        INGLE_TRY(encode_raw(t, text + f->start, end - f->start, scratch, out, err));
        if (scratch->open) break;
    }
    return INGLE_OK;
}

static ingle_status encode(const struct tokenizer *t, const char *text, size_t len,
                           const struct special_where *where, bool stable, struct id_sink *out,
                           ingle_error *err) {
    const struct vocab *v = &t->vocab;
    struct fragments list = {0};
    struct text_scratch scratch = {0};
    ingle_status status;
    if (!scratch_init(&scratch, len) || !special_split(&t->special, v, text, len, where, &list)) {
        status = status_no_memory(err, "the parts of a text", len);
    } else if (stable) {
        size_t stable_len = special_stable_len(&t->special, v, text, len, where->everywhere);
        status = encode_stable_fragments(t, text, stable_len, &list, &scratch, out, err);
    } else {
        status = encode_fragments(t, text, &list, &scratch, out, err);
    }
    fragments_clear(&list);
    scratch_clear(&scratch);
    return status;
}

static ingle_status encode_whole(const struct tokenizer *t, const char *text, size_t len,
                                 bool add_special, const struct special_where *where, bool stable,
                                 struct id_sink *out, ingle_error *err) {
    const struct vocab *v = &t->vocab;
    /* Positions are 32 bits, and a byte that is no UTF-8 becomes three. */
    if (len > INT32_MAX / 3 - 1) {
        return status_set(err, INGLE_LIMIT, 0, "A text of %zu bytes is too long; %d is the limit.",
                          len, INT32_MAX / 3 - 1);
    }
    if (add_special && v->add_bos && v->bos != VOCAB_NONE) id_sink_put(out, v->bos);
    if (len > 0) INGLE_TRY(encode(t, text, len, where, stable, out, err));
    if (add_special && !stable && v->add_eos && v->eos != VOCAB_NONE) id_sink_put(out, v->eos);
    return INGLE_OK;
}

ingle_status tokenizer_encode(const struct tokenizer *t, const char *text, size_t len,
                              bool add_special, bool parse_special, int32_t *ids, size_t cap,
                              size_t *n_ids, ingle_error *err) {
    struct id_sink out = {.ids = ids, .cap = cap};
    const struct special_where where = {.everywhere = parse_special};
    *n_ids = 0;
    INGLE_TRY(encode_whole(t, text, len, add_special, &where, false, &out, err));
    *n_ids = out.n;
    return INGLE_OK;
}

ingle_status tokenizer_encode_ranges(const struct tokenizer *t, const char *text, size_t len,
                                     const struct text_range *ranges, size_t n_ranges, int32_t *ids,
                                     size_t cap, size_t *n_ids, ingle_error *err) {
    struct id_sink out = {.ids = ids, .cap = cap};
    const struct special_where where = {.ranges = ranges, .n_ranges = n_ranges};
    *n_ids = 0;
    INGLE_TRY(encode_whole(t, text, len, false, &where, false, &out, err));
    *n_ids = out.n;
    return INGLE_OK;
}

ingle_status tokenizer_encode_stable(const struct tokenizer *t, const char *text, size_t len,
                                     bool add_special, bool parse_special, int32_t *ids, size_t cap,
                                     size_t *n_ids, ingle_error *err) {
    struct id_sink out = {.ids = ids, .cap = cap};
    const struct special_where where = {.everywhere = parse_special};
    *n_ids = 0;
    INGLE_TRY(encode_whole(t, text, len, add_special, &where, true, &out, err));
    *n_ids = out.n;
    return INGLE_OK;
}

int tokenizer_n_vocab(const struct tokenizer *t) {
    return t->vocab.n;
}

struct gguf_str tokenizer_piece(const struct tokenizer *t, int32_t id, bool special) {
    if (!special && (t->vocab.flags[id] & VOCAB_CONTROL)) return (struct gguf_str){"", 0};
    return t->vocab.text[id];
}

bool tokenizer_strips_first_space(const struct tokenizer *t) {
    return t->kind == KIND_SPM && t->spm.space_first;
}

bool tokenizer_is_end(const struct tokenizer *t, int32_t id) {
    return t->vocab.flags[id] & VOCAB_END;
}

bool tokenizer_is_control(const struct tokenizer *t, int32_t id) {
    return t->vocab.flags[id] & VOCAB_CONTROL;
}

bool tokenizer_adds_bos(const struct tokenizer *t) {
    return t->vocab.add_bos && t->vocab.bos != VOCAB_NONE;
}

int32_t tokenizer_find(const struct tokenizer *t, const char *text, size_t len) {
    return vocab_find(&t->vocab, text, len);
}

bool tokenizer_is_unused(const struct tokenizer *t, int32_t id) {
    return t->vocab.flags[id] & VOCAB_UNUSED;
}

int32_t tokenizer_bos(const struct tokenizer *t) {
    return t->vocab.bos;
}

int32_t tokenizer_eos(const struct tokenizer *t) {
    return t->vocab.eos;
}

int32_t tokenizer_fim(const struct tokenizer *t, int part) {
    return part >= 0 && part < VOCAB_N_FIM ? t->vocab.fim[part] : TOKENIZER_NONE;
}
