#include "engine/pack/class_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

enum char_class { SEPARATOR, PART, WHOLE_WORD };

/* Of the scripts with two cases and one way between them; others keep theirs. */
static uint32_t to_lower(uint32_t c) {
    bool is_shifted = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || /* Latin */
                      (c >= 0x391 && c <= 0x3ab && c != 0x3a2) ||                        /* Greek */
                      (c >= 0x410 && c <= 0x42f); /* Cyrillic */
    if (is_shifted) return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
    bool is_even_upper = (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177);
    bool is_odd_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    if (c == 0x130) return 'i';
    if (is_even_upper && c % 2 == 0) return c + 1;
    if (is_odd_upper && c % 2 == 1) return c + 1;
    return c;
}

static enum char_class class_of(uint32_t c) {
    if (c < 0x80) {
        bool is_part = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'';
        return is_part ? PART : SEPARATOR;
    }
    if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba ? PART : SEPARATOR;
    if (c == 0xd7 || c == 0xf7 || c == UTF8_REPLACEMENT) return SEPARATOR;
    if (c >= 0x2000 && c <= 0x2bff) return SEPARATOR; /* punctuation and signs */
    if (c >= 0x3000 && c <= 0x303f) return SEPARATOR;
    if (c >= 0xff00 && c <= 0xff0f) return SEPARATOR;
    bool is_whole = (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || /* kana, Han */
                    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xe00 && c <= 0xe7f) || /* Hangul, Thai */
                    c >= 0x1f000; /* emoji and rare Han */
    return is_whole ? WHOLE_WORD : PART;
}

ingle_status class_text_init(struct class_text *t, const char *text, size_t len, ingle_error *err) {
    *t = (struct class_text){0};
    if (len > CLASS_MAX_TEXT) len = CLASS_MAX_TEXT;
    /* Nothing grows: a byte that is no UTF-8 becomes one space. */
    t->bytes = mem_alloc(len + 1);
    t->words = mem_alloc((len + 1) * sizeof *t->words);
    if (!t->bytes || !t->words) return status_no_memory(err, "the words of a text", len);
    size_t at = 0;
    bool is_open = false; /* the last word may go on */
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = to_lower(utf8_next(text + i, len - i, &n));
        enum char_class class = class_of(c);
        size_t from = at;
        if (class != SEPARATOR) at += utf8_put(t->bytes + at, c);
        if (class == PART && is_open) {
            t->words[t->n_words - 1].to = (uint32_t)at;
        } else if (class != SEPARATOR) {
            t->words[t->n_words++] = (struct class_word){(uint32_t)from, (uint32_t)at};
        }
        is_open = class == PART;
    }
    return INGLE_OK;
}

void class_text_clear(struct class_text *t) {
    mem_free(t->bytes);
    mem_free(t->words);
    *t = (struct class_text){0};
}

/* FNV-1a (Fowler, Noll, Vo), and at the end a mix of all bits. */
static uint64_t hash_add(uint64_t h, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)bytes[i]) * 0x100000001b3u;
    return h;
}

static uint32_t hash_end(uint64_t h) {
    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(h ^ h >> 32);
}

size_t class_word_grams(const char *word, size_t len, uint32_t grams[CLASS_MAX_GRAMS]) {
    /* " word ": its bytes, and where its characters begin. */
    char padded[4 * CLASS_WORD_CHARS + 2];
    size_t starts[CLASS_WORD_CHARS + 3];
    size_t n_chars = 0, at = 0;
    starts[n_chars++] = 0;
    padded[at++] = ' ';
    for (size_t i = 0, n; i < len && n_chars <= CLASS_WORD_CHARS; i += n) {
        uint32_t c;
        n = utf8_take(word + i, len - i, &c);
        if (n == 0) n = 1;
        starts[n_chars++] = at;
        memcpy(padded + at, word + i, n);
        at += n;
    }
    starts[n_chars++] = at;
    padded[at++] = ' ';
    starts[n_chars] = at;

    size_t n_grams = 0;
    grams[n_grams++] = hash_end(hash_add(0xcbf29ce484222325u, word, len));
    for (size_t size = 2; size <= 5; size++) {
        for (size_t i = 0; i + size <= n_chars; i++) {
            const char *from = padded + starts[i];
            grams[n_grams++] =
                hash_end(hash_add(0x9e3779b97f4a7c15u + size, from, starts[i + size] - starts[i]));
        }
    }
    return n_grams;
}

uint32_t class_pair_gram(const char *a, size_t a_len, const char *b, size_t b_len) {
    uint64_t h = hash_add(0x632be59bd9b4e019u, a, a_len);
    h = hash_add(h, " ", 1);
    return hash_end(hash_add(h, b, b_len));
}

size_t class_find_row(const uint32_t *hashes, size_t n, uint32_t hash) {
    size_t from = 0, to = n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (hashes[middle] < hash) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < n && hashes[from] == hash ? from : n;
}
