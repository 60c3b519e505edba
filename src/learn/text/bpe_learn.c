#include "learn/text/bpe_learn.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/text/pretoken.h"
#include "learn/text/bpe_pairs.h"

#define NONE (-1)
#define MAX_PIECE 256 /* bytes; longer runs of one kind are no words */

void bpe_learn_init(struct bpe_learn *b) {
    *b = (struct bpe_learn){0};
    buf_init(&b->texts, BPE_LEARN_MAX_TEXT);
}

void bpe_learn_clear(struct bpe_learn *b) {
    buf_clear(&b->texts);
    mem_free(b->pieces);
    mem_free(b->slots);
    mem_free(b->merges);
    *b = (struct bpe_learn){0};
}

/* ---- the pieces of the text ---- */

static size_t slot_of(const struct bpe_learn *b, const char *piece, size_t len) {
    size_t mask = b->n_slots - 1, at = (size_t)hash_bytes(0, piece, len) & mask;
    for (; b->slots[at] != NONE; at = (at + 1) & mask) {
        const struct bpe_piece *p = &b->pieces[b->slots[at]];
        if (p->len == len && memcmp(b->texts.data + p->at, piece, len) == 0) break;
    }
    return at;
}

static void grow(struct bpe_learn *b) {
    if (b->n_pieces < b->pieces_cap) return;
    size_t cap = b->pieces_cap > 0 ? 2 * b->pieces_cap : 4096;
    void *pieces = mem_realloc(b->pieces, cap * sizeof *b->pieces);
    int32_t *slots = mem_calloc(2 * cap, sizeof *slots);
    if (pieces) b->pieces = pieces;
    b->failed = !pieces || !slots;
    if (b->failed) {
        mem_free(slots);
        return;
    }
    mem_free(b->slots);
    b->slots = slots;
    b->n_slots = 2 * cap;
    b->pieces_cap = cap;
    for (size_t i = 0; i < b->n_slots; i++) slots[i] = NONE;
    for (size_t i = 0; i < b->n_pieces; i++) {
        const struct bpe_piece *p = &b->pieces[i];
        slots[slot_of(b, b->texts.data + p->at, p->len)] = (int32_t)i;
    }
}

static void count_piece(struct bpe_learn *b, const char *piece, size_t len) {
    grow(b);
    if (b->failed) return;
    size_t slot = slot_of(b, piece, len);
    if (b->slots[slot] != NONE) {
        struct bpe_piece *p = &b->pieces[b->slots[slot]];
        if (p->count < UINT32_MAX) p->count++;
        return;
    }
    if (len > b->texts.max - b->texts.size) return; /* the limit that the header tells of */
    size_t at = b->texts.size;
    b->failed = !buf_add(&b->texts, piece, len);
    if (b->failed) return;
    b->slots[slot] = (int32_t)b->n_pieces;
    b->pieces[b->n_pieces++] = (struct bpe_piece){at, (uint32_t)len, 1};
}

void bpe_learn_add(struct bpe_learn *b, const char *text, size_t len) {
    bool saw_end;
    for (size_t at = 0, next; at < len && !b->failed; at = next) {
        next = pretoken_next(PRETOKEN_GPT2, (const uint8_t *)text, len, at, &saw_end);
        if (next - at <= MAX_PIECE) count_piece(b, text + at, next - at);
    }
}

/* ---- merging ---- */

struct merging {
    struct bpe_learn *b;
    int32_t *symbols; /* of all pieces; a piece's `at` points here now */
    struct bpe_pairs pairs;
};

/* Counts (sign 1) or discounts (-1) the pairs of a piece. Those with `made` in them are new to it;
 * all are if made is NONE. */
static void count_pairs(struct merging *m, int32_t number, int sign, int32_t made) {
    const struct bpe_piece *p = &m->b->pieces[number];
    const int32_t *s = m->symbols + p->at;
    int64_t count = (int64_t)p->count * sign;
    for (uint32_t i = 0; i + 1 < p->len; i++) {
        bool is_new = sign > 0 && (made == NONE || s[i] == made || s[i + 1] == made);
        bpe_pairs_add(&m->pairs, s[i], s[i + 1], count, number, is_new);
    }
}

