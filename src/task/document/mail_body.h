/* The words of a message: what was written now, apart from what is quoted and who signed. */
#ifndef INGLE_TASK_DOCUMENT_MAIL_BODY_H
#define INGLE_TASK_DOCUMENT_MAIL_BODY_H

#include "task/document/doc_text.h"

/* Appends a plain text. Signatures (behind "-- ") go; so do, unless keep_quotes, earlier messages
 * that are quoted (> ..., "On ... wrote:", "-----Original Message-----"); else they stand under a
 * heading, without their marks. */
void mail_body(struct doc_text *out, const char *text, size_t len, bool keep_quotes);

#endif
