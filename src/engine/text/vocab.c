#include "engine/text/vocab.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/text/unicode.h"

/* tokenizer.ggml.token_type */
enum token_type {
    TYPE_UNDEFINED,
    TYPE_NORMAL,
    TYPE_UNKNOWN,
    TYPE_CONTROL,
    TYPE_USER_DEFINED,
    TYPE_UNUSED,
    TYPE_BYTE
};

/* GPT-2's alphabet: printable Latin-1 characters stand for the byte of the same number, the other
 * 68 bytes are, in order, U+0100 on. VOCAB_NONE if cp is no part of it. */
static int byte_of(uint32_t cp) {
    if (cp >= 0x21 && cp <= 0x7e) return (int)cp;
    if (cp >= 0xa1 && cp <= 0xff && cp != 0xad) return (int)cp;
    if (cp < 0x100 || cp > 0x143) return VOCAB_NONE;
    int n = (int)cp - 0x100;
    if (n <= 0x20) return n;                  /* 00..20 */
    return n < 67 ? 0x7f + (n - 0x21) : 0xad; /* 7F..A0, AD */
}

#define ONES UINT64_C(0x0101010101010101)

static uint64_t word_at(const char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* How many of eight bytes, from the first on, come before one whose high bit is set in stops. */
static size_t bytes_before(uint64_t stops) {
    return stops == 0 ? 8 : BASE_FIRST_BIT(stops) / 8;
}

/* High bits of the bytes that are no printable ASCII. */
static uint64_t not_printable(uint64_t word) {
    uint64_t low = word & 0x7f * ONES;
    uint64_t printable = (low + 0x5f * ONES) & ~(low + ONES) & ~word;
    return ~printable & 0x80 * ONES;
}

/* High bits of the bytes that are `byte`, and perhaps of some after the first of them. */
static uint64_t equal_bytes(uint64_t word, uint8_t byte) {
    uint64_t differ = word ^ byte * ONES;
    return (differ - ONES) & ~differ & 0x80 * ONES;
}

static size_t decode_bytes(const char *text, size_t len, const char *end, char *out, bool *ok) {
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (end - (text + i) >= 8) {
            uint64_t word = word_at(text + i);
            size_t run = bytes_before(not_printable(word));
            memcpy(out + n, &word, sizeof word);
            if (run > len - i) run = len - i;
            i += run;
            n += run;
            if (run == 8 || i == len) continue;
        }
        uint32_t cp = 0;
        size_t step = unicode_decode((const uint8_t *)text + i, len - i, &cp);
        int byte = step > 0 ? byte_of(cp) : VOCAB_NONE;
        if (byte == VOCAB_NONE) {
            *ok = false;
            return 0;
        }
        out[n++] = (char)byte;
        i += step;
    }
    return n;
}

static size_t decode_spaces(const char *text, size_t len, const char *end, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (end - (text + i) >= 8) {
            uint64_t word = word_at(text + i);
            size_t run = bytes_before(equal_bytes(word, (uint8_t)VOCAB_SPACE[0]));
            memcpy(out + n, &word, sizeof word);
            if (run > len - i) run = len - i;
            i += run;
            n += run;
            if (run == 8 || i == len) continue;
        }
        bool is_space = len - i >= 3 && memcmp(text + i, VOCAB_SPACE, 3) == 0;
        out[n++] = is_space ? ' ' : text[i];
        i += is_space ? 3 : 1;
    }
    return n;
}

size_t vocab_decode(enum vocab_spelling spelling, const char *text, size_t len, const char *end,
                    char *out, bool *ok) {
    *ok = true;
    if (spelling == VOCAB_SPACES) return decode_spaces(text, len, end, out);
    return decode_bytes(text, len, end, out, ok);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : VOCAB_NONE;
}

/* The byte of "<0xHH>", else VOCAB_NONE. */
static int byte_of_name(struct gguf_str name) {
    if (name.len != 6 || memcmp(name.data, "<0x", 3) != 0 || name.data[5] != '>') return VOCAB_NONE;
    int high = hex_digit(name.data[3]), low = hex_digit(name.data[4]);
    return high < 0 || low < 0 ? VOCAB_NONE : high * 16 + low;
}

/* Array `key` with at least n elements; NULL in *kv if it is absent. */
static ingle_status find_array(const struct vocab *v, const struct gguf *g, const char *key,
                               const struct gguf_kv **kv, ingle_error *err) {
    *kv = gguf_find(g, key);
    if (!*kv) return INGLE_OK;
    if (!(*kv)->is_array || (*kv)->type == GGUF_STRING || (*kv)->type == GGUF_BOOL) {
        return status_set(err, INGLE_INVALID, (*kv)->where,
                          "The key %s must be an array of numbers.", key);
    }
    if ((*kv)->count < (uint64_t)v->n) {
        return status_set(err, INGLE_INVALID, (*kv)->where,
                          "The key %s has %llu elements for %d tokens.", key,
                          (unsigned long long)(*kv)->count, v->n);
    }
    return INGLE_OK;
}

