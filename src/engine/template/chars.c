#include "engine/template/chars.h"

#include <string.h>

#include "engine/template/chars_tables.h"

size_t chars_decode(const char *s, uint32_t *c) {
    const unsigned char *u = (const unsigned char *)s;
    size_t n = chars_len(*s);
    if (n == 1) {
        *c = u[0];
        return 1;
    }
    uint32_t value = u[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) value = value << 6 | (u[i] & 0x3f);
    *c = value;
    return n;
}

size_t chars_count(const char *s, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}

size_t chars_offset(const char *s, size_t len, size_t index) {
    size_t at = 0;
    while (index > 0 && at < len) {
        at += chars_len(s[at]);
        index--;
    }
    return at;
}

static bool is_in(const struct chars_range *table, size_t n, uint32_t c) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > table[mid].last) {
            low = mid + 1;
        } else if (c < table[mid].first) {
            high = mid;
        } else {
            return true;
        }
    }
    return false;
}

bool chars_is_space(uint32_t c) {
    if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool chars_is_line_end(uint32_t c) {
    return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

bool chars_is_alpha(uint32_t c) {
    return is_in(chars_alpha, chars_n_alpha, c);
}

bool chars_is_decimal(uint32_t c) {
    return is_in(chars_decimal, chars_n_decimal, c);
}

bool chars_is_digit(uint32_t c) {
    return chars_is_decimal(c) || is_in(chars_other_digit, chars_n_other_digit, c);
}

bool chars_is_numeric(uint32_t c) {
    return is_in(chars_numeric, chars_n_numeric, c);
}

bool chars_is_lower(uint32_t c) {
    return is_in(chars_lower, chars_n_lower, c);
}

bool chars_is_upper(uint32_t c) {
    return is_in(chars_upper, chars_n_upper, c);
}

bool chars_is_printable(uint32_t c) {
    if (c < 0x7f) return c >= 0x20;
    return !is_in(chars_unprintable, chars_n_unprintable, c);
}

/* Runs are sorted by their first; as two may interleave, the one that covers c may stand a little
 * before the last that begins at or below it. */
static const struct chars_case *find_case(uint32_t c) {
    size_t low = 0, high = chars_n_case;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (chars_case[mid].first <= c) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t back = 1; back <= 4 && back <= low; back++) {
        const struct chars_case *run = &chars_case[low - back];
        if (c <= run->last && (c - run->first) % run->step == 0) return run;
    }
    return NULL;
}

size_t chars_to_upper(uint32_t c, uint32_t out[3]) {
    if (c < 0x80) {
        out[0] = c >= 'a' && c <= 'z' ? c - 32 : c;
        return 1;
    }
    for (size_t i = 0; i < chars_n_long_upper; i++) {
        const struct chars_long *row = &chars_long_upper[i];
        if (row->c != c) continue;
        memcpy(out, row->to, sizeof row->to);
        return row->to[2] ? 3 : 2;
    }
    const struct chars_case *run = find_case(c);
    out[0] = run ? (uint32_t)((int32_t)c + run->upper) : c;
    return 1;
}

size_t chars_to_lower(uint32_t c, uint32_t out[3]) {
    if (c == 0x130) { /* I with a dot: the only lower case of two characters */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    const struct chars_case *run = c < 0x80 ? NULL : find_case(c);
    out[0] = c >= 'A' && c <= 'Z' ? c + 32 : run ? (uint32_t)((int32_t)c + run->lower) : c;
    return 1;
}

/* Where the title case is not the upper case: letters for two letters, Georgian, Greek with an iota
 * below, and upper cases of two letters, of which only the first stays. */
size_t chars_to_title(uint32_t c, uint32_t out[3]) {
    out[0] = c;
    if (c >= 0x1c4 && c <= 0x1cc) {
        out[0] = c <= 0x1c6 ? 0x1c5 : c <= 0x1c9 ? 0x1c8 : 0x1cb;
        return 1;
    }
    if (c >= 0x1f1 && c <= 0x1f3) {
        out[0] = 0x1f2;
        return 1;
    }
    if ((c >= 0x10d0 && c <= 0x10fa) || (c >= 0x10fd && c <= 0x10ff)) return 1;
    if (c >= 0x1f80 && c <= 0x1faf) {
        out[0] = c | 8;
        return 1;
    }
    if (c == 0x1fb3 || c == 0x1fc3 || c == 0x1ff3) {
        out[0] = c + 9;
        return 1;
    }
    if (c == 0x1fbc || c == 0x1fcc || c == 0x1ffc) return 1;
    size_t n = chars_to_upper(c, out);
    if (n > 1 && (c == 0xdf || (c >= 0xfb00 && c <= 0xfb17) || c == 0x587)) {
        uint32_t lower[3];
        for (size_t i = 1; i < n; i++) {
            if (chars_to_lower(out[i], lower) == 1) out[i] = lower[0];
        }
    }
    if (c >= 0x1fb2 && c <= 0x1ff7 && out[n - 1] == 0x399) out[n - 1] = 0x345;
    return n;
}

size_t chars_space_before(const char *s, size_t len) {
    size_t at = 0;
    while (at < len) {
        uint32_t c;
        size_t n = chars_decode(s + at, &c);
        if (!chars_is_space(c)) break;
        at += n;
    }
    return at;
}

size_t chars_space_after(const char *s, size_t len) {
    size_t end = len;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && ((unsigned char)s[start] & 0xc0) == 0x80) start--;
        uint32_t c;
        chars_decode(s + start, &c);
        if (!chars_is_space(c)) break;
        end = start;
    }
    return len - end;
}
