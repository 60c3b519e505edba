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
    INGLE_TRY(vocab_read_bool(g, "tokenizer.ggml.add_space_prefix", &spm->space_first, err));
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

/* Length of a character as its lead byte states it: ill-formed text is kept byte by byte all the
 * same. */
static size_t stated_len(char lead) {
    uint8_t byte = (uint8_t)lead;
    return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* The bytes of what no token stands for; the unknown token for a byte that has none. */
static ingle_status put_bytes(const struct vocab *v, const char *bytes, size_t len,
                              struct id_sink *out, ingle_error *err) {
    for (size_t i = 0; i < len; i++) {
        int32_t id = v->byte_id[(uint8_t)bytes[i]];
        if (id == VOCAB_NONE) id = v->unk;
        if (id == VOCAB_NONE) {
            return status_set(err, INGLE_INVALID, 0,
                              "The model's vocabulary has no token for the byte 0x%02x.",
                              (unsigned)(uint8_t)bytes[i]);
        }
        id_sink_put(out, id);
    }
    return INGLE_OK;
}

static ingle_status put_word(const struct spm *spm, const char *text, size_t start, size_t end,
                             struct merger *m, struct id_sink *out, ingle_error *err) {
    const struct vocab *v = spm->vocab;
    if (!merger_begin(m, end - start)) {
        return status_no_memory(err, "a piece of text", end - start);
    }
    for (size_t i = start; i < end;) {
        size_t n = stated_len(text[i]);
        if (n > end - i) n = end - i;
        merger_add(m, i, n, vocab_find_text(v, text + i, n));
        i += n;
    }
    merger_run(m, text, merge_pair, v);
    for (int32_t i = 0; i >= 0; i = m->symbols[i].next) {
        const struct merge_symbol *symbol = &m->symbols[i];
        if (symbol->id != VOCAB_NONE) {
            id_sink_put(out, symbol->id);
        } else {
            INGLE_TRY(put_bytes(v, text + symbol->start, symbol->len, out, err));
        }
    }
    return INGLE_OK;
}

/* The text with U+2581, which the vocabulary takes for a space, as one. llama.cpp goes the other
 * way and cuts characters afterwards: a lead byte whose character is cut short claims bytes of the
 * U+2581 that a space has become, which is then no space any more. */
static void add_spaced(struct buf *to, const char *text, size_t len) {
    size_t done = 0, claimed = 0; /* bytes that the last lead byte still claims */
    for (size_t i = 0; i < len;) {
        size_t n = text[i] == ' ' ? 1 : 0;
        if (len - i >= 3 && memcmp(text + i, VOCAB_SPACE, 3) == 0) n = 3;
        if (n == 0) {
            claimed = (claimed ? claimed : stated_len(text[i])) - 1;
            i++;
            continue;
        }
        buf_add(to, text + done, i - done);
        buf_add_str(to, claimed ? VOCAB_SPACE : " ");
        claimed -= claimed < 3 ? claimed : 3;
        done = i += n;
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
