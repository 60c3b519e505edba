/* Reading a document: its bytes become plain text. Answers are MSG_TEXT, the text in pieces. */
#ifndef INGLE_WORKER_WIRE_MSG_DOCUMENT_H
#define INGLE_WORKER_WIRE_MSG_DOCUMENT_H

#include "worker/wire/message.h"

struct msg_document {
    struct wire_text bytes;
    const char *name; /* of its file: for the kind, and for messages; NULL = it has none */
    bool is_pages;    /* the text of printed pages, each with a form feed behind it */
};
void msg_document(struct wire *w, void *message);

/* Of ingle_document_info. Reading, no string is NULL. */
struct msg_document_read {
    const char *kind_name, *title, *notes;
};
void msg_document_read(struct wire *w, void *message);

#endif
