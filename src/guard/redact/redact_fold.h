/* What makes two spellings of a value the same: case, white space, the shapes of apostrophes and
 * hyphens do not count. */
#ifndef INGLE_GUARD_REDACT_REDACT_FOLD_H
#define INGLE_GUARD_REDACT_REDACT_FOLD_H

#include <stddef.h>
#include <stdint.h>

/* The small letter of a Latin, Greek or Cyrillic one; others stay. */
uint32_t redact_lower(uint32_t c);

/* First character of text[0..len), len >= 1, folded: a small letter, ' ' for all white space, the
 * plain ' and - for their other shapes. *n is its length. Bytes that are no character are taken
 * one by one as UTF8_REPLACEMENT. */
uint32_t redact_fold(const char *text, size_t len, size_t *n);

#endif
