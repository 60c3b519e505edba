/* Lines that a person types at a terminal, with editing, a history of this process alone (nothing
 * is written to disk) and completion. A paste is taken as it is, its line breaks included.
 * line_edit.c does it with libedit; line_plain.c, for builds without, leaves it to the terminal. */
#ifndef INGLE_CLI_LINE_H
#define INGLE_CLI_LINE_H

#include <stddef.h>

#include "base/status.h"

struct line;

enum line_outcome {
    LINE_TEXT,
    LINE_INTERRUPTED, /* Ctrl-C */
    LINE_END          /* Ctrl-D on an empty line, or the terminal is gone */
};

/* Of standard input and output. words: completed by Tab at the start of a line; after one of
 * them come names of files. They are borrowed. */
BASE_NODISCARD ingle_status line_new(struct line **out, const char *const *words, size_t n_words,
                                     ingle_error *err);
void line_free(struct line *l);

/* text[0..len), without a newline at its end, lives until the next call. When interrupted, *len is
 * the length of what had been typed. */
BASE_NODISCARD ingle_status line_read(struct line *l, const char *prompt, const char **text,
                                      size_t *len, enum line_outcome *outcome, ingle_error *err);

#endif