static ingle_status read_scores(struct vocab *v, const struct gguf *g, ingle_error *err) {
    const struct gguf_kv *kv;
    INGLE_TRY(find_array(v, g, "tokenizer.ggml.scores", &kv, err));
    if (!kv) return INGLE_OK;
    v->score = mem_calloc((size_t)v->n, sizeof *v->score);
    if (!v->score) return status_no_memory(err, "scores", (uint64_t)v->n * sizeof *v->score);
    for (int i = 0; i < v->n; i++) {
        double score;
        if (!gguf_get_float(kv, (uint64_t)i, &score) || !isfinite(score)) {
            return status_set(err, INGLE_INVALID, kv->where,
                              "Element %d of tokenizer.ggml.scores is no finite number.", i);
        }
        v->score[i] = (float)score;
    }
    return INGLE_OK;
}

/* A name like "<0x0A>" counts as a byte's whatever its type; its text is the byte only where the
 * type says so or there are no types. */
static const char byte_texts[256] = {
#define ROW(r)                                                                                     \
    (char)(r), (char)(r + 1), (char)(r + 2), (char)(r + 3), (char)(r + 4), (char)(r + 5),          \
        (char)(r + 6), (char)(r + 7), (char)(r + 8), (char)(r + 9), (char)(r + 10),                \
        (char)(r + 11), (char)(r + 12), (char)(r + 13), (char)(r + 14), (char)(r + 15)
    ROW(0x00), ROW(0x10), ROW(0x20), ROW(0x30), ROW(0x40), ROW(0x50),
    ROW(0x60), ROW(0x70), ROW(0x80), ROW(0x90), ROW(0xa0), ROW(0xb0),
    ROW(0xc0), ROW(0xd0), ROW(0xe0), ROW(0xf0)
#undef ROW
};

/* A piece of a string of the file that is fit for a message. */
static int shown_len(struct gguf_str text) {
    return (int)(text.len < 40 ? text.len : 40);
}

/* Text and flags of token id, whose string in the file is `name`. *used bytes of the arena are
 * taken. */
static ingle_status read_token(struct vocab *v, int id, struct gguf_str name, int type,
                               const struct gguf_kv *kv, size_t *used, ingle_error *err) {
    uint64_t where = kv->where;
    const char *end = (const char *)kv->data + kv->size;
    v->text[id] = name;
    v->flags[id] = VOCAB_TEXT;
    if (name.len > 0 && memchr(name.data, '\0', name.len)) {
        return status_set(err, INGLE_INVALID, where,
                          "Token %d of tokenizer.ggml.tokens has a NUL byte in it.", id);
    }
    if (type == TYPE_CONTROL || type == TYPE_UNKNOWN) {
        v->flags[id] = VOCAB_CONTROL;
        return INGLE_OK;
    }
    int byte = v->spelling == VOCAB_SPACES ? byte_of_name(name) : VOCAB_NONE;
    if (type == TYPE_BYTE && v->spelling == VOCAB_SPACES && byte == VOCAB_NONE) {
        return status_set(err, INGLE_INVALID, where,
                          "Token %d of tokenizer.ggml.tokens is a byte, but '%.*s' is not of the "
                          "form <0x00>.",
                          id, shown_len(name), name.data);
    }
    if (byte != VOCAB_NONE) {
        if (v->byte_id[byte] != VOCAB_NONE) {
            return status_set(err, INGLE_INVALID, where,
                              "Tokens %d and %d of tokenizer.ggml.tokens are the same byte.",
                              v->byte_id[byte], id);
        }
        v->byte_id[byte] = id;
        v->flags[id] = 0;
        if (type != TYPE_NORMAL) v->text[id] = (struct gguf_str){&byte_texts[byte], 1};
        return INGLE_OK;
    }
    if (type == TYPE_USER_DEFINED) v->flags[id] |= VOCAB_LITERAL;
    bool ok;
    size_t len = vocab_decode(v->spelling, name.data, name.len, end, v->arena + *used, &ok);
    if (!ok) {
        /* Not in the alphabet: it stands for itself, and no merge leads to it. */
        v->flags[id] &= (uint8_t)~VOCAB_TEXT;
        return INGLE_OK;
    }
    if (v->spelling == VOCAB_BYTES && type == TYPE_USER_DEFINED) return INGLE_OK;
    if (v->spelling == VOCAB_SPACES && len == name.len) {
        /* A space in the string itself: text becomes such a token only as a literal. */
        if (type != TYPE_USER_DEFINED && memchr(name.data, ' ', len)) v->flags[id] = 0;
        return INGLE_OK;
    }
    /* A user-defined token spelt with U+2581 is reached by merging, as older files mean it. */
    v->flags[id] = VOCAB_TEXT;
    v->text[id] = (struct gguf_str){v->arena + *used, len};
    *used += len;
    return INGLE_OK;
}

