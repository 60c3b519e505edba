#include "task/complete_end.h"

#include <ctype.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compiler.h"

#define MAX_COMPLETION ((size_t)1 << 20)
#define MAX_SCAN ((size_t)1 << 20)   /* bytes before the place that tell what is open there */
#define MAX_OVERLAP ((size_t)256)    /* bytes */
#define SIGNS_OF_A_LINE ((size_t)12) /* letters and digits by which a line is known anywhere */
#define FEW_SIGNS ((size_t)3)        /* or at the same indentation */

static size_t line_end(const char *text, size_t len, size_t at) {
    const char *end = memchr(text + at, '\n', len - at);
    return end ? (size_t)(end - text) : len;
}

static size_t trimmed(const char *text, size_t len) {
    while (len > 0 && ascii_is_blank(text[len - 1])) len--;
    return len;
}

static bool is_fence(const char *line, size_t len) {
    return len >= 3 && memcmp(line, "```", 3) == 0;
}

/* ---- the place ---- */

static void find_next_line(struct completion *c) {
    size_t at = line_end(c->after, c->after_len, 0);
    c->is_mid_line = trimmed(c->after, at) > 0;
    while (at < c->after_len) {
        size_t end = line_end(c->after, c->after_len, ++at);
        c->next = c->after + at;
        c->next_len = trimmed(c->next, end - at);
        if (c->next_len > 0) return;
        at = end;
    }
}

/* The last sign of text[0..len) that is no blank and no comment; *state goes on. */
static char last_sign(struct code_state *state, const char *text, size_t len) {
    char last = '\0';
    for (size_t at = 0; at < len;) {
        enum code_event event;
        size_t next = code_step(state, text, len, at, &event);
        bool is_code = state->mode == CODE_PLAIN || state->mode == CODE_STRING;
        if (is_code && !isspace((unsigned char)text[at])) last = text[at];
        at = next;
    }
    return last;
}

/* An empty line under one that opens a block belongs to that block, indented or not. */
static void find_indent(struct completion *c, const char *text, size_t line,
                        const struct code_language *language) {
    c->indent = code_indent(c->before, c->before_len, NULL);
    if (c->is_statement) return;
    size_t end = line;
    while (end > 0 && isspace((unsigned char)text[end - 1])) end--;
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n') begin--;
    if (begin == end) return;
    struct code_state state = {.language = language};
    char last = last_sign(&state, text + begin, end - begin);
    size_t above = code_indent(text + begin, end - begin, NULL);
    if ((last == ':' || last == '{') && c->indent <= above) c->indent = above + 1;
}

/* Whether an odd number of fences stands before. */
static bool is_fenced(const char *text, size_t len) {
    bool fenced = false;
    for (size_t at = 0; at < len; at = line_end(text, len, at) + 1) {
        fenced ^= is_fence(text + at, len - at);
    }
    return fenced;
}

void completion_init(struct completion *c, const struct code_language *language, const char *text,
                     size_t len, size_t at, ingle_complete_extent extent) {
    *c = (struct completion){.state.language = language};
    buf_init(&c->text, MAX_COMPLETION);
    size_t line = at;
    while (line > 0 && text[line - 1] != '\n') line--;
    c->before = text + line;
    c->before_len = at - line;
    c->after = text + at;
    c->after_len = len - at;
    c->is_statement = trimmed(c->before, c->before_len) > 0;
    find_next_line(c);
    find_indent(c, text, line, language);
    c->one_line = extent == INGLE_COMPLETE_LINE;
    c->in_fence = language->is_prose && is_fenced(text, line);

    size_t from = at > MAX_SCAN ? at - MAX_SCAN : 0;
    struct code_brackets open = {.n = 0};
    code_scan(&c->state, &open, text + from, at - from);
    char closers[CODE_MAX_OPEN];
    size_t seen = c->after_len < MAX_SCAN ? c->after_len : MAX_SCAN;
    size_t n = code_closers(c->state, c->after, seen, closers, sizeof closers, &c->string_ends);
    c->may_close = code_unclosed(&open, closers, n);
    for (size_t i = 0; i < c->may_close; i++) {
        if (from + open.where[open.n - 1 - i] >= line) c->owed++;
    }
    struct code_state again = {.language = language};
    c->last = last_sign(&again, c->before, c->before_len);
    c->in_block = c->is_statement && (c->last == ':' || c->last == '{') && !language->is_prose;
}

void completion_clear(struct completion *c) {
    buf_clear(&c->text);
}

