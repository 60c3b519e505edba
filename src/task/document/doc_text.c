#include "task/document/doc_text.h"

#include <string.h>

void doc_text_init(struct doc_text *t, size_t max) {
    *t = (struct doc_text){0};
    buf_init(&t->text, max);
}

void doc_text_clear(struct doc_text *t) {
    buf_clear(&t->text);
    *t = (struct doc_text){.text = t->text};
}

void doc_text_gap(struct doc_text *t, enum doc_gap gap) {
    if (gap > t->gap) t->gap = gap;
}

void doc_text_begin(struct doc_text *t, const char *prefix) {
    doc_text_gap(t, DOC_BLOCK);
    t->prefix = prefix;
}

static void put_pending(struct doc_text *t) {
    static const char *const gaps[] = {"", " ", "\n", "\n\n"};
    if (t->text.size) buf_add_str(&t->text, gaps[t->gap]);
    if (t->prefix) buf_add_str(&t->text, t->prefix);
    t->prefix = NULL;
    t->gap = DOC_NONE;
}

void doc_text_end(struct doc_text *t) {
    if (t->in_code) buf_add_str(&t->text, "\n```");
    if (t->in_code) t->gap = DOC_BLOCK;
    t->in_code = false;
}

void doc_text_settle(struct doc_text *t) {
    doc_text_end(t);
    put_pending(t);
}

void doc_text_add(struct doc_text *t, const char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        if (ascii_is_space(text[i])) {
            doc_text_gap(t, DOC_SPACE);
            i++;
            continue;
        }
        size_t from = i;
        while (i < len && !ascii_is_space(text[i])) i++;
        doc_text_settle(t);
        buf_add(&t->text, text + from, i - from);
    }
}

void doc_text_add_str(struct doc_text *t, const char *text) {
    doc_text_add(t, text, strlen(text));
}

/* False, with the paragraph ended, if the line is empty. */
static bool cut_line(struct doc_text *t, const char *line, size_t *len) {
    while (*len > 0 && ascii_is_space(line[*len - 1])) --*len;
    doc_text_gap(t, *len ? DOC_LINE : DOC_BLOCK);
    return *len > 0;
}

void doc_text_raw_line(struct doc_text *t, const char *line, size_t len) {
    if (!cut_line(t, line, &len)) return;
    doc_text_settle(t);
    buf_add(&t->text, line, len);
    doc_text_gap(t, DOC_LINE);
}

void doc_text_code_line(struct doc_text *t, const char *line, size_t len) {
    if (!cut_line(t, line, &len)) return;
    if (!t->in_code) {
        doc_text_gap(t, DOC_BLOCK);
        put_pending(t);
        buf_add_str(&t->text, "```");
        t->gap = DOC_LINE;
        t->in_code = true;
    }
    put_pending(t);
    if (doc_starts(line, len, "```")) { /* it would end the fence */
        buf_add_str(&t->text, "'''");
        line += 3;
        len -= 3;
    }
    buf_add(&t->text, line, len);
    doc_text_gap(t, DOC_LINE);
}
struct doc_piece doc_trim(const char *text, size_t len) {
    while (len > 0 && ascii_is_space(text[0])) text++, len--;
    while (len > 0 && ascii_is_space(text[len - 1])) len--;
    return (struct doc_piece){text, len};
}

bool doc_starts(const char *text, size_t len, const char *word) {
    for (size_t i = 0; word[i]; i++) {
        if (i == len || ascii_lower(text[i]) != ascii_lower(word[i])) return false;
    }
    return true;
}

bool doc_piece_is(struct doc_piece p, const char *word) {
    return p.len == strlen(word) && doc_starts(p.data, p.len, word);
}

struct doc_piece doc_line(const char *text, size_t len, size_t *at) {
    const char *from = text + *at;
    const char *end = memchr(from, '\n', len - *at);
    size_t n = end ? (size_t)(end - from) : len - *at;
    *at += n + (end ? 1 : 0);
    return (struct doc_piece){from, n};
}

size_t doc_indent(struct doc_piece line) {
    size_t n = 0;
    for (size_t i = 0; i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'); i++) {
        n += line.data[i] == '\t' ? 4 : 1;
    }
    return n;
}
