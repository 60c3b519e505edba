/* The text of PDFs, by poppler's pdftotext: a process of its own that gets the file as its standard
 * input, has little memory and time, and ends when this process does. */
#ifndef INGLE_CLI_PDF_H
#define INGLE_CLI_PDF_H

#include "base/buf.h"
#include "base/status.h"

/* Whether the bytes begin as a PDF does. */
bool pdf_is_one(const char *bytes, size_t len);

/* Appends the text of the PDF that fd (from its beginning; it stays open) holds. `name` stands in
 * messages. NOT_FOUND, naming the package, without pdftotext; INVALID for what it cannot read,
 * with its reason, for a PDF that wants a password and for one without text (scanned pages);
 * LIMIT for too much text or time; CANCELLED after Ctrl-C. */
BASE_NODISCARD ingle_status pdf_text(struct buf *text, int fd, const char *name, ingle_error *err);

#endif
