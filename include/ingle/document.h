/* Documents as plain text: what people write and send (text, Markdown, HTML, e-mail, source code)
 * without what is there for machines only. Any bytes may be read; the time is linear in their
 * number, and nothing is read from disk. PDFs are a command's: see docs/summarize.md. */
#ifndef INGLE_DOCUMENT_H
#define INGLE_DOCUMENT_H

#include <stddef.h>

#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_document ingle_document;

typedef enum ingle_document_kind {
    INGLE_DOCUMENT_TEXT,
    INGLE_DOCUMENT_MARKDOWN,
    INGLE_DOCUMENT_HTML,
    INGLE_DOCUMENT_MAIL,  /* a message, or several (mbox) */
    INGLE_DOCUMENT_SOURCE /* of a program: its comments and declarations */
} ingle_document_kind;

/* Reads the bytes of a document, which are not needed afterwards. `name` is that of its file: its
 * ending and the bytes tell the kind, and it stands in messages; NULL = it has none. INVALID, in a
 * sentence that says what it seems to be, for bytes that are no text; LIMIT for more than 1 GiB. */
INGLE_API INGLE_NODISCARD ingle_status ingle_document_read(ingle_document **out, const void *data,
                                                           size_t size, const char *name,
                                                           ingle_error *err);
INGLE_API void ingle_document_free(ingle_document *document); /* NULL is fine */

/* Borrowed from the document; none is NULL. */
typedef struct ingle_document_info {
    ingle_document_kind kind;
    const char *kind_name; /* "text", "markdown", "html", "mail", "source" */
    const char *title;     /* "" if it has none */
    /* [text_len] UTF-8 without NULs, and with a NUL behind it. Paragraphs stand between empty
     * lines, headings behind "# ", items of lists behind "- ", rows of tables between "|", lines of
     * code between lines of "```". Empty if the document says nothing. */
    const char *text;
    size_t text_len;
    /* What was not read as it stands (an encoding that was guessed, attachments): sentences, one a
     * line; "" if there is nothing to say. */
    const char *notes;
} ingle_document_info;

INGLE_API ingle_document_info ingle_document_get_info(const ingle_document *document);

#ifdef __cplusplus
}
#endif

#endif
