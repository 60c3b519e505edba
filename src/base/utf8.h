/* UTF-8 of unknown origin, strictly (RFC 3629): no surrogates, no needlessly long forms. */
#ifndef INGLE_BASE_UTF8_H
#define INGLE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xfffdu

/* May a character have this number? Surrogates may not. */
static inline bool utf8_is_scalar(uint32_t c) {
    return c < 0xd800 || (c > 0xdfff && c < 0x110000);
}

/* First character of text[0..len), len >= 1: returns its length, 0 if the bytes are none. */
size_t utf8_take(const char *text, size_t len, uint32_t *c);

/* The same for showing: bytes that are no character are taken one by one as U+FFFD; *n is the
 * length. */
uint32_t utf8_next(const char *text, size_t len, size_t *n);

/* Writes a scalar value; returns its length, 1 to 4. */
size_t utf8_put(char *out, uint32_t c);

/* Offset of the first byte that is no part of a character; len if there is none. */
size_t utf8_find_invalid(const char *text, size_t len);
bool utf8_is_valid(const char *text, size_t len);

/* True for characters that may drive a terminal: C0, DEL and C1, newline and tab included. */
bool utf8_is_control(uint32_t c);

#endif
