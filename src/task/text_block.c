#include "task/text_block.h"

#include <string.h>

#include "base/ascii.h"

/* One line: text[from..to) without its newline; text[at..to) behind the quotation marks and the
 * white space before the first character. */
struct line {
    size_t from, to, at;
    int quote_depth;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct line read_line(const char *text, size_t len, size_t from) {
    const char *newline = memchr(text + from, '\n', len - from);
    struct line l = {.from = from, .to = newline ? (size_t)(newline - text) : len, .at = from};
    for (; l.at < l.to && (is_blank(text[l.at]) || text[l.at] == '>'); l.at++) {
        l.quote_depth += text[l.at] == '>';
    }
    return l;
}

/* How often the character at the front of the line is repeated. */
static size_t count_run(const char *text, const struct line *l) {
    size_t n = 0;
    while (l->at + n < l->to && text[l->at + n] == text[l->at]) n++;
    return n;
}

static bool is_fence(const char *text, const struct line *l) {
    return l->at < l->to && (text[l->at] == '`' || text[l->at] == '~') && count_run(text, l) >= 3;
}

/* "---", "* * *", "=====": at least n of one mark and nothing else. */
static bool is_rule(const char *text, const struct line *l, const char *marks, size_t n) {
    if (l->at == l->to || !strchr(marks, text[l->at]) || !text[l->at]) return false;
    size_t count = 0;
    for (size_t i = l->at; i < l->to; i++) {
        if (text[i] == text[l->at]) {
            count++;
        } else if (!is_blank(text[i])) {
            return false;
        }
    }
    return count >= n;
}

/* Bytes of "# " to "###### "; 0 if it is no heading. */
static size_t heading_mark(const char *text, const struct line *l) {
    if (l->at == l->to || text[l->at] != '#') return 0;
    size_t n = count_run(text, l);
    return n <= 6 && l->at + n < l->to && is_blank(text[l->at + n]) ? n : 0;
}

/* Bytes of the mark of a list item; 0 if it is none. Inside of a paragraph a number is one only if
 * it begins a list: elsewhere it is the year or the price that a line happens to begin with. */
static size_t item_mark(const char *text, const struct line *l, bool in_paragraph) {
    static const char bullet[] = "\xe2\x80\xa2"; /* U+2022 */
    size_t left = l->to - l->at, n = 0;
    const char *p = text + l->at;
    if (left >= 3 && memcmp(p, bullet, 3) == 0) return 3;
    if (left >= 2 && strchr("-*+", p[0]) && p[0] && is_blank(p[1])) return 1;
    while (n < left && n < 3 && ascii_is_digit(p[n])) n++;
    if (n == 0 || n + 1 >= left || (p[n] != '.' && p[n] != ')') || !is_blank(p[n + 1])) return 0;
    return in_paragraph && (n != 1 || p[0] != '1') ? 0 : n + 1;
}

static size_t trim_end(const char *text, size_t from, size_t to) {
    while (to > from && (is_blank(text[to - 1]) || text[to - 1] == '\n')) to--;
    return to;
}

/* Up to the line that closes the fence, or the end of the text. */
static size_t take_fence(const char *text, size_t len, const struct line *first,
                         struct text_block *out) {
    size_t n = count_run(text, first), at = first->to;
    *out = (struct text_block){.from = first->at, .to = first->to, .kind = TEXT_VERBATIM};
    while (at < len) {
        struct line l = read_line(text, len, at + 1);
        bool closes = is_fence(text, &l) && text[l.at] == text[first->at] &&
                      count_run(text, &l) >= n &&
                      trim_end(text, l.at, l.to) <= l.at + count_run(text, &l);
        out->to = l.to;
        at = l.to;
        if (closes) break;
    }
    out->to = trim_end(text, out->from, out->to);
    return at;
}

static void take_heading(const char *text, size_t from, size_t to, struct text_block *out) {
    while (from < to && is_blank(text[from])) from++;
    to = trim_end(text, from, to);
    size_t end = to;
    while (end > from && text[end - 1] == '#') end--;
    if (end < to && end > from && is_blank(text[end - 1])) to = trim_end(text, from, end);
    *out = (struct text_block){.from = from, .to = to, .kind = TEXT_HEADING};
}

static size_t count_characters(const char *text, size_t from, size_t to) {
    size_t n = 0;
    for (; from < to; from++) n += ((unsigned char)text[from] & 0xc0) != 0x80;
    return n;
}

/* Whether a paragraph or an item that has come to the line before goes on in this one. */
static bool goes_on(const char *text, const struct line *l, const struct text_block *block) {
    return l->at < l->to && l->quote_depth == block->quote_depth && !is_fence(text, l) &&
           heading_mark(text, l) == 0 && text[l->at] != '|' && !is_rule(text, l, "-*_=", 3) &&
           item_mark(text, l, block->kind == TEXT_PROSE) == 0;
}

/* Paragraph or item from `from` in the line on; returns where its last line ends. */
static size_t take_lines(const char *text, size_t len, const struct line *first, size_t from,
                         struct text_block *out) {
    while (from < first->to && is_blank(text[from])) from++;
    out->from = from;
    out->to = first->to;
    out->quote_depth = first->quote_depth;
    out->width = count_characters(text, from, trim_end(text, from, first->to));
    size_t n_lines = 1;
    while (out->to < len) {
        struct line l = read_line(text, len, out->to + 1);
        if (n_lines == 1 && out->kind == TEXT_PROSE && is_rule(text, &l, "-=", 3) &&
            l.quote_depth == out->quote_depth) {
            out->to = trim_end(text, from, out->to);
            out->kind = TEXT_HEADING;
            return l.to;
        }
        if (!goes_on(text, &l, out)) break;
        size_t width = count_characters(text, l.at, trim_end(text, l.at, l.to));
        if (width > out->width) out->width = width;
        out->to = l.to;
        n_lines++;
    }
    size_t end = out->to;
    out->to = trim_end(text, from, end);
    /* A mark of a list may stand alone in its line. */
    out->from = text_skip_space(text, from, out->to, out->quote_depth);
    return end;
}

bool text_block_next(const char *text, size_t len, size_t *at, struct text_block *out) {
    while (*at < len) {
        struct line l = read_line(text, len, *at);
        size_t mark = heading_mark(text, &l), end = l.to;
        *out = (struct text_block){0};
        if (is_fence(text, &l)) {
            end = take_fence(text, len, &l, out);
        } else if (mark > 0) {
            take_heading(text, l.at + mark, l.to, out);
        } else if (l.at < l.to && text[l.at] == '|') {
            out->from = l.at;
            out->to = trim_end(text, l.at, l.to);
            out->kind = TEXT_VERBATIM;
        } else if (l.at < l.to && !is_rule(text, &l, "-*_=", 3)) {
            mark = item_mark(text, &l, false);
            out->kind = mark > 0 ? TEXT_ITEM : TEXT_PROSE;
            end = take_lines(text, len, &l, l.at + mark, out);
        }
        *at = end < len ? end + 1 : len;
        if (out->to > out->from) return true;
    }
    return false;
}

size_t text_skip_space(const char *text, size_t at, size_t to, int quote_depth) {
    bool at_line_start = false;
    for (; at < to; at++) {
        if (text[at] == '\n') {
            at_line_start = quote_depth > 0;
        } else if (!is_blank(text[at]) && !(at_line_start && text[at] == '>')) {
            break;
        }
    }
    return at;
}
