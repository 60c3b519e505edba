#include "base/utf8.h"

size_t utf8_take(const char *text, size_t len, uint32_t *c) {
    const unsigned char *p = (const unsigned char *)text;
    *c = p[0];
    if (p[0] < 0x80) return 1;
    size_t size = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || size > len) return 0;
    uint32_t value = p[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    *c = value;
    bool is_overlong = value < (size == 4 ? 0x10000u : size == 3 ? 0x800u : 0x80u);
    return is_overlong || !utf8_is_scalar(value) ? 0 : size;
}

uint32_t utf8_next(const char *text, size_t len, size_t *n) {
    uint32_t c;
    *n = utf8_take(text, len, &c);
    if (*n > 0) return c;
    *n = 1;
    return UTF8_REPLACEMENT;
}

size_t utf8_put(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(heads[n] | c);
    return n;
}

size_t utf8_find_invalid(const char *text, size_t len) {
    uint32_t c;
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_take(text + i, len - i, &c);
        if (n == 0) return i;
    }
    return len;
}

bool utf8_is_valid(const char *text, size_t len) {
    return utf8_find_invalid(text, len) == len;
}

bool utf8_is_control(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}
