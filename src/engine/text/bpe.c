#include "engine/text/bpe.h"

#include <string.h>

#include "engine/text/unicode.h"

ingle_status bpe_init(struct bpe *bpe, const struct vocab *vocab, struct pretoken_rule rule,
                      const struct gguf *g, ingle_error *err) {
    bpe->vocab = vocab;
    bpe->rule = rule;
    return merge_table_init(&bpe->merges, vocab, g, err);
}

void bpe_clear(struct bpe *bpe) {
    merge_table_clear(&bpe->merges);
    *bpe = (struct bpe){0};
}

static bool merge_pair(const void *rules, const char *text, const struct merge_symbol *left,
                       const struct merge_symbol *right, struct merge_result *result) {
    const struct bpe *bpe = rules;
    if (left->id == VOCAB_NONE || right->id == VOCAB_NONE) return false;
    if (bpe->merges.bytes && left->len == 1 && right->len == 1) {
        const struct merge_of_bytes *found =
            &bpe->merges.bytes[(uint8_t)text[left->start] << 8 | (uint8_t)text[right->start]];
        *result = (struct merge_result){found->rank1 - 1, found->id};
        return found->rank1 > 0;
    }
    const struct merge_slot *found = merge_table_find(&bpe->merges, left->id, right->id);
    if (found->key == 0) return false;
    *result = (struct merge_result){found->rank, found->id};
    return true;
}

static void put_bytes(const struct vocab *v, const char *bytes, size_t len, struct id_sink *out) {
    for (size_t i = 0; i < len; i++) {
        int32_t id = v->byte_id[(uint8_t)bytes[i]];
        if (id != VOCAB_NONE) id_sink_put(out, id);
    }
}

/* Length of the symbol at text[at..end) that merging begins with: a byte or a character. */
static size_t symbol_len(const struct bpe *bpe, const char *text, size_t at, size_t end) {
    uint32_t cp;
    if (bpe->vocab->spelling == VOCAB_BYTES) return 1;
    return unicode_decode((const uint8_t *)text + at, end - at, &cp);
}

/* End of the part of text[at..end) that merges alone. */
static size_t part_end(const struct bpe *bpe, const char *text, size_t at, size_t end) {
    size_t start = at;
    do at += symbol_len(bpe, text, at, end);
    while (at < end && joints_may_join(&bpe->merges.joints, text, start, at, end));
    return at;
}

static ingle_status merge_part(const void *rules, struct text_scratch *s, size_t start, size_t end,
                               struct id_sink *out, ingle_error *err) {
    const struct bpe *bpe = rules;
    const struct vocab *v = bpe->vocab;
    struct merger *m = &s->merger;
    const char *text = s->text;
    if (!merger_begin(m, end - start)) {
        return status_no_memory(err, "a piece of text", end - start);
    }
    for (size_t i = start; i < end;) {
        size_t n = symbol_len(bpe, text, i, end);
        merger_add(m, i, n,
                   v->spelling == VOCAB_BYTES ? v->byte_id[(uint8_t)text[i]]
                                              : vocab_find_text(v, text + i, n));
        i += n;
    }
    merger_run(m, text, merge_pair, bpe);
    for (int32_t i = 0; i >= 0; i = m->symbols[i].next) {
        const struct merge_symbol *symbol = &m->symbols[i];
        if (symbol->id >= 0 && symbol->id < v->n) {
            id_sink_put(out, symbol->id);
        } else {
            put_bytes(v, text + symbol->start, symbol->len, out);
        }
    }
    return INGLE_OK;
}

/* What text[start..end) merges into. Of a piece that goes on, what lies before its last part. */
static ingle_status put_parts(const struct bpe *bpe, struct text_scratch *s, size_t start,
                              size_t end, bool goes_on, struct id_sink *out, ingle_error *err) {
    for (size_t at = start, next; at < end; at = next) {
        next = part_end(bpe, s->text, at, end);
        if (goes_on && (next == end || !joints_decided(s->text, next, end))) break;
        INGLE_TRY(scratch_put_part(s, &bpe->vocab->index, merge_part, bpe, at, next, out, err));
    }
    return INGLE_OK;
}

