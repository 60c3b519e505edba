/* Character references of HTML and Markdown: &eacute; &#233; &#xe9; */
#ifndef INGLE_TASK_DOCUMENT_ENTITIES_H
#define INGLE_TASK_DOCUMENT_ENTITIES_H

#include <stddef.h>

/* text[0] is '&'. Writes the UTF-8 of the reference that begins there to out[4] and its length to
 * *n_out; returns the bytes it takes of the text, 0 if it is none. */
size_t entity_take(const char *text, size_t len, char *out, size_t *n_out);

#endif
