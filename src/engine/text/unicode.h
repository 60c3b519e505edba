/* What kind of character a code point is, as far as the pre-tokenizers ask, and decoding UTF-8. */
#ifndef INGLE_ENGINE_TEXT_UNICODE_H
#define INGLE_ENGINE_TEXT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

enum unicode_class {
    UNICODE_OTHER,
    UNICODE_SPACE,  /* White_Space */
    UNICODE_UPPER,  /* Lu, Lt */
    UNICODE_LOWER,  /* Ll */
    UNICODE_LETTER, /* Lm, Lo: letters without case */
    UNICODE_MARK,   /* M */
    UNICODE_NUMBER  /* N */
};

#define UNICODE_PAGE 128
#define UNICODE_REPLACEMENT 0xfffdu
#define UNICODE_SPACE_SIGN 0x2581u /* vocab.h: VOCAB_SPACE */

/* unicode_tables.c */
extern const uint8_t unicode_page_of[0x110000 / UNICODE_PAGE];
extern const uint8_t unicode_pages[][UNICODE_PAGE];

/* cp < 0x110000 */
static inline enum unicode_class unicode_class(uint32_t cp) {
    return (enum unicode_class)unicode_pages[unicode_page_of[cp / UNICODE_PAGE]][cp % UNICODE_PAGE];
}

/* Decodes the character at s[0..len), len > 0, and returns its length; 0 if the bytes there are no
 * character. Overlong forms and surrogates are read as what they spell, as llama.cpp does. */
static inline size_t unicode_decode(const uint8_t *s, size_t len, uint32_t *cp) {
    if (s[0] < 0x80) {
        *cp = s[0];
        return 1;
    }
    size_t n = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf8 ? 4 : 0;
    if (n == 0 || n > len) return 0;
    uint32_t value = s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (s[i] & 0x3f);
    }
    if (value > 0x10ffff) return 0;
    *cp = value;
    return n;
}

/* Length without the beginning of a character at the end, if the text ends in one. */
static inline size_t unicode_whole_len(const uint8_t *s, size_t len) {
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t byte = s[len - back];
        if ((byte & 0xc0) == 0x80) continue;
        size_t n = byte < 0xc0 || byte >= 0xf8 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        return n > back ? len - back : len;
    }
    return len;
}

/* Bytes of the shortest form. */
static inline size_t unicode_encoded_len(uint32_t cp) {
    return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

/* Writes cp as UTF-8 (its shortest form) and returns the length, at most 4. */
static inline size_t unicode_encode(uint32_t cp, uint8_t *out) {
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    size_t n = unicode_encoded_len(cp);
    for (size_t i = n - 1; i > 0; i--, cp >>= 6) out[i] = (uint8_t)(0x80 | (cp & 0x3f));
    out[0] = (uint8_t)((0xf00 >> n & 0xff) | cp);
    return n;
}

#endif