/* ---- the end ---- */

static void end_at(struct completion *c, size_t at, ingle_complete_reason reason) {
    c->is_over = true;
    c->reason = reason;
    c->text.size = at;
}

/* How much of line[0..len) tells it from others. */
static size_t signs(const char *line, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += code_is_word(line[i]);
    return n;
}

/* Its indentation counts unless the line is known anywhere; of a line of punctuation even the
 * brackets decide, not this. */
static bool is_next_line(const struct completion *c, const char *line, size_t len) {
    size_t blank, next_blank;
    len = trimmed(line, len);
    size_t n = signs(line, len);
    if (c->state.language->is_prose && is_fence(line, len)) n = SIGNS_OF_A_LINE;
    if (len == 0 || n < FEW_SIGNS || c->next_len == 0) return false;
    bool same_indent =
        code_indent(line, len, &blank) == code_indent(c->next, c->next_len, &next_blank);
    if (!same_indent && n < SIGNS_OF_A_LINE) return false;
    return len - blank == c->next_len - next_blank &&
           memcmp(line + blank, c->next + next_blank, len - blank) == 0;
}

/* A line that begins in the completion, or at a place before which only blanks stand. */
static bool has_own_line(const struct completion *c) {
    return c->line > 0 || !c->is_statement;
}

/* The last line whole, up to `end`. */
static bool repeats(const struct completion *c, size_t end) {
    if (!has_own_line(c)) return false;
    if (c->line > 0) return is_next_line(c, c->text.data + c->line, end - c->line);
    char line[1024];
    if (c->before_len + end > sizeof line) return false;
    memcpy(line, c->before, c->before_len);
    memcpy(line + c->before_len, c->text.data, end);
    return is_next_line(c, line, c->before_len + end);
}

/* A statement that is over at a line end, as far as the line itself tells. */
static bool ends_here(const struct completion *c) {
    if (!c->is_statement || c->in_block || c->n_open > 0 || c->n_closed < c->owed) return false;
    if (c->state.mode == CODE_STRING || c->state.mode == CODE_BLOCK_COMMENT) return false;
    switch (c->state.language->ending) {
    case CODE_ENDS_SEMICOLON:
        return c->last == ';';
    case CODE_ENDS_NEWLINE:
        return c->last && !strchr(":\\,", c->last);
    case CODE_ENDS_OPERAND:
        return c->last && (code_is_word(c->last) || strchr(")]}\"'`;", c->last));
    case CODE_ENDS_UNSAID:
        break;
    }
    return false;
}

/* A line end of prose. True: it is over. */
static bool prose_line_end(struct completion *c, size_t at, size_t n) {
    const char *line = c->text.data + c->line;
    bool fence = has_own_line(c) && is_fence(line, n);
    if (fence && c->in_fence) {
        end_at(c, at, INGLE_COMPLETE_AT_BLOCK);
        return true;
    }
    if (fence) c->in_fence = true;
    if (c->in_fence || n > 0 || c->line == 0) return false;
    end_at(c, c->line, INGLE_COMPLETE_AT_BLOCK);
    return true;
}

/* At the newline text[at]. True: it is over. */
static bool at_line_end(struct completion *c, size_t at) {
    size_t n = trimmed(c->text.data + c->line, at - c->line);
    bool is_free =
        c->n_open == 0 && c->state.mode != CODE_STRING && c->state.mode != CODE_BLOCK_COMMENT;
    if (repeats(c, at)) {
        end_at(c, c->line > 0 ? c->line - 1 : 0, INGLE_COMPLETE_REPEAT);
        return true;
    }
    bool has_line = c->line > 0 || n > 0 || c->is_statement;
    if (has_line && (c->one_line || (c->is_mid_line && is_free))) {
        end_at(c, at, INGLE_COMPLETE_AT_LINE);
        return true;
    }
    if (c->state.language->is_prose) return prose_line_end(c, at, n);
    if (c->line == 0 && is_free && c->is_statement && !c->in_block && c->n_closed >= c->owed &&
        (c->last == '\0' || (n == 0 && ends_here(c)))) {
        /* A comment, or a line that was whole: what comes is a block under it. */
        c->is_statement = false;
        return false;
    }
    if (ends_here(c)) {
        end_at(c, at, INGLE_COMPLETE_AT_BLOCK);
        return true;
    }
    if (is_free && (c->last == ':' || c->last == '{')) c->in_block = true;
    c->after_blank = n == 0 && has_own_line(c) && at > 0;
    return false;
}

