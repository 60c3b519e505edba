/* UTF-8 of unknown origin. */
#ifndef INGLE_CLI_UTF8_H
#define INGLE_CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#define UTF8_REPLACEMENT 0xfffdu

/* First character of text[0..len), len >= 1; *n is its length. Bytes that are not UTF-8 are taken
 * one by one as U+FFFD. */
unsigned utf8_next(const char *text, size_t len, size_t *n);
bool utf8_is_valid(const char *text, size_t len);

/* True for characters that may drive a terminal: C0, DEL and C1, newline and tab included. */
bool utf8_is_control(unsigned c);

#endif
