/* What MIME wraps around bytes: header fields, encoded words, transfer encodings. */
#ifndef INGLE_TASK_DOCUMENT_MIME_H
#define INGLE_TASK_DOCUMENT_MIME_H

#include "task/document/doc_text.h"

/* The value of the first field of this name in header[0..len), as it stands there: folded lines are
 * still in it. Empty if there is none. */
struct doc_piece mime_field(const char *header, size_t len, const char *name);

/* Bytes of the header at mail[0..len), the empty line behind it included. */
size_t mime_header_len(const char *mail, size_t len);

/* Appends a field's words: unfolded, encoded words (RFC 2047) decoded. */
void mime_words(struct buf *out, struct doc_piece value);

/* Appends a parameter of a field like Content-Type (RFC 2231: charset, parts and percent signs
 * included); false if there is none. */
bool mime_parameter(struct buf *out, struct doc_piece field, const char *name);

/* A field's value before its parameters: "text/plain". */
struct doc_piece mime_value(struct doc_piece field);

/* Append decoded bytes; what is no code is passed over. */
void mime_base64(struct buf *out, const char *text, size_t len);
void mime_quoted_printable(struct buf *out, const char *text, size_t len, bool is_word);

#endif
