#include "task/rewrite_plan.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "task/text_block.h"

static size_t line_end(const char *text, size_t at, size_t to) {
    const char *newline = memchr(text + at, '\n', to - at);
    return newline ? (size_t)(newline - text) : to;
}

/* "---" in the first line, and what follows up to the next one. */
static size_t skip_front_matter(const char *text, size_t len) {
    if (len < 4 || memcmp(text, "---", 3) != 0 || (text[3] != '\n' && text[3] != '\r')) return 0;
    for (size_t at = line_end(text, 0, len); at < len; at = line_end(text, at + 1, len)) {
        size_t next = at + 1;
        if (next + 3 <= len &&
            (memcmp(text + next, "---", 3) == 0 || memcmp(text + next, "...", 3) == 0) &&
            (next + 3 == len || text[next + 3] == '\n' || text[next + 3] == '\r')) {
            return next + 3;
        }
    }
    return 0;
}

static size_t count_words(const char *text, size_t from, size_t to) {
    size_t n = 0;
    bool in_word = false;
    for (size_t i = from; i < to; i++) {
        bool letter = (text[i] | 32) >= 'a' ? (text[i] | 32) <= 'z' : (text[i] & 0x80) != 0;
        n += letter && !in_word;
        in_word = letter || text[i] == '\'' || (in_word && text[i] >= '0' && text[i] <= '9');
    }
    return n;
}

/* Characters between the start of the line and `at` that are white space; SIZE_MAX if others are
 * there too. */
static size_t indentation(const char *text, size_t at) {
    size_t n = 0;
    while (at > 0 && text[at - 1] != '\n') {
        char c = text[--at];
        if (!ascii_is_blank(c)) return SIZE_MAX;
        n += c == '\t' ? 4 : 1;
    }
    return n;
}

/* Two columns or more, with a line of dashes: a table without marks around it. */
static bool is_bare_table(const char *text, size_t from, size_t to) {
    for (size_t at = from, end; at < to; at = end + 1) {
        end = line_end(text, at, to);
        size_t dashes = 0, bars = 0, others = 0;
        for (size_t i = at; i < end; i++) {
            dashes += text[i] == '-';
            bars += text[i] == '|';
            others += !strchr("-|: \t\r", text[i]);
        }
        if (others == 0 && bars > 0 && dashes > 1) return true;
    }
    return false;
}

static bool is_left_alone(const char *text, const struct text_block *b, bool after_item,
                          ingle_rewrite_manner manner) {
    if (b->kind == TEXT_VERBATIM) return true;
    if (b->kind == TEXT_HEADING && manner != INGLE_REWRITE_PROOFREAD &&
        manner != INGLE_REWRITE_FREE) {
        return true;
    }
    const char *p = text + b->from;
    size_t len = b->to - b->from;
    if (b->kind == TEXT_PROSE) {
        size_t indent = indentation(text, b->from);
        if (indent != SIZE_MAX && indent >= 4 && !after_item) return true; /* code */
        if (p[0] == '<' && len > 1 && (p[1] == '/' || p[1] == '!' || (p[1] | 32) >= 'a')) {
            return true;
        }
        if (p[0] == '[') {
            const char *close = memchr(p, ']', len);
            if (close && close + 1 < p + len && close[1] == ':') return true;
        }
        if (is_bare_table(text, b->from, b->to)) return true;
    }
    return count_words(text, b->from, b->to) < 2;
}

/* ---- lines ---- */

/* Where the text of the line that begins at `at` begins: behind white space and the quotation's
 * marks. */
static size_t line_text(const char *text, size_t at, size_t to, int quote_depth) {
    while (at < to && (ascii_is_blank(text[at]) || (quote_depth > 0 && text[at] == '>'))) at++;
    return at;
}

/* Whether the lines were wrapped, not broken on purpose: each is nearly as wide as the widest. */
static bool is_wrapped(const char *text, const struct text_block *b) {
    for (size_t at = b->from, end; at < b->to; at = end + 1) {
        end = line_end(text, at, b->to);
        if (end == b->to) break;
        size_t trimmed = end;
        while (trimmed > at && text[trimmed - 1] == '\r') trimmed--;
        if (trimmed >= at + 2 && text[trimmed - 1] == ' ' && text[trimmed - 2] == ' ') return false;
        if (trimmed > at && text[trimmed - 1] == '\\') return false;
        if (b->width < 40 || (end - at) * 10 < b->width * 6) return false;
    }
    return true;
}

static ingle_status add_unit(struct rewrite_plan *plan, struct rewrite_unit unit,
                             ingle_error *err) {
    if (plan->n == plan->cap) {
        size_t cap = plan->cap ? 2 * plan->cap : 64;
        struct rewrite_unit *units = mem_realloc(plan->units, cap * sizeof *units);
        if (!units) return status_no_memory(err, "the plan of a text", cap * sizeof *units);
        plan->units = units;
        plan->cap = cap;
    }
    plan->units[plan->n++] = unit;
    return INGLE_OK;
}

