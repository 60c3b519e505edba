/* Documents that a command is given: files of any kind, PDFs too, and standard input. */
#ifndef INGLE_CLI_DOCUMENT_ARG_H
#define INGLE_CLI_DOCUMENT_ARG_H

#include "cli/command.h"
#include "ingle/document.h"

struct document_arg {
    const char *name; /* as it was given; "standard input"; borrowed */
    const char *kind; /* "text", "html" ... or "pdf" */
    ingle_document *document;
    ingle_document_info info;
};

/* Reads one: path is that of a regular file, or - for standard input. What had to be guessed or
 * left out is said on standard error. INVALID, too, for a document that says nothing. The caller
 * clears *d, after a failure too. */
BASE_NODISCARD ingle_status document_arg_read(struct document_arg *d, const struct command *c,
                                              const char *path, ingle_error *err);
void document_arg_clear(struct document_arg *d);

#endif