static ingle_status put_piece(const struct bpe *bpe, struct text_scratch *s, size_t start,
                              size_t end, struct id_sink *out, ingle_error *err) {
    const struct vocab *v = bpe->vocab;
    if (bpe->rule.whole_first || (bpe->rule.kind == PRETOKEN_LINES && s->text[start] == '\n')) {
        struct name_key key = scratch_key(s, &v->index, start, end - start);
        int32_t whole = vocab_find_text_key(v, key, s->text + start, end - start);
        if (whole != VOCAB_NONE) {
            id_sink_put(out, whole);
            return INGLE_OK;
        }
    }
    return put_parts(bpe, s, start, end, false, out, err);
}

/* Position of the first character that add_characters() would change; len if there is none. */
static size_t clean_len(const uint8_t *text, size_t len, uint32_t space) {
    for (size_t i = 0; i < len;) {
        uint64_t word;
        uint32_t cp;
        if (len - i >= sizeof word) {
            memcpy(&word, text + i, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t n = unicode_decode(text + i, len - i, &cp);
        if (n == 0 || n != unicode_encoded_len(cp) || (cp == space && n > 1)) return i;
        i += n;
    }
    return len;
}

/* Characters in their shortest form, U+FFFD for every byte that begins none, a space where the
 * vocabulary spells one as `space`. */
static void add_characters(struct buf *to, const uint8_t *text, size_t len, uint32_t space) {
    for (size_t i = 0; i < len;) {
        size_t clean = clean_len(text + i, len - i, space);
        buf_add(to, text + i, clean);
        i += clean;
        if (i == len) break;
        uint32_t cp;
        uint8_t utf8[4];
        size_t n = unicode_decode(text + i, len - i, &cp);
        if (n == 0) cp = UNICODE_REPLACEMENT;
        buf_add(to, utf8, unicode_encode(cp == space ? ' ' : cp, utf8));
        i += n ? n : 1;
    }
}

/* The fragment as it is, or a copy with what has to change. */
static ingle_status begin(const struct bpe *bpe, const char *text, size_t len,
                          struct text_scratch *s, ingle_error *err) {
    const uint8_t *bytes = (const uint8_t *)text;
    uint32_t space = bpe->vocab->spelling == VOCAB_SPACES ? UNICODE_SPACE_SIGN : ' ';
    if (s->open) len = unicode_whole_len(bytes, len);
    size_t clean = clean_len(bytes, len, space);
    if (clean < len) {
        buf_reset(&s->buf);
        buf_add(&s->buf, text, clean);
        add_characters(&s->buf, bytes + clean, len - clean, space);
        if (buf_failed(&s->buf)) return status_no_memory(err, "a copy of the text", len);
        text = s->buf.data;
        len = s->buf.size;
    }
    scratch_begin(s, text, len);
    return INGLE_OK;
}

ingle_status bpe_encode(const struct bpe *bpe, const char *text, size_t len, struct text_scratch *s,
                        struct id_sink *out, ingle_error *err) {
    enum pretoken_kind kind = bpe->rule.kind;
    INGLE_TRY(begin(bpe, text, len, s, err));
    for (size_t at = 0; at < s->len;) {
        bool saw_end;
        size_t end = pretoken_next(kind, (const uint8_t *)s->text, s->len, at, &saw_end);
        if (s->open && saw_end) {
            /* Of what may become a longer piece only a line is known to keep its parts. */
            if (kind != PRETOKEN_LINES || s->text[at] == '\n') break;
            return put_parts(bpe, s, at, end, true, out, err);
        }
        INGLE_TRY(put_piece(bpe, s, at, end, out, err));
        at = end;
    }
    return INGLE_OK;
}
