/* Kinds of ASCII characters, whatever the locale says; a byte of another character is none of them.
 */
#ifndef INGLE_BASE_ASCII_H
#define INGLE_BASE_ASCII_H

#include <stdbool.h>

/* What may stand between the words of a line. */
static inline bool ascii_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static inline bool ascii_is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ascii_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Of a hexadecimal digit; -1 of what is none. */
static inline int ascii_hex_value(char c) {
    if (ascii_is_digit(c)) return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Of two of them; -1 if one is none. The second is looked at only behind a first. */
static inline int ascii_hex_byte(const char *digits) {
    int high = ascii_hex_value(digits[0]);
    int low = high < 0 ? -1 : ascii_hex_value(digits[1]);
    return low < 0 ? -1 : high << 4 | low;
}

#endif
