/* Markdown (CommonMark and GitHub's tables) to text: headings, lists, code and tables keep their
 * form in the manner of doc_text.h; emphasis goes, links become their words. */
#ifndef INGLE_TASK_DOCUMENT_MARKDOWN_H
#define INGLE_TASK_DOCUMENT_MARKDOWN_H

#include "task/document/doc_text.h"

/* Appends to *out. *title (may be NULL) receives the first heading's words, or what the front
 * matter says. Failures are sticky in the bufs. */
void markdown_read(struct doc_text *out, struct buf *title, const char *text, size_t len);

/* Running text without its marks: appended to *out. */
void markdown_inline(struct doc_text *out, const char *text, size_t len);

#endif
