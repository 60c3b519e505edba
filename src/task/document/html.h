/* HTML to text: what a reader of the page sees, in its order. No tree is built: tags only open and
 * close paragraphs, and skip what is not shown. */
#ifndef INGLE_TASK_DOCUMENT_HTML_H
#define INGLE_TASK_DOCUMENT_HTML_H

#include "task/document/doc_text.h"

/* Appends to *out. *title (may be NULL) receives the page's. Failures are sticky in the bufs. */
void html_read(struct doc_text *out, struct buf *title, const char *html, size_t len);

/* The encoding that the page says it has; empty if it says nothing. */
struct doc_piece html_charset(const char *html, size_t len);

/* A tag. */
struct html_tag {
    char name[16]; /* lower case; longer names are cut, for no element that matters has one */
    bool is_end, is_void;
    bool is_hidden; /* by an attribute */
};

/* text[0] is '<'. Returns the bytes that the tag, comment or declaration takes; 0 if it is none and
 * the '<' is text. *has_end is set to false if it never ends. name "" for what is no element. */
size_t html_take_tag(struct html_tag *tag, const char *text, size_t len, bool *has_end);

#endif
