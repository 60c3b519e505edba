#include "engine/text/spm.h"

#include <string.h>

#include "engine/text/unicode.h"

ingle_status spm_init(struct spm *spm, const struct vocab *vocab, const struct gguf *g,
                      ingle_error *err) {
    spm->vocab = vocab;
    if (!vocab->score) {
        return status_set(err, INGLE_INVALID, 0,
                          "The key tokenizer.ggml.scores is missing; merging needs it.");
    }
    spm->space_first = true;
    INGLE_TRY(vocab_read_bool(g, "tokenizer.ggml.add_space_prefix", &spm->space_first, err));
    for (int id = 0; id < vocab->n; id++) {
        if (!(vocab->flags[id] & VOCAB_TEXT)) continue;
        struct gguf_str text = vocab->text[id];
        for (size_t i = 1; i < text.len; i++) {
            joints_add(&spm->joints, text.data + i, i, text.len - i);
        }
    }
    return INGLE_OK;
}

/* Higher scores rank lower. The bits of a float, turned so that they order as its negative does. */
static int32_t rank_of(float score) {
    int32_t bits;
    score += 0.0f; /* -0 is 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits < 0 ? bits & INT32_MAX : ~bits;
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

/* End of the symbol at text[at..end) that merging begins with. */
static size_t symbol_end(const char *text, size_t at, size_t end) {
    size_t n = stated_len(text[at]);
    return n < end - at ? at + n : end;
}

/* End of the part of text[at..end) that merges alone. */
static size_t part_end(const struct spm *spm, const char *text, size_t at, size_t end) {
    size_t start = at;
    do at = symbol_end(text, at, end);
    while (at < end && joints_may_join(&spm->joints, text, start, at, end));
    return at;
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

static ingle_status merge_part(const void *rules, struct text_scratch *s, size_t start, size_t end,
                               struct id_sink *out, ingle_error *err) {
    const struct vocab *v = rules;
    struct merger *m = &s->merger;
    const char *text = s->text;
    if (!merger_begin(m, end - start)) {
        return status_no_memory(err, "a piece of text", end - start);
    }
    for (size_t i = start, next; i < end; i = next) {
        next = symbol_end(text, i, end);
        merger_add(m, i, next - i, vocab_find_text(v, text + i, next - i));
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

ingle_status spm_encode(const struct spm *spm, const char *text, size_t len, struct text_scratch *s,
                        struct id_sink *out, ingle_error *err) {
    struct buf *spaced = &s->buf;
    if (s->open) len = unicode_whole_len((const uint8_t *)text, len);
    buf_reset(spaced);
    if (spm->space_first) buf_add(spaced, " ", 1);
    add_spaced(spaced, text, len);
    if (buf_failed(spaced)) return status_no_memory(err, "a copy of the text", len);
    scratch_begin(s, spaced->data, spaced->size);
    for (size_t at = 0, next; at < s->len; at = next) {
        next = part_end(spm, s->text, at, s->len);
        if (s->open && (next == s->len || !joints_decided(s->text, next, s->len))) break;
        INGLE_TRY(
            scratch_put_part(s, &spm->vocab->index, merge_part, spm->vocab, at, next, out, err));
    }
    return INGLE_OK;
}
