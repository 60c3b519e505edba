/* Bytes in any encoding that texts come in, as UTF-8. */
#ifndef INGLE_TASK_DOCUMENT_CHARSET_H
#define INGLE_TASK_DOCUMENT_CHARSET_H

#include "base/status.h"
#include "task/document/doc_text.h"

/* Appends bytes of the encoding that a document names ("iso-8859-1", "KOI8-R"); what is no
 * character becomes U+FFFD. False, with *out unchanged, if the name is not known here or the system
 * lacks the encoding. UTF-8, the UTF-16s, ASCII, Latin-1, Latin-9 and Windows-1252 are ours; the
 * others are asked of iconv, which may want to open a file. */
bool charset_convert(struct buf *out, struct doc_piece name, const char *bytes, size_t len);

/* What a whole document's bytes are. */
struct decoded {
    struct buf text; /* UTF-8, lines ended by \n, no control characters but \n and \t */
    bool is_guessed; /* read as Windows-1252, for want of anything better */
    size_t n_bad;    /* bytes that are no character */
};

/* By its byte order mark; else UTF-8 if it is valid; else as `declared`, if that is not empty; else
 * UTF-8 with errors, or Windows-1252. INVALID, naming what the bytes seem to be, if they are no
 * text. `name` stands in messages. The caller clears d->text, after a failure too. */
BASE_NODISCARD ingle_status charset_decode(struct decoded *d, const char *bytes, size_t len,
                                           struct doc_piece declared, const char *name,
                                           ingle_error *err);

/* The same for bytes that were text already; appends. False if it is not text at all. */
void charset_clean(struct buf *out, const char *text, size_t len);

#endif