/* Words by which a block goes on at its own indentation. */
static bool goes_on(const char *line, size_t len) {
    static const char *const words[] = {"else",   "elif",   "elsif",   "except", "finally",
                                        "catch",  "case",   "default", "then",   "do",
                                        "rescue", "ensure", "where",   "{"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        size_t n = strlen(words[i]);
        if (n <= len && memcmp(line, words[i], n) == 0 &&
            (n == len || !code_is_word(line[n]) || words[i][0] == '{')) {
            return true;
        }
    }
    return false;
}

/* As long as it may still become one of them. */
static bool may_go_on(const char *line, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!code_is_word(line[i])) return false;
    }
    return len < sizeof "default";
}

/* At the first sign of a line, text[at]: *held is set if more of the line must be seen. */
static bool at_line_begin(struct completion *c, size_t at, bool *held) {
    const char *text = c->text.data;
    if (c->state.language->is_prose || c->n_open > 0 || c->n_closed < c->owed) return false;
    if (strchr(")]}", text[at])) return false; /* brackets decide */
    size_t columns = code_indent(text + c->line, at - c->line, NULL);
    bool ends = c->is_statement || c->after_blank ? columns <= c->indent : columns < c->indent;
    if (!ends) return false;
    size_t end = line_end(text, c->text.size, at);
    bool same = columns == c->indent && c->is_statement && !c->after_blank;
    *held = same && !c->is_final && end == c->text.size && may_go_on(text + at, end - at);
    if (*held || (same && goes_on(text + at, end - at))) return false;
    size_t stop = c->line;
    while (stop > 0 && isspace((unsigned char)text[stop - 1])) stop--;
    end_at(c, stop, INGLE_COMPLETE_AT_BLOCK);
    return true;
}

/* At a closing bracket, text[at]. */
static bool at_closer(struct completion *c, size_t at) {
    if (c->n_open > 0) {
        c->n_open--;
        return false;
    }
    if (c->n_closed < c->may_close) {
        c->n_closed++;
        size_t blank;
        size_t columns = code_indent(c->text.data + c->line, at - c->line, &blank);
        if (c->line > 0 && c->line + blank == at && columns < c->indent) c->indent = columns;
        return false;
    }
    end_at(c, at, INGLE_COMPLETE_BRACKET);
    return true;
}

/* Whether text[at..size) may be the beginning of a sign of several characters. */
static bool is_cut(const struct completion *c, size_t at) {
    const struct code_language *l = c->state.language;
    char sign = c->text.data[at];
    size_t needs = 1;
    switch (c->state.mode) {
    case CODE_STRING:
        if (sign == '\\') needs = 2;
        if (c->state.is_triple && sign == c->state.quote) needs = 3;
        break;
    case CODE_BLOCK_COMMENT:
        if (sign == l->block_end[0]) needs = 2;
        break;
    case CODE_PLAIN:
        if (l->line_comment && sign == l->line_comment[0]) needs = strlen(l->line_comment);
        if (l->block_begin && sign == l->block_begin[0]) needs = 2;
        if (l->has_triple_quotes && (sign == '"' || sign == '\'')) needs = 3;
        break;
    case CODE_LINE_COMMENT:
        break;
    }
    return c->text.size - at < needs;
}

/* One step at text[at]. True: it is over, or more must be seen first. */
static bool step(struct completion *c) {
    size_t at = c->at;
    if (!c->is_final && is_cut(c, at)) return true;
    const char *text = c->text.data;
    bool own = c->line > 0, held = false;
    size_t blank;
    code_indent(text + c->line, at - c->line, &blank);
    bool is_first = own && c->line + blank == at && !isspace((unsigned char)text[at]);
    bool was_string = c->state.mode == CODE_STRING;
    if (is_first && c->state.mode == CODE_PLAIN && at_line_begin(c, at, &held)) return true;
    if (held) return true;
    if (text[at] == '\n' && at_line_end(c, at)) return true;
    enum code_event event;
    size_t next = code_step(&c->state, text, c->text.size, at, &event);
    if (event == CODE_ENDS_STRING && c->string_ends) {
        end_at(c, at, INGLE_COMPLETE_BRACKET);
        return true;
    }
    if (was_string && c->state.mode != CODE_STRING) c->string_ends = false;
    if (event == CODE_OPENS) c->n_open++;
    if (event == CODE_CLOSES && at_closer(c, at)) return true;
    bool is_code = c->state.mode == CODE_PLAIN || c->state.mode == CODE_STRING;
    if (is_code && !isspace((unsigned char)text[at])) c->last = text[at];
    c->at = next;
    if (text[at] == '\n') c->line = next;
    return false;
}

