/* What a notification says, as one line of plain text: the markup that freedesktop.org allows in
 * bodies (and what mail programs add to it) is taken off, entities are decoded once, white space is
 * one space, and nothing is left that could drive a terminal or hide: controls, marks of direction,
 * characters without width. Any bytes: what is no UTF-8 becomes U+FFFD. */
#ifndef INGLE_TASK_DIGEST_CLEAN_H
#define INGLE_TASK_DIGEST_CLEAN_H

#include "base/buf.h"

/* Of one text; what is longer counts up to here. */
#define DIGEST_CLEAN_MAX ((size_t)16 << 10)

/* Appends the line to *out. has_markup: bodies have it, titles do not. */
void digest_clean(struct buf *out, const char *text, size_t len, bool has_markup);

#endif
