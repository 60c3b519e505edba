#include "engine/pack/encoder_text.h"

#include "base/utf8.h"

/* FNV-1a (Fowler, Noll, Vo), its bits mixed once more, for its low ones are used alone. */
static uint32_t hash(const char *bytes, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)bytes[i]) * 16777619u;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

static bool is_apostrophe(uint32_t c) {
    return c == '\'' || c == 0x2019;
}

/* Punctuation and symbols beyond ASCII, by their blocks. */
static bool is_symbol(uint32_t c) {
    return c < 0xc0 || c == 0xd7 || c == 0xf7 || (c >= 0x2000 && c < 0x2c00) ||
           (c >= 0x3000 && c <= 0x303f) || (c >= 0xfe10 && c <= 0xfe6f) ||
           (c >= 0xff00 && c <= 0xff0f) || (c >= 0xff1a && c <= 0xff20) ||
           (c >= 0xff3b && c <= 0xff40) || (c >= 0xff5b && c <= 0xff65) || c >= 0xfff0;
}

static bool is_letter(uint32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    /* 0xfff0 and above: past the specials lie letters, then emoji, then letters again. */
    if (c >= 0x10000) return c < 0x1f000 || c >= 0x20000;
    return !is_symbol(c);
}

/* Scripts without spaces: ideographs, kana, and those of Thailand and its neighbours. */
static bool is_word_alone(uint32_t c) {
    return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
           (c >= 0x1780 && c <= 0x17ff) || (c >= 0x2e80 && c <= 0x9fff) ||
           (c >= 0xf900 && c <= 0xfaff) || c >= 0x20000;
}

static uint32_t to_lower(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xc0 && c <= 0xde) return c + 32;
    if (c >= 0x100 && c <= 0x137) return c | 1;
    if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f)) return c + 32;
    return c >= 0x400 && c <= 0x40f ? c + 80 : c;
}

static void put(struct encoder_word *w, uint32_t c) {
    size_t at = w->at[w->n_chars];
    w->at[++w->n_chars] = (uint8_t)(at + utf8_put(w->bytes + at, c));
}

bool encoder_next_word(const char *text, size_t len, size_t *at, struct encoder_word *out) {
    out->at[0] = 0;
    out->n_chars = 0;
    put(out, '<');
    for (size_t n; *at < len; *at += n) {
        uint32_t c = utf8_next(text + *at, len - *at, &n);
        bool has_begun = out->n_chars > 1;
        if (has_begun && is_apostrophe(c)) continue;
        if (!is_letter(c) || (has_begun && is_word_alone(c))) {
            if (has_begun) break;
            continue;
        }
        if (out->n_chars <= ENCODER_WORD_CHARS) put(out, to_lower(c));
        if (is_word_alone(c)) {
            *at += n;
            break;
        }
    }
    if (out->n_chars == 1) return false;
    put(out, '>');
    return true;
}

uint32_t encoder_word_hash(const struct encoder_word *w) {
    return hash(w->bytes, w->at[w->n_chars]);
}

size_t encoder_pieces(const struct encoder_word *w, uint32_t out[ENCODER_MAX_PIECES]) {
    size_t n = 0;
    for (size_t size = ENCODER_MIN_PIECE; size <= ENCODER_MAX_PIECE; size++) {
        for (size_t i = 0; i + size <= w->n_chars; i++) {
            out[n++] = hash(w->bytes + w->at[i], (size_t)(w->at[i + size] - w->at[i]));
        }
    }
    return n;
}
