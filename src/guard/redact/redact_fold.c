#include "guard/redact/redact_fold.h"

#include <stdbool.h>

#include "base/utf8.h"

static bool is_in(uint32_t c, uint32_t from, uint32_t to) {
    return c >= from && c <= to;
}

/* Blocks in which a capital and its small letter alternate. */
static bool is_even_pair(uint32_t c) {
    return is_in(c, 0x100, 0x12f) || is_in(c, 0x132, 0x137) || is_in(c, 0x14a, 0x177) ||
           is_in(c, 0x1de, 0x1ef) || is_in(c, 0x1f8, 0x21f) || is_in(c, 0x222, 0x233) ||
           is_in(c, 0x460, 0x481) || is_in(c, 0x48a, 0x4bf) || is_in(c, 0x4d0, 0x52f) ||
           is_in(c, 0x1e00, 0x1e95) || is_in(c, 0x1ea0, 0x1eff);
}

static bool is_odd_pair(uint32_t c) {
    return is_in(c, 0x139, 0x148) || is_in(c, 0x179, 0x17e) || is_in(c, 0x1cd, 0x1dc);
}

/* The simple mappings of Unicode's CaseFolding.txt for these scripts. */
uint32_t redact_lower(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (is_in(c, 0xc0, 0xde)) return c == 0xd7 ? c : c + 32;
    if (is_even_pair(c)) return c | 1;
    if (is_odd_pair(c)) return c + (c & 1);
    if (c == 0x178) return 0xff;
    if (is_in(c, 0x391, 0x3ab)) return c == 0x3a2 ? c : c + 32;
    if (c == 0x386) return 0x3ac;
    if (is_in(c, 0x388, 0x38a)) return c + 37;
    if (c == 0x38c) return 0x3cc;
    if (c == 0x38e || c == 0x38f) return c + 63;
    if (c == 0x3c2) return 0x3c3; /* the final sigma */
    if (is_in(c, 0x410, 0x42f)) return c + 32;
    if (is_in(c, 0x400, 0x40f)) return c + 80;
    return c;
}

uint32_t redact_fold(const char *text, size_t len, size_t *n) {
    uint32_t c = utf8_next(text, len, n);
    if (c == '\t' || c == '\n' || c == '\r' || c == 0xa0 || c == 0x202f) return ' ';
    if (c == 0x2018 || c == 0x2019 || c == 0x2bc) return '\'';
    if (is_in(c, 0x2010, 0x2012)) return '-';
    return redact_lower(c);
}
