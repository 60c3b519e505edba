#include "learn/text/text_data.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "learn/nn/loss.h"

#define PERIOD 20         /* stretches, of which the last is held out */
#define STRETCH_WINDOWS 4 /* contexts of a stretch, if there is text enough */
#define MIN_STRETCH 8
#define ENCODE_BYTES ((size_t)1 << 20) /* at a time */
#define MAX_VOCABULARY ((size_t)256 << 20)

void text_data_clear(struct text_data *d) {
    tokenizer_close(d->tokenizer);
    gguf_close(d->file);
    buf_clear(&d->vocabulary);
    mem_free(d->token_size);
    mem_free(d->tokens);
    *d = (struct text_data){0};
}

static ingle_status check_source(const struct text_source *s, ingle_error *err) {
    size_t at = utf8_find_invalid(s->text, s->len);
    if (at < s->len) {
        return status_set(err, INGLE_INVALID, at,
                          "'%s' is not UTF-8 text: byte %zu begins no character.", s->name, at);
    }
    const char *nul = s->len > 0 ? memchr(s->text, '\0', s->len) : NULL;
    if (!nul) return INGLE_OK;
    return status_set(err, INGLE_INVALID, (uint64_t)(nul - s->text),
                      "'%s' is not text: byte %td is 0.", s->name, nul - s->text);
}

static ingle_status open_vocabulary(struct text_data *d, const struct bpe_learn *b,
                                    ingle_error *err) {
    struct gguf_write w;
    gguf_write_init(&w, MAX_VOCABULARY);
    gguf_write_str(&w, "general.architecture", "llama");
    ingle_status status = bpe_learn_write(b, &w, err);
    buf_init(&d->vocabulary, MAX_VOCABULARY);
    if (status == INGLE_OK)
        status = gguf_write_finish(&w, &d->vocabulary, err);
    else
        gguf_write_clear(&w);
    INGLE_TRY(status);
    INGLE_TRY(
        gguf_open_memory(&d->file, d->vocabulary.data, d->vocabulary.size, "vocabulary", err));
    return tokenizer_open(&d->tokenizer, d->file, err);
}

static ingle_status learn_vocabulary(struct text_data *d, const struct text_source *sources,
                                     size_t n_sources, int n_vocab, ingle_error *err) {
    struct bpe_learn b;
    bpe_learn_init(&b);
    for (size_t i = 0; i < n_sources; i++) bpe_learn_add(&b, sources[i].text, sources[i].len);
    ingle_status status = bpe_learn_run(&b, n_vocab, err);
    if (status == INGLE_OK) status = open_vocabulary(d, &b, err);
    bpe_learn_clear(&b);
    INGLE_TRY(status);
    d->n_vocab = tokenizer_n_vocab(d->tokenizer);
    d->end = d->n_vocab - 1;
    d->token_size = mem_calloc((size_t)d->n_vocab, sizeof *d->token_size);
    if (!d->token_size) return status_no_memory(err, "a vocabulary", 0);
    for (int32_t i = 0; i < d->n_vocab; i++) {
        d->token_size[i] = (uint16_t)tokenizer_piece(d->tokenizer, i, false).len;
    }
    return INGLE_OK;
}

/* Room for n more tokens. */
static ingle_status reserve(struct text_data *d, size_t n, ingle_error *err) {
    size_t need = d->n_tokens + n, cap = d->tokens_cap > 0 ? d->tokens_cap : 1 << 16;
    if (need <= d->tokens_cap) return INGLE_OK;
    while (cap < need) cap += cap / 2;
    void *grown = mem_realloc(d->tokens, cap * sizeof *d->tokens);
    if (!grown) return status_no_memory(err, "the tokens of the text", cap * sizeof *d->tokens);
    d->tokens = grown;
    d->tokens_cap = cap;
    return INGLE_OK;
}

static ingle_status add_part(struct text_data *d, const char *text, size_t len, int32_t *ids,
                             ingle_error *err) {
    size_t n;
    /* BPE_END written in a text is meant: it parts texts in one file. */
    INGLE_TRY(tokenizer_encode(d->tokenizer, text, len, false, true, ids, len + 1, &n, err));
    INGLE_TRY(reserve(d, n, err));
    for (size_t i = 0; i < n; i++) d->tokens[d->n_tokens++] = (uint16_t)ids[i];
    return INGLE_OK;
}

/* Cut at ends of lines, where tokens rarely reach across; at any character in a line that is
 * longer. */
static size_t part_len(const char *text, size_t len) {
    if (len <= ENCODE_BYTES) return len;
    size_t n = ENCODE_BYTES;
    while (n > ENCODE_BYTES / 2 && text[n - 1] != '\n') n--;
    if (text[n - 1] == '\n') return n;
    n = ENCODE_BYTES;
    while (((uint8_t)text[n] & 0xc0) == 0x80) n--;
    return n;
}

