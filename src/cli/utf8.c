#include "cli/utf8.h"

unsigned utf8_next(const char *text, size_t len, size_t *n) {
    const unsigned char *p = (const unsigned char *)text;
    unsigned first = p[0];
    *n = 1;
    if (first < 0x80) return first;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > len) return UTF8_REPLACEMENT;
    unsigned c = first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) return UTF8_REPLACEMENT;
        c = c << 6 | (p[i] & 0x3f);
    }
    bool is_overlong = c < (size == 4 ? 0x10000u : size == 3 ? 0x800u : 0x80u);
    if (is_overlong || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return UTF8_REPLACEMENT;
    *n = size;
    return c;
}

bool utf8_is_valid(const char *text, size_t len) {
    for (size_t i = 0, n; i < len; i += n) {
        /* A written U+FFFD is three bytes long; a bad byte is one. */
        if (utf8_next(text + i, len - i, &n) == UTF8_REPLACEMENT && n == 1) return false;
    }
    return true;
}

bool utf8_is_control(unsigned c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}