/* ---- what follows anyway ---- */

/* The state after the first n bytes: whether a bracket or a string of the text's own is open. */
static bool is_open(const struct completion *c, size_t n, bool *in_string) {
    struct code_state state = {.language = c->state.language};
    struct code_brackets open = {.n = 0};
    code_scan(&state, &open, c->text.data, n);
    *in_string = state.mode == CODE_STRING;
    return open.n > 0;
}

/* Whether the last n bytes may be taken off: they are whole words, and what is left needs no
 * bracket or quote of them. */
static bool may_drop(const struct completion *c, size_t n) {
    const char *tail = c->text.data + c->text.size - n;
    if (((unsigned char)tail[0] & 0xc0) == 0x80) return false;
    if (n < c->text.size && code_is_word(tail[-1]) && code_is_word(tail[0])) return false;
    if (n < c->after_len && code_is_word(tail[n - 1]) && code_is_word(c->after[n])) return false;
    bool in_string;
    bool open = is_open(c, c->text.size - n, &in_string);
    for (size_t i = 0; i < n; i++) {
        if (open && strchr(")]}", tail[i])) return false;
        if (in_string && strchr("\"'`", tail[i])) return false;
    }
    return true;
}

/* The longest end of text[0..size) that what follows begins with, of those that `ok` takes (NULL:
 * any). */
static size_t overlap(const struct completion *c, size_t size,
                      bool (*ok)(const struct completion *c, size_t n)) {
    size_t n = size < c->after_len ? size : c->after_len;
    if (n > MAX_OVERLAP) n = MAX_OVERLAP;
    for (; n > 0; n--) {
        if (memcmp(c->text.data + size - n, c->after, n) != 0) continue;
        if (!ok || ok(c, n)) return n;
    }
    return 0;
}

static void trim(struct completion *c) {
    c->text.size -= overlap(c, c->text.size, may_drop);
    if (c->is_mid_line) return;
    while (c->text.size > 0 && isspace((unsigned char)c->text.data[c->text.size - 1])) {
        c->text.size--;
    }
}

/* ---- the way through ---- */

static void advance(struct completion *c) {
    while (c->at < c->text.size && !c->is_over) {
        if (step(c)) break;
    }
    if (c->is_over) trim(c);
}

bool completion_add(struct completion *c, const char *text, size_t len) {
    if (c->is_over) return false;
    if (!buf_add(&c->text, text, len)) {
        c->is_over = true;
        c->reason = INGLE_COMPLETE_LENGTH;
        return false;
    }
    advance(c);
    return !c->is_over;
}

void completion_finish(struct completion *c, ingle_complete_reason reason) {
    if (c->is_over) return;
    c->is_final = true;
    advance(c);
    if (c->is_over) return;
    bool is_whole = c->text.size > c->line;
    c->is_over = true;
    c->reason = reason;
    if (is_whole && repeats(c, c->text.size)) {
        c->reason = INGLE_COMPLETE_REPEAT;
        c->text.size = c->line > 0 ? c->line - 1 : 0;
    }
    trim(c);
}

/* Whether the last line, as far as it is written, may become the one that follows. */
static bool may_repeat(const struct completion *c) {
    if (!has_own_line(c) || c->next_len == 0) return false;
    size_t n, blank, next_blank;
    const char *line = c->text.data + c->line;
    n = c->text.size - c->line;
    code_indent(line, n, &blank);
    code_indent(c->next, c->next_len, &next_blank);
    n = trimmed(line + blank, n - blank);
    return n <= c->next_len - next_blank && memcmp(line + blank, c->next + next_blank, n) == 0;
}

size_t completion_certain(const struct completion *c) {
    if (c->is_over) return c->text.size;
    /* It may end at any byte from here on, */
    size_t end = c->at < c->text.size ? c->at : c->text.size;
    if (may_repeat(c) && c->line <= end) end = c->line > 0 ? c->line - 1 : 0;
    while (end > 0 && isspace((unsigned char)c->text.data[end - 1])) end--;
    /* and lose what it has in common there with what follows, and blanks. */
    size_t size = end;
    for (; end <= c->text.size; end++) {
        size_t left = end - overlap(c, end, NULL);
        if (left < size) size = left;
    }
    while (size > 0 && isspace((unsigned char)c->text.data[size - 1])) size--;
    return size;
}