static ingle_status begin(struct merging *m, ingle_error *err) {
    struct bpe_learn *b = m->b;
    m->symbols = mem_calloc(b->texts.size + 1, sizeof *m->symbols);
    if (!m->symbols) return status_no_memory(err, "the pieces of the text", b->texts.size * 4);
    for (size_t i = 0; i < b->texts.size; i++) m->symbols[i] = (uint8_t)b->texts.data[i];
    for (size_t i = 0; i < b->n_pieces; i++) count_pairs(m, (int32_t)i, 1, NONE);
    bpe_pairs_rank(&m->pairs, 0);
    return INGLE_OK;
}

/* Joins the pair wherever it stands in the piece; false if it does not. */
static bool join(struct merging *m, int32_t number, struct bpe_merge merge, int32_t made) {
    struct bpe_piece *p = &m->b->pieces[number];
    int32_t *s = m->symbols + p->at;
    uint32_t i = 0, n = 0;
    while (i + 1 < p->len && !(s[i] == merge.left && s[i + 1] == merge.right)) i++;
    if (i + 1 >= p->len) return false;
    count_pairs(m, number, -1, NONE);
    for (i = 0; i < p->len; i++, n++) {
        bool joins = i + 1 < p->len && s[i] == merge.left && s[i + 1] == merge.right;
        s[n] = joins ? made : s[i];
        i += joins;
    }
    p->len = n;
    count_pairs(m, number, 1, made);
    return true;
}

/* One more token; false if no pair occurs twice. */
static bool merge_best(struct merging *m) {
    struct bpe_learn *b = m->b;
    const struct bpe_pair *best = bpe_pairs_best(&m->pairs);
    if (!best) return false;
    struct bpe_merge merge = {(int32_t)(best->key >> 32), (int32_t)(uint32_t)best->key};
    size_t n_before = m->pairs.n_pairs;
    int32_t made = 256 + b->n_merges, use = best->first_use;
    b->merges[b->n_merges++] = merge;
    for (; use != NONE && !m->pairs.failed; use = m->pairs.uses[use].next) {
        (void)join(m, m->pairs.uses[use].piece, merge, made); /* may be joined already */
    }
    bpe_pairs_rank(&m->pairs, n_before);
    return true;
}

ingle_status bpe_learn_run(struct bpe_learn *b, int n_vocab, ingle_error *err) {
    struct merging m = {.b = b};
    int n_merges = n_vocab - BPE_MIN_VOCAB;
    b->merges = mem_calloc((size_t)n_merges + 1, sizeof *b->merges);
    ingle_status status = INGLE_OK;
    if (b->failed || !b->merges) status = status_no_memory(err, "a vocabulary", 0);
    if (status == INGLE_OK) status = begin(&m, err);
    while (status == INGLE_OK && b->n_merges < n_merges && merge_best(&m)) continue;
    if (status == INGLE_OK && m.pairs.failed) status = status_no_memory(err, "a vocabulary", 0);
    bpe_pairs_clear(&m.pairs);
    mem_free(m.symbols);
    return status;
}

int bpe_learn_n_vocab(const struct bpe_learn *b) {
    return BPE_MIN_VOCAB + b->n_merges;
}

/* ---- the keys of the file ---- */

/* GPT-2's stand-in for a byte: itself if it is printed and no space in Latin-1, else the next
 * character from U+0100 on; as UTF-8. Returns its length. */
static size_t stand_in(int byte, char *out) {
    int cp = byte;
    if (byte <= ' ')
        cp = 256 + byte;
    else if (byte >= 0x7f && byte <= 0xa0)
        cp = 256 + 33 + byte - 0x7f;
    else if (byte == 0xad)
        cp = 256 + 33 + 34;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    out[0] = (char)(0xc0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3f));
    return 2;
}

