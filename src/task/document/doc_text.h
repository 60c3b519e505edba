/* The text of a document as its reader makes it: words, line breaks, paragraphs. White space is
 * pending until something follows it, so that none stands at an edge or twice. */
#ifndef INGLE_TASK_DOCUMENT_DOC_TEXT_H
#define INGLE_TASK_DOCUMENT_DOC_TEXT_H

#include "base/ascii.h"
#include "base/buf.h"

enum doc_gap { DOC_NONE, DOC_SPACE, DOC_LINE, DOC_BLOCK };

struct doc_text {
    struct buf text;
    enum doc_gap gap;   /* pending */
    const char *prefix; /* put at the beginning of the next line ("# ", "- "); NULL = none */
    bool in_code;       /* a fence is open */
};

void doc_text_init(struct doc_text *t, size_t max);
void doc_text_clear(struct doc_text *t);

/* Running text: every run of white space is one space. */
void doc_text_add(struct doc_text *t, const char *text, size_t len);
void doc_text_add_str(struct doc_text *t, const char *text);

/* One line as it stands, but for white space at its end; empty lines end paragraphs. */
void doc_text_raw_line(struct doc_text *t, const char *line, size_t len);

/* The same of code: between lines of ```, which come by themselves. */
void doc_text_code_line(struct doc_text *t, const char *line, size_t len);

/* Behind the last of all: closes what is open. */
void doc_text_end(struct doc_text *t);

/* Writes what is pending: the text's size is then where the next text begins. */
void doc_text_settle(struct doc_text *t);

/* What stands between the text before and the text to come is at least this. */
void doc_text_gap(struct doc_text *t, enum doc_gap gap);

/* A new paragraph that begins with prefix (a literal); it vanishes if no text comes. */
void doc_text_begin(struct doc_text *t, const char *prefix);

/* A piece of a text; borrowed. */
struct doc_piece {
    const char *data;
    size_t len;
};

struct doc_piece doc_trim(const char *text, size_t len);
bool doc_piece_is(struct doc_piece p, const char *word);         /* letter case aside */
bool doc_starts(const char *text, size_t len, const char *word); /* letter case aside */

/* The line at text[*at..len) without its end; *at moves behind it. at < len. */
struct doc_piece doc_line(const char *text, size_t len, size_t *at);

/* Blanks and tabs at the beginning of a line; a tab counts as four. */
size_t doc_indent(struct doc_piece line);

#endif
