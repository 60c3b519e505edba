/* E-mail (RFC 5322 and MIME) to text: of each message who wrote to whom, when and about what, then
 * its words. Of alternatives the plain one is read; attachments are named, not read. */
#ifndef INGLE_TASK_DOCUMENT_MAIL_H
#define INGLE_TASK_DOCUMENT_MAIL_H

#include "task/document/doc_text.h"

/* What there is to say about the mail as a whole. */
struct mail_notes {
    size_t n_messages;
    size_t n_attachments;
    struct buf attachments; /* their names, with commas */
    size_t n_broken;        /* parts in an encoding that could not be read */
    size_t n_too_deep;      /* parts inside too many others, or too many parts */
};

/* Appends the message, or the messages of an mbox, to *out; *title (may be NULL) receives the first
 * one's subject. Earlier messages that are quoted stand where they are quoted in a single message,
 * and are left out where several follow each other. Failures are sticky in the bufs; the caller
 * clears notes->attachments. */
void mail_read(struct doc_text *out, struct buf *title, struct mail_notes *notes, const char *mail,
               size_t len);

/* Whether the bytes begin as a message does: header fields that mails have. */
bool mail_is_one(const char *text, size_t len);

#endif
