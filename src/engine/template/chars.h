/* Characters as Python's str knows them: UTF-8, kinds, case. Texts here are valid UTF-8. */
#ifndef INGLE_ENGINE_TEMPLATE_CHARS_H
#define INGLE_ENGINE_TEMPLATE_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that begins with this byte. */
static inline size_t chars_len(char first) {
    unsigned char c = (unsigned char)first;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The character at s, and its length. */
size_t chars_decode(const char *s, uint32_t *c);

/* Characters of a text; the byte where character `index` begins (len if there are fewer). */
size_t chars_count(const char *s, size_t len);
size_t chars_offset(const char *s, size_t len, size_t index);

bool chars_is_space(uint32_t c);
bool chars_is_line_end(uint32_t c); /* where splitlines() splits */
bool chars_is_alpha(uint32_t c);
bool chars_is_decimal(uint32_t c);
bool chars_is_digit(uint32_t c);
bool chars_is_numeric(uint32_t c);
bool chars_is_lower(uint32_t c);
bool chars_is_upper(uint32_t c);
bool chars_is_printable(uint32_t c);
static inline bool chars_is_alnum(uint32_t c) {
    return chars_is_alpha(c) || chars_is_numeric(c);
}

/* Write the character's other case, at most three characters, and return their number. */
size_t chars_to_upper(uint32_t c, uint32_t out[3]);
size_t chars_to_lower(uint32_t c, uint32_t out[3]);
size_t chars_to_title(uint32_t c, uint32_t out[3]);

/* Bytes of white space at the beginning and at the end of a text. */
size_t chars_space_before(const char *s, size_t len);
size_t chars_space_after(const char *s, size_t len);

#endif
