#include "engine/text/bpe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/text/unicode.h"

#define NO_PAIR UINT64_MAX

static uint64_t pair_of(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

/* The slot that holds the pair, or the empty one where it belongs. */
static size_t probe(const struct bpe *bpe, uint64_t pair) {
    size_t at = (size_t)hash_u64(bpe->seed, pair) & bpe->mask;
    while (bpe->slots[at].pair != pair && bpe->slots[at].pair != NO_PAIR) {
        at = (at + 1) & bpe->mask;
    }
    return at;
}

/* One merge, "left right" as the file spells it: split at the first space that has something
 * before it. scratch has room for the string. */
static ingle_status add_merge(struct bpe *bpe, struct gguf_str merge, uint32_t rank, char *scratch,
                              uint64_t where, ingle_error *err) {
    const struct vocab *v = bpe->vocab;
    const char *space = merge.len > 1 ? memchr(merge.data + 1, ' ', merge.len - 1) : NULL;
    size_t left_len = space ? (size_t)(space - merge.data) : 0;
    size_t right_len = space ? merge.len - left_len - 1 : 0;
    if (right_len == 0) {
        return status_set(err, INGLE_INVALID, where,
                          "Merge %u of tokenizer.ggml.merges is not two strings and a space.",
                          rank);
    }
    bool left_ok, right_ok;
    size_t n_left = vocab_decode(v->spelling, merge.data, left_len, scratch, &left_ok);
    size_t n_right = vocab_decode(v->spelling, space + 1, right_len, scratch + n_left, &right_ok);
    int32_t left = left_ok ? vocab_find(v, scratch, n_left) : VOCAB_NONE;
    int32_t right = right_ok ? vocab_find(v, scratch + n_left, n_right) : VOCAB_NONE;
    if (left == VOCAB_NONE || right == VOCAB_NONE) {
        return status_set(err, INGLE_INVALID, where,
                          "Merge %u of tokenizer.ggml.merges, '%.*s', joins what is no token.",
                          rank, (int)(merge.len < 80 ? merge.len : 80), merge.data);
    }
    byte_pairs_add(&bpe->joints, scratch[n_left - 1], scratch[n_left]);
    size_t at = probe(bpe, pair_of(left, right));
    if (bpe->slots[at].pair != NO_PAIR) return INGLE_OK; /* the first one counts */
    int32_t id = vocab_find_text(v, scratch, n_left + n_right);
    if (id == VOCAB_NONE) id = v->n + (int32_t)rank;
    bpe->slots[at] = (struct bpe_merge){pair_of(left, right), (int32_t)rank, id};
    return INGLE_OK;
}

static ingle_status read_merges(struct bpe *bpe, const struct gguf_kv *merges, char *scratch,
                                ingle_error *err) {
    size_t cursor = 0;
    struct gguf_str merge;
    for (uint32_t rank = 0; gguf_next_str(merges, &cursor, &merge); rank++) {
        INGLE_TRY(add_merge(bpe, merge, rank, scratch, merges->where, err));
    }
    return INGLE_OK;
}

ingle_status bpe_init(struct bpe *bpe, const struct vocab *vocab, struct pretoken_rule rule,
                      const struct gguf *g, ingle_error *err) {
    bpe->vocab = vocab;
    bpe->rule = rule;
    const struct gguf_kv *merges = gguf_find(g, "tokenizer.ggml.merges");
    if (!merges || !merges->is_array || merges->type != GGUF_STRING ||
        merges->count > (uint64_t)(INT32_MAX - vocab->n)) {
        return status_set(err, INGLE_INVALID, merges ? merges->where : 0,
                          "The key tokenizer.ggml.merges must be an array of strings.");
    }
    size_t n_slots = 16, longest = 0, cursor = 0;
    struct gguf_str merge;
    while (n_slots * 3 < merges->count * 4) n_slots *= 2;
    while (gguf_next_str(merges, &cursor, &merge)) {
        if (merge.len > longest) longest = merge.len;
    }
    bpe->slots = mem_alloc(n_slots * sizeof *bpe->slots);
    char *scratch = mem_alloc(longest + 1);
    ingle_status status = INGLE_OK;
    if (bpe->slots && scratch) {
        memset(bpe->slots, 0xff, n_slots * sizeof *bpe->slots);
        bpe->mask = n_slots - 1;
        bpe->seed = hash_seed(bpe->slots);
        status = read_merges(bpe, merges, scratch, err);
    } else {
        status = status_no_memory(err, "the merges", n_slots * sizeof *bpe->slots);
    }
    mem_free(scratch);
    return status;
}

void bpe_clear(struct bpe *bpe) {
    mem_free(bpe->slots);
    *bpe = (struct bpe){0};
}

static bool merge_pair(const void *rules, const char *text, const struct merge_symbol *left,
                       const struct merge_symbol *right, struct merge_result *result) {
    (void)text;
    const struct bpe *bpe = rules;
    if (left->id == VOCAB_NONE || right->id == VOCAB_NONE) return false;
    const struct bpe_merge *found = &bpe->slots[probe(bpe, pair_of(left->id, right->id))];
    if (found->pair == NO_PAIR) return false;
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
    do at += symbol_len(bpe, text, at, end);
    while (at < end && byte_pairs_has(&bpe->joints, text[at - 1], text[at]));
    return at;
}

static ingle_status put_part(const struct bpe *bpe, const char *text, size_t start, size_t end,
                             struct merger *m, struct id_sink *out, ingle_error *err) {
    const struct vocab *v = bpe->vocab;
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

static ingle_status put_piece(const struct bpe *bpe, const char *text, size_t start, size_t end,
                              struct merger *m, struct id_sink *out, ingle_error *err) {
    bool whole_first =
        bpe->rule.whole_first || (bpe->rule.kind == PRETOKEN_LINES && text[start] == '\n');
    if (whole_first) {
        int32_t whole = vocab_find_text(bpe->vocab, text + start, end - start);
        if (whole != VOCAB_NONE) {
            id_sink_put(out, whole);
            return INGLE_OK;
        }
    }
    for (size_t at = start, next; at < end; at = next) {
        next = part_end(bpe, text, at, end);
        INGLE_TRY(put_part(bpe, text, at, next, m, out, err));
    }
    return INGLE_OK;
}

/* Characters in their shortest form, U+FFFD for every byte that begins none, a space where the
 * vocabulary spells one as `space`. */
static void add_characters(struct buf *to, const uint8_t *text, size_t len, uint32_t space) {
    for (size_t i = 0; i < len;) {
        size_t ascii = i;
        while (ascii < len && text[ascii] < 0x80) ascii++;
        buf_add(to, text + i, ascii - i);
        i = ascii;
        if (i == len) break;
        uint32_t cp;
        uint8_t utf8[4];
        size_t n = unicode_decode(text + i, len - i, &cp);
        if (n == 0) cp = UNICODE_REPLACEMENT;
        buf_add(to, utf8, unicode_encode(cp == space ? ' ' : cp, utf8));
        i += n ? n : 1;
    }
}

ingle_status bpe_encode(const struct bpe *bpe, const char *text, size_t len,
                        struct text_scratch *scratch, struct id_sink *out, ingle_error *err) {
    struct buf *clean = &scratch->text;
    buf_reset(clean);
    add_characters(clean, (const uint8_t *)text, len,
                   bpe->vocab->spelling == VOCAB_SPACES ? UNICODE_SPACE_SIGN : ' ');
    if (buf_failed(clean)) return status_no_memory(err, "a copy of the text", len);
    for (size_t at = 0; at < clean->size;) {
        size_t end = pretoken_next(bpe->rule.kind, (const uint8_t *)clean->data, clean->size, at);
        INGLE_TRY(put_piece(bpe, clean->data, at, end, &scratch->merger, out, err));
        at = end;
    }
    return INGLE_OK;
}
