#include "tldr_pages.h"

#include <string.h>

static struct tldr_text next_line(const char *text, size_t len, size_t *at) {
    const char *newline = memchr(text + *at, '\n', len - *at);
    size_t end = newline ? (size_t)(newline - text) : len;
    struct tldr_text line = {text + *at, end - *at};
    *at = end < len ? end + 1 : len;
    return line;
}

static bool begins(struct tldr_text line, const char *with) {
    size_t n = strlen(with);
    return line.len >= n && memcmp(line.at, with, n) == 0;
}

static void read_about(struct tldr_page *page, struct tldr_text line) {
    if (begins(line, "> More information") || begins(line, "> See also")) return;
    if (page->about.len == 0) page->about.at = line.at + 2;
    page->about.len = (size_t)(line.at + line.len - page->about.at);
}

static void read_task(struct tldr_page *page, struct tldr_text line) {
    line.at += 2;
    line.len -= 2;
    if (line.len > 0 && line.at[line.len - 1] == ':') line.len--;
    page->tasks[page->n] = line;
}

bool tldr_next(const char *text, size_t len, size_t *at, struct tldr_page *page) {
    *page = (struct tldr_page){0};
    while (*at < len) {
        size_t before = *at;
        struct tldr_text line = next_line(text, len, at);
        if (begins(line, "# ")) {
            if (page->n > 0) {
                *at = before;
                return true;
            }
            *page = (struct tldr_page){.name = {line.at + 2, line.len - 2}};
        } else if (begins(line, "> ")) {
            read_about(page, line);
        } else if (begins(line, "- ") && page->n < TLDR_MAX_EXAMPLES) {
            read_task(page, line);
        } else if (begins(line, "`") && line.len > 2 && page->n < TLDR_MAX_EXAMPLES &&
                   page->tasks[page->n].len > 0) {
            page->commands[page->n++] = (struct tldr_text){line.at + 1, line.len - 2};
        }
    }
    return page->n > 0;
}

void tldr_add(struct buf *b, struct tldr_text text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr("[]{}", text.at[i]) || !text.at[i]) buf_add(b, text.at + i, 1);
    }
}