static ingle_status read_tokens(struct vocab *v, const struct gguf *g, const struct gguf_kv *tokens,
                                ingle_error *err) {
    const struct gguf_kv *types;
    INGLE_TRY(find_array(v, g, "tokenizer.ggml.token_type", &types, err));
    size_t cursor = 0, used = 0;
    struct gguf_str name;
    for (int id = 0; id < v->n && gguf_next_str(tokens, &cursor, &name); id++) {
        int64_t type = TYPE_UNDEFINED;
        if (types && (!gguf_get_int(types, (uint64_t)id, &type) || type < 0 || type > TYPE_BYTE)) {
            return status_set(err, INGLE_INVALID, types->where,
                              "Element %d of tokenizer.ggml.token_type is no token type.", id);
        }
        INGLE_TRY(read_token(v, id, name, (int)type, tokens, &used, err));
        if (type == TYPE_UNUSED) v->flags[id] |= VOCAB_UNUSED;
    }
    return INGLE_OK;
}

/* Tokens whose slots are fetched from memory together. */
#define BLOCK 32

struct token_block {
    int n;
    int id[BLOCK];
    struct name_key key[BLOCK];
};

/* The next tokens, from *id on, that are, or are not, ordinary. */
static void fill_block(const struct vocab *v, bool ordinary, int *id, struct token_block *block) {
    block->n = 0;
    for (; *id < v->n && block->n < BLOCK; ++*id) {
        struct gguf_str text = v->text[*id];
        if (text.len == 0 || (v->flags[*id] & ~VOCAB_UNUSED) == 0) continue;
        if (vocab_is_ordinary(v, *id) != ordinary) continue;
        struct name_key key = name_key_of(&v->index, text.data, text.len);
        name_index_prefetch(&v->index, key);
        block->id[block->n] = *id;
        block->key[block->n++] = key;
    }
}

static ingle_status index_kind(struct vocab *v, bool ordinary, uint64_t where, ingle_error *err) {
    struct token_block block = {.n = 1};
    for (int next = 0; block.n > 0;) {
        fill_block(v, ordinary, &next, &block);
        for (int i = 0; i < block.n; i++) {
            int id = block.id[i];
            uint32_t earlier = name_index_add_key(&v->index, (size_t)id, block.key[i]);
            if (earlier == NAME_INDEX_NONE) continue;
            if (vocab_is_ordinary(v, (int32_t)earlier) != ordinary) continue;
            return status_set(
                err, INGLE_INVALID, where,
                "Tokens %u and %d of tokenizer.ggml.tokens are the same text, '%.*s'.", earlier, id,
                shown_len(v->text[id]), v->text[id].data);
        }
    }
    return INGLE_OK;
}

/* Ordinary tokens first: they are found where a special one is spelt as what they mean. */
static ingle_status index_tokens(struct vocab *v, uint64_t where, ingle_error *err) {
    if (!name_index_open(&v->index, v->text, sizeof *v->text, (size_t)v->n)) {
        return status_no_memory(err, "the index of the vocabulary",
                                (uint64_t)v->n * sizeof *v->index.slots);
    }
    INGLE_TRY(index_kind(v, true, where, err));
    return index_kind(v, false, where, err);
}

ingle_status vocab_init(struct vocab *v, const struct gguf *g, enum vocab_spelling spelling,
                        ingle_error *err) {
    v->spelling = spelling;
    for (int b = 0; b < 256; b++) v->byte_id[b] = VOCAB_NONE;
    const struct gguf_kv *tokens = gguf_find(g, "tokenizer.ggml.tokens");
    if (!tokens || !tokens->is_array || tokens->type != GGUF_STRING || tokens->count == 0) {
        return status_set(err, INGLE_INVALID, tokens ? tokens->where : 0,
                          "The key tokenizer.ggml.tokens must be an array of strings.");
    }
    if (tokens->count > INT32_MAX / 2) {
        return status_set(err, INGLE_INVALID, tokens->where, "%llu tokens are too many.",
                          (unsigned long long)tokens->count);
    }
    v->n = (int)tokens->count;
    v->text = mem_calloc((size_t)v->n, sizeof *v->text);
    v->flags = mem_calloc((size_t)v->n, 1);
    v->arena = mem_alloc(tokens->size + VOCAB_DECODE_PADDING);
    if (!v->text || !v->flags || !v->arena) {
        return status_no_memory(err, "the vocabulary", tokens->size);
    }
    INGLE_TRY(read_scores(v, g, err));
    INGLE_TRY(read_tokens(v, g, tokens, err));
    INGLE_TRY(index_tokens(v, tokens->where, err));
    for (int b = 0; b < 256; b++) {
        if (v->byte_id[b] == VOCAB_NONE) v->byte_id[b] = vocab_find_text(v, &byte_texts[b], 1);
    }
    return INGLE_OK;
}

void vocab_clear(struct vocab *v) {
    mem_free(v->text);
    mem_free(v->flags);
    mem_free(v->score);
    mem_free(v->arena);
    name_index_clear(&v->index);
    *v = (struct vocab){0};
}
