/* Source code to text: its comments are what it says, its declarations what it is about. */
#ifndef INGLE_TASK_DOCUMENT_SOURCE_H
#define INGLE_TASK_DOCUMENT_SOURCE_H

#include "task/document/doc_text.h"

/* How a language writes comments; any may be NULL. */
struct source_language {
    const char *endings; /* of file names: " c h cc " */
    const char *line, *open, *close;
    const char *words; /* that begin declarations: " def class "; NULL = lines without indent */
};

/* The language of files of that ending (without the dot); NULL if it is none. */
const struct source_language *source_language(const char *ending, size_t len);

void source_read(struct doc_text *out, const struct source_language *language, const char *text,
                 size_t len);

#endif
