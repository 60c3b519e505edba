/* The pages of tldr.txt: a command, what it is for, and examples. Views into the text. */
#ifndef INGLE_RECIPE_TLDR_PAGES_H
#define INGLE_RECIPE_TLDR_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define TLDR_MAX_EXAMPLES 16

struct tldr_text {
    const char *at;
    size_t len;
};

struct tldr_page {
    struct tldr_text name, about; /* about: all lines that say what the command does, as they are */
    struct tldr_text tasks[TLDR_MAX_EXAMPLES], commands[TLDR_MAX_EXAMPLES];
    size_t n;
};

/* The next page at or behind *at with examples; false at the end. */
bool tldr_next(const char *text, size_t len, size_t *at, struct tldr_page *page);

/* Appends a text without the brackets that mark a letter or a value: "[n]ame" is name. */
void tldr_add(struct buf *b, struct tldr_text text);

#endif
