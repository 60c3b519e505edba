#include "engine/text/spm.h"

#include <string.h>

#include "engine/text/unicode.h"

static bool has_word_start_inside(struct gguf_str text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] == ' ' && text.data[i - 1] != ' ') return true;
    }
    return false;
}

ingle_status spm_init(struct spm *spm, const struct vocab *vocab, const struct gguf *g,
                      ingle_error *err) {
    spm->vocab = vocab;
    if (!vocab->score) {
        return status_set(err, INGLE_INVALID, 0,
                          "The key tokenizer.ggml.scores is missing; merging needs it.");
    }
    spm->space_first = true;
    const struct gguf_kv *kv = gguf_find(g, "tokenizer.ggml.add_space_prefix");
    int64_t value;
    if (kv && !kv->is_array && gguf_get_int(kv, 0, &value)) spm->space_first = value != 0;
    spm->words_alone = true;
    for (int id = 0; id < vocab->n && spm->words_alone; id++) {
        if (!(vocab->flags[id] & VOCAB_TEXT)) continue;
        spm->words_alone = !has_word_start_inside(vocab->text[id]);
    }
    return INGLE_OK;
}

/* Higher scores rank lower. The bits of a float, flipped so that they order as the numbers do. */
static uint32_t rank_of(float score) {
    uint32_t bits;
    score += 0.0f; /* -0 is 0 */
    memcpy(&bits, &score, sizeof bits);
    uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return ~ascending;
}

static bool merge_pair(const void *rules, const char *text, const struct merge_symbol *left,
                       const struct merge_symbol *right, struct merge_result *result) {
    const struct vocab *v = rules;
    int32_t id = vocab_find_text(v, text + left->start, (size_t)left->len + right->len);
    if (id == VOCAB_NONE) return false;
    *result = (struct merge_result){rank_of(v->score[id]), id};
    return true;
}

/* Length of the character at s[0..len) as its lead byte states it, cut at the end: ill-formed text
 * is kept byte by byte all the same. */
static size_t character_len(const uint8_t *s, size_t len) {
    size_t n = s[0] < 0xc0 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    return n < len ? n : len;
}

static ingle_status put_word(const struct spm *spm, const char *text, size_t start, size_t end,
                             struct merger *m, struct id_sink *out, ingle_error *err) {
    const struct vocab *v = spm->vocab;
    if (!merger_begin(m, end - start)) {
        return status_no_memory(err, "a piece of text", end - start);
    }
    for (size_t i = start; i < end;) {
        size_t n = character_len((const uint8_t *)text + i, end - i);
        merger_add(m, i, n, vocab_find_text(v, text + i, n));
        i += n;
    }
    merger_run(m, text, merge_pair, v);
    for (int32_t i = 0; i >= 0; i = m->symbols[i].next) {
        const struct merge_symbol *symbol = &m->symbols[i];
        if (symbol->id != VOCAB_NONE) {
            id_sink_put(out, symbol->id);
        } else {
            INGLE_TRY(bpe_put_bytes(v, text + symbol->start, symbol->len, out, err));
        }
    }
    return INGLE_OK;
}

/* The text with U+2581, which the vocabulary takes for a space, as one. */
static void add_spaced(struct buf *to, const char *text, size_t len) {
    size_t done = 0;
    for (size_t i = 0; i + 3 <= len; i++) {
        if (memcmp(text + i, "\xe2\x96\x81", 3) != 0) continue;
        buf_add(to, text + done, i - done);
        buf_add(to, " ", 1);
        done = i + 3;
        i += 2;
    }
    buf_add(to, text + done, len - done);
}

ingle_status spm_encode(const struct spm *spm, const char *text, size_t len, bool after_special,
                        struct text_scratch *scratch, struct id_sink *out, ingle_error *err) {
    struct buf *spaced = &scratch->text;
    buf_reset(spaced);
    if (spm->space_first && after_special) buf_add(spaced, " ", 1);
    add_spaced(spaced, text, len);
    if (buf_failed(spaced)) return status_no_memory(err, "a copy of the text", len);
    const char *s = spaced->data;
    for (size_t at = 0; at < spaced->size;) {
        size_t end = at + 1;
        while (end < spaced->size && !(spm->words_alone && s[end] == ' ' && s[end - 1] != ' ')) {
            end++;
        }
        INGLE_TRY(put_word(spm, s, at, end, &scratch->merger, out, err));
        at = end;
    }
    return INGLE_OK;
}