static ingle_status add_source(struct text_data *d, const struct text_source *s, int32_t *ids,
                               ingle_error *err) {
    INGLE_TRY(reserve(d, 1, err));
    d->tokens[d->n_tokens++] = (uint16_t)d->end;
    for (size_t at = 0; at < s->len;) {
        size_t n = part_len(s->text + at, s->len - at);
        INGLE_TRY(add_part(d, s->text + at, n, ids, err));
        at += n;
    }
    return INGLE_OK;
}

static ingle_status part_stretches(struct text_data *d, ingle_error *err) {
    size_t n_ctx = (size_t)d->n_ctx;
    d->stretch = d->n_tokens / PERIOD;
    if (d->stretch > STRETCH_WINDOWS * n_ctx) d->stretch = STRETCH_WINDOWS * n_ctx;
    if (d->stretch >= MIN_STRETCH && (PERIOD - 1) * d->stretch >= n_ctx) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The text is %zu tokens long, too short for a context of %d: give more text "
                      "or a smaller context.",
                      d->n_tokens, d->n_ctx);
}

ingle_status text_data_init(struct text_data *d, const struct text_source *sources,
                            size_t n_sources, int n_vocab, int n_ctx, ingle_error *err) {
    *d = (struct text_data){.n_ctx = n_ctx};
    if (n_vocab < BPE_MIN_VOCAB || n_vocab > BPE_MAX_VOCAB) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A vocabulary has from %d to %d tokens, not %d.", BPE_MIN_VOCAB,
                          BPE_MAX_VOCAB, n_vocab);
    }
    for (size_t i = 0; i < n_sources; i++) INGLE_TRY(check_source(&sources[i], err));
    INGLE_TRY(learn_vocabulary(d, sources, n_sources, n_vocab, err));
    int32_t *ids = mem_calloc(ENCODE_BYTES + 1, sizeof *ids);
    if (!ids) return status_no_memory(err, "the tokens of the text", ENCODE_BYTES * sizeof *ids);
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < n_sources && status == INGLE_OK; i++) {
        status = add_source(d, &sources[i], ids, err);
    }
    mem_free(ids);
    INGLE_TRY(status);
    d->hash = hash_bytes((uint64_t)d->n_vocab, d->tokens, d->n_tokens * sizeof *d->tokens);
    return part_stretches(d, err);
}

/* The window whose first target is token `from`. */
static void fill(const struct text_data *d, size_t from, int n, int32_t *ids, int32_t *targets) {
    const uint16_t *t = d->tokens + from;
    ids[0] = d->end;
    for (int i = 0; i < n; i++) {
        if (i > 0) ids[i] = t[i - 1];
        targets[i] = t[i];
    }
    if (targets[0] == d->end) targets[0] = NN_IGNORE; /* the end of a text that has not begun */
}

/* Every place where a window fits between held-out stretches is as likely as any other. */
void text_data_window(const struct text_data *d, uint64_t seed, uint64_t number, int32_t *ids,
                      int32_t *targets) {
    size_t period = PERIOD * d->stretch, learnt = (PERIOD - 1) * d->stretch;
    size_t n_ctx = (size_t)d->n_ctx, n_periods = d->n_tokens / period;
    size_t places = learnt - n_ctx + 1, rest = d->n_tokens - n_periods * period;
    size_t more = rest >= learnt ? places : rest >= n_ctx ? rest - n_ctx + 1 : 0;
    size_t place = (size_t)(hash_u64(seed, hash_u64(~seed, number)) % (n_periods * places + more));
    fill(d, place / places * period + place % places, d->n_ctx, ids, targets);
}

size_t text_data_n_held_out(const struct text_data *d) {
    size_t windows = (d->stretch + (size_t)d->n_ctx - 1) / (size_t)d->n_ctx;
    return d->n_tokens / (PERIOD * d->stretch) * windows;
}

int text_data_held_out(const struct text_data *d, size_t i, int32_t *ids, int32_t *targets,
                       size_t *n_bytes) {
    size_t n_ctx = (size_t)d->n_ctx, windows = (d->stretch + n_ctx - 1) / n_ctx;
    size_t end = (i / windows + 1) * PERIOD * d->stretch;
    size_t from = end - d->stretch + i % windows * n_ctx;
    size_t n = end - from < n_ctx ? end - from : n_ctx;
    fill(d, from, (int)n, ids, targets);
    *n_bytes = 0;
    for (size_t k = 0; k < n; k++) *n_bytes += d->token_size[d->tokens[from + k]];
    return (int)n;
}