static ingle_status add_block(struct rewrite_plan *plan, const char *text,
                              const struct text_block *b, size_t line, ingle_error *err) {
    size_t first_end = line_end(text, b->from, b->to);
    struct rewrite_unit unit = {.from = b->from, .to = b->to, .line = line};
    if (first_end == b->to) return add_unit(plan, unit, err);
    if (is_wrapped(text, b)) {
        unit.width = b->width;
        unit.has_returns = text[first_end - 1] == '\r';
        unit.prefix_from = first_end + 1;
        unit.prefix_to = line_text(text, first_end + 1, b->to, b->quote_depth);
        return add_unit(plan, unit, err);
    }
    for (size_t at = b->from, end; at < b->to; at = end + 1, line++) {
        end = line_end(text, at, b->to);
        size_t from = at == b->from ? at : line_text(text, at, end, b->quote_depth), to = end;
        while (to > from && (ascii_is_blank(text[to - 1]) || text[to - 1] == '\\')) to--;
        if (count_words(text, from, to) < 2) continue;
        INGLE_TRY(add_unit(plan, (struct rewrite_unit){.from = from, .to = to, .line = line}, err));
    }
    return INGLE_OK;
}

ingle_status rewrite_plan_new(struct rewrite_plan *out, const char *text, size_t len,
                              ingle_rewrite_manner manner, ingle_error *err) {
    *out = (struct rewrite_plan){0};
    size_t at = skip_front_matter(text, len), line = 1, counted = 0;
    struct text_block b;
    bool after_item = false;
    while (text_block_next(text, len, &at, &b)) {
        for (; counted < b.from; counted++) line += text[counted] == '\n';
        if (!is_left_alone(text, &b, after_item, manner)) {
            ingle_status status = add_block(out, text, &b, line, err);
            if (status != INGLE_OK) {
                rewrite_plan_clear(out);
                return status;
            }
        }
        after_item = b.kind == TEXT_ITEM || (after_item && indentation(text, b.from) > 0);
    }
    return INGLE_OK;
}

void rewrite_plan_clear(struct rewrite_plan *plan) {
    mem_free(plan->units);
    *plan = (struct rewrite_plan){0};
}

void rewrite_unit_flat(const struct rewrite_unit *unit, const char *text, struct buf *out) {
    for (size_t at = unit->from, end; at < unit->to; at = end + 1) {
        end = line_end(text, at, unit->to);
        size_t from = at, to = end;
        if (at > unit->from) {
            from = line_text(
                text, at, end,
                memchr(text + unit->prefix_from, '>', unit->prefix_to - unit->prefix_from) != NULL);
            buf_add_str(out, " ");
        }
        while (to > from && ascii_is_blank(text[to - 1])) to--;
        buf_add(out, text + from, to - from);
    }
}

/* ---- wrapping ---- */

/* Whether a line that begins so would be something else than text. */
static bool is_mark(const char *word, size_t len) {
    if (len == 1 && strchr("-+*>|", word[0])) return true;
    if (word[0] == '#' || word[0] == '>' || word[0] == '|') return true;
    if (len >= 3 && strspn(word, "-=*_~`") >= len) return true;
    size_t n = 0;
    while (n < len && word[n] >= '0' && word[n] <= '9') n++;
    return n > 0 && n + 1 == len && (word[n] == '.' || word[n] == ')');
}

/* The end of the word at `at`; what stands in code or in a link has no blanks to break at. */
static size_t word_end(const char *line, size_t at, size_t len) {
    int brackets = 0, parentheses = 0;
    bool in_code = false;
    for (; at < len; at++) {
        char c = line[at];
        if (c == '`') in_code = !in_code;
        if (in_code) continue;
        if (c == '[') brackets++;
        if (c == ']' && brackets > 0) brackets--;
        if (c == '(' && at > 0 && line[at - 1] == ']') parentheses++;
        if (c == ')' && parentheses > 0) parentheses--;
        if (c == ' ' && brackets == 0 && parentheses == 0) break;
    }
    return at;
}

static size_t count_characters(const char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

void rewrite_unit_wrap(const struct rewrite_unit *unit, const char *text, const char *line,
                       size_t len, struct buf *out) {
    if (unit->width == 0) {
        buf_add(out, line, len);
        return;
    }
    size_t column = 0;
    for (size_t at = 0; at < len;) {
        size_t end = word_end(line, at, len), width = count_characters(line + at, end - at);
        if (column > 0) {
            if (column + 1 + width > unit->width && !is_mark(line + at, end - at)) {
                buf_add_str(out, unit->has_returns ? "\r\n" : "\n");
                buf_add(out, text + unit->prefix_from, unit->prefix_to - unit->prefix_from);
                column = 0;
            } else {
                buf_add_str(out, " ");
                column++;
            }
        }
        buf_add(out, line + at, end - at);
        column += width;
        at = end;
        while (at < len && line[at] == ' ') at++;
    }
}
