/* The blocks that a text is laid out in: paragraphs, headings, list items, code fences, rows of
 * tables, quotations. Markdown's marks are known, but nothing must be Markdown: a plain text is
 * paragraphs. Every byte is looked at a bounded number of times, and nothing is allocated. */
#ifndef INGLE_TASK_TEXT_BLOCK_H
#define INGLE_TASK_TEXT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum text_kind {
    TEXT_PROSE,
    TEXT_HEADING,
    TEXT_ITEM,    /* of a list */
    TEXT_VERBATIM /* a code fence, with its marks; a row of a table */
};

struct text_block {
    size_t from, to; /* bytes, without the marks around: "## ", "- ", "> "; never empty */
    enum text_kind kind;
    int quote_depth; /* lines after the first begin with so many '>' */
    size_t width;    /* characters of the widest line */
};

/* The next block at or behind *at, which moves behind it; false if there is none. */
bool text_block_next(const char *text, size_t len, size_t *at, struct text_block *out);

/* Offset of the first byte of text[at..to) that is no white space and no mark of a quotation at
 * the beginning of a line; `at` is not inside of such marks. */
size_t text_skip_space(const char *text, size_t at, size_t to, int quote_depth);

#endif