/* The spelling of every token in *all, which has room; where each lies in tokens. */
static bool spell(const struct bpe_learn *b, struct buf *all, size_t *at, size_t *len) {
    char text[2];
    for (int i = 0; i < 256; i++) {
        at[i] = all->size;
        len[i] = stand_in(i, text);
        if (!buf_add(all, text, len[i])) return false;
    }
    for (int i = 0; i < b->n_merges; i++) {
        const struct bpe_merge m = b->merges[i];
        at[256 + i] = all->size;
        len[256 + i] = len[m.left] + len[m.right];
        const int32_t halves[] = {m.left, m.right};
        for (int k = 0; k < 2; k++) {
            char piece[2 * MAX_PIECE]; /* all->data may move */
            memcpy(piece, all->data + at[halves[k]], len[halves[k]]);
            if (!buf_add(all, piece, len[halves[k]])) return false;
        }
    }
    return true;
}

/* "left right" of every merge, behind the tokens in *all. */
static bool spell_merges(const struct bpe_learn *b, struct buf *all, const size_t *at,
                         const size_t *len, size_t *merge_at) {
    for (int i = 0; i < b->n_merges; i++) {
        char text[4 * MAX_PIECE + 1];
        const struct bpe_merge m = b->merges[i];
        size_t n = len[m.left];
        memcpy(text, all->data + at[m.left], n);
        text[n++] = ' ';
        memcpy(text + n, all->data + at[m.right], len[m.right]);
        merge_at[i] = all->size;
        if (!buf_add(all, text, n + len[m.right])) return false;
    }
    return true;
}

static void write_keys(const struct bpe_learn *b, struct gguf_write *w, struct gguf_str *strings,
                       int32_t *types, const char *data, const size_t *at, const size_t *len) {
    int n = bpe_learn_n_vocab(b), n_text = n - 1;
    gguf_write_str(w, "tokenizer.ggml.model", "gpt2");
    gguf_write_str(w, "tokenizer.ggml.pre", "gpt-2");
    for (int i = 0; i < n_text; i++) {
        strings[i] = (struct gguf_str){data + at[i], len[i]};
        types[i] = 1;
    }
    strings[n_text] = (struct gguf_str){BPE_END, strlen(BPE_END)};
    types[n_text] = 3; /* control */
    gguf_write_strs(w, "tokenizer.ggml.tokens", strings, (size_t)n);
    gguf_write_i32s(w, "tokenizer.ggml.token_type", types, (size_t)n);
    for (int i = 0; i < b->n_merges; i++) {
        const struct bpe_merge m = b->merges[i];
        strings[i] = (struct gguf_str){data + at[n + i], len[m.left] + 1 + len[m.right]};
    }
    gguf_write_strs(w, "tokenizer.ggml.merges", strings, (size_t)b->n_merges);
    gguf_write_u32(w, "tokenizer.ggml.bos_token_id", (uint32_t)n_text);
    gguf_write_u32(w, "tokenizer.ggml.eos_token_id", (uint32_t)n_text);
    gguf_write_bool(w, "tokenizer.ggml.add_bos_token", true);
}

ingle_status bpe_learn_write(const struct bpe_learn *b, struct gguf_write *w, ingle_error *err) {
    size_t n = (size_t)bpe_learn_n_vocab(b), n_all = n + (size_t)b->n_merges;
    struct gguf_str *strings = mem_calloc(n, sizeof *strings);
    int32_t *types = mem_calloc(n, sizeof *types);
    size_t *at = mem_calloc(n_all, sizeof *at), *len = mem_calloc(n, sizeof *len);
    struct buf all;
    buf_init(&all, n_all * (4 * MAX_PIECE + 1));
    bool ok = strings && types && at && len && spell(b, &all, at, len) &&
              spell_merges(b, &all, at, len, at + n);
    if (ok) write_keys(b, w, strings, types, all.data, at, len);
    mem_free(strings);
    mem_free(types);
    mem_free(at);
    mem_free(len);
    buf_clear(&all);
    return ok ? INGLE_OK : status_no_memory(err, "a vocabulary", n_all * MAX_PIECE);
}
