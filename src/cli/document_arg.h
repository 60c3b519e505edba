/* Documents that a command is given: files of any kind, PDFs too, and standard input. */
#ifndef INGLE_CLI_DOCUMENT_ARG_H
#define INGLE_CLI_DOCUMENT_ARG_H

#include "base/buf.h"
#include "cli/command.h"
#include "cli/worker_arg.h"

struct document_arg {
    const char *name; /* as it was given; "standard input"; borrowed */
    struct buf bytes; /* of the file; of a PDF, the text of its pages */
    bool is_pdf;
    char *kind, *title; /* "text", "html" ... or "pdf"; "" = no title */
    struct buf text;
};

/* Reads the bytes of one: path is that of a regular file, or - for standard input. The caller
 * clears *d, after a failure too. */
BASE_NODISCARD ingle_status document_arg_read(struct document_arg *d, const char *path,
                                              ingle_error *err);

/* Has a worker make text of the bytes, which are freed. What had to be guessed or left out is said
 * on standard error. INVALID, too, for a document that says nothing. */
BASE_NODISCARD ingle_status document_arg_understand(struct document_arg *d, const struct command *c,
                                                    struct worker *w, ingle_error *err);
void document_arg_clear(struct document_arg *d);

#endif
