/* Strict UTF-8 (RFC 3629), on top of the lenient reader of the tokenizers. */
#ifndef INGLE_ENGINE_CONSTRAINT_UTF8_H
#define INGLE_ENGINE_CONSTRAINT_UTF8_H

#include <stdbool.h>

#include "engine/text/unicode.h"

static inline bool utf8_is_scalar(uint32_t cp) {
    return cp < 0xd800 || (cp > 0xdfff && cp < 0x110000);
}

/* The length of the character at s[0..len), len > 0; 0 if there is none. */
static inline size_t utf8_take(const char *s, size_t len, uint32_t *cp) {
    size_t n = unicode_decode((const uint8_t *)s, len, cp);
    return n && utf8_is_scalar(*cp) && unicode_encoded_len(*cp) == n ? n : 0;
}

static inline bool utf8_is_text(const char *s, size_t len) {
    uint32_t cp;
    size_t n = 1;
    for (size_t i = 0; i < len && n; i += n) n = utf8_take(s + i, len - i, &cp);
    return n != 0;
}

#endif
