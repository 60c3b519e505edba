/* The text of printed pages (as programs take it out of PDFs: lines, with a form feed behind each
 * page) as running text. */
#ifndef INGLE_TASK_DOCUMENT_PAGES_H
#define INGLE_TASK_DOCUMENT_PAGES_H

#include "base/buf.h"

/* Appends the text without the numbers and the running heads of its pages (lines at their top and
 * bottom that come again on others); a sentence that goes on behind a page's end is joined. False
 * if memory ran out. */
bool pages_join(struct buf *out, const char *text, size_t len);

#endif
