/* A text as a string of JSON. */
#ifndef INGLE_BASE_JSON_QUOTE_H
#define INGLE_BASE_JSON_QUOTE_H

#include "base/buf.h"

/* Adds it with its quotes; what needs no escape stays as it is, so the text must be UTF-8. */
void json_quote(struct buf *out, const char *text, size_t len);

#endif
