#include "task/complete_code.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"

static const struct code_language languages[] = {
    {.extensions = " c h cc cpp cxx hh hpp hxx m mm java cs d glsl hlsl cu proto php ",
     .line_comment = "//",
     .block_begin = "/*",
     .block_end = "*/",
     .quotes = "\"'",
     .ending = CODE_ENDS_SEMICOLON},
    {.extensions = " js jsx mjs cjs ts tsx mts cts vue svelte ",
     .line_comment = "//",
     .block_begin = "/*",
     .block_end = "*/",
     .quotes = "\"'",
     .raw_quotes = "`",
     .ending = CODE_ENDS_SEMICOLON},
    {.extensions = " go ",
     .line_comment = "//",
     .block_begin = "/*",
     .block_end = "*/",
     .quotes = "\"'",
     .raw_quotes = "`",
     .ending = CODE_ENDS_OPERAND},
    {.extensions = " rs ", /* ' begins lifetimes too */
     .line_comment = "//",
     .block_begin = "/*",
     .block_end = "*/",
     .quotes = "\"",
     .ending = CODE_ENDS_SEMICOLON},
    {.extensions = " kt kts scala swift dart groovy gradle zig css scss less json jsonc ",
     .line_comment = "//",
     .block_begin = "/*",
     .block_end = "*/",
     .quotes = "\""},
    {.extensions = " py pyi pyx bzl star ",
     .line_comment = "#",
     .quotes = "\"'",
     .has_triple_quotes = true,
     .ending = CODE_ENDS_NEWLINE},
    {.extensions = " sh bash zsh fish rb pl pm r jl yaml yml toml ini cfg conf mk cmake nix tcl ",
     .line_comment = "#",
     .quotes = "\"'"},
    {.extensions = " lua sql hs elm adb ads vhd ", .line_comment = "--", .quotes = "\"'"},
    {.extensions = " lisp el clj scm rkt asm s ", .line_comment = ";", .quotes = "\""},
    {.extensions = " md markdown txt text rst adoc org tex ", .is_prose = true},
};

/* Of any other name: brackets count, quotes may be apostrophes. */
static const struct code_language unknown = {.extensions = ""};

static bool lists(const char *extensions, const char *extension, size_t len) {
    for (const char *p = extensions; (p = strchr(p, ' ')) && p[1]; p++) {
        if (strncasecmp(p + 1, extension, len) == 0 && p[1 + len] == ' ') return true;
    }
    return false;
}

const struct code_language *code_language_of(const char *name) {
    const char *dot = name ? strrchr(name, '.') : NULL;
    if (!dot || !dot[1] || strchr(dot, '/') || strchr(dot, ' ')) return &unknown;
    for (size_t i = 0; i < BASE_COUNT(languages); i++) {
        if (lists(languages[i].extensions, dot + 1, strlen(dot + 1))) return &languages[i];
    }
    return &unknown;
}

static bool begins(const char *text, size_t len, size_t at, const char *with) {
    size_t n = with ? strlen(with) : 0;
    return n > 0 && n <= len - at && memcmp(text + at, with, n) == 0;
}

static bool has(const char *set, char c) {
    return set && c && strchr(set, c);
}

/* Inside of a string. */
static size_t step_string(struct code_state *s, const char *text, size_t len, size_t at,
                          enum code_event *event) {
    const char end[] = {s->quote, s->quote, s->quote, '\0'};
    size_t n = s->is_triple ? 3 : 1;
    if (text[at] == '\\' && at + 1 < len && !(s->is_raw && !s->is_triple)) return at + 2;
    if (text[at] == '\n' && !s->is_raw) s->mode = CODE_PLAIN; /* it was never ended */
    if (n > len - at || memcmp(text + at, end, n) != 0) return at + 1;
    s->mode = CODE_PLAIN;
    *event = CODE_ENDS_STRING;
    return at + n;
}

static size_t step_plain(struct code_state *s, const char *text, size_t len, size_t at,
                         enum code_event *event) {
    const struct code_language *l = s->language;
    char c = text[at];
    if (begins(text, len, at, l->line_comment)) {
        s->mode = CODE_LINE_COMMENT;
        return at + strlen(l->line_comment);
    }
    if (begins(text, len, at, l->block_begin)) {
        s->mode = CODE_BLOCK_COMMENT;
        return at + strlen(l->block_begin);
    }
    if (has(l->quotes, c) || has(l->raw_quotes, c)) {
        const char three[] = {c, c, c, '\0'};
        s->mode = CODE_STRING;
        s->quote = c;
        s->is_triple = l->has_triple_quotes && begins(text, len, at, three);
        s->is_raw = s->is_triple || has(l->raw_quotes, c);
        return at + (s->is_triple ? 3 : 1);
    }
    if (!l->is_prose && has("([{", c)) *event = CODE_OPENS;
    if (!l->is_prose && has(")]}", c)) *event = CODE_CLOSES;
    return at + 1;
}

size_t code_step(struct code_state *s, const char *text, size_t len, size_t at,
                 enum code_event *event) {
    *event = CODE_NOTHING;
    switch (s->mode) {
    case CODE_STRING:
        return step_string(s, text, len, at, event);
    case CODE_LINE_COMMENT:
        if (text[at] == '\n') s->mode = CODE_PLAIN;
        return at + 1;
    case CODE_BLOCK_COMMENT:
        if (!begins(text, len, at, s->language->block_end)) return at + 1;
        s->mode = CODE_PLAIN;
        return at + strlen(s->language->block_end);
    case CODE_PLAIN:
        break;
    }
    return step_plain(s, text, len, at, event);
}

static void push(struct code_brackets *b, char c, size_t where) {
    if (b->n == CODE_MAX_OPEN) {
        memmove(b->open, b->open + 1, sizeof b->open - 1);
        memmove(b->where, b->where + 1, sizeof b->where - sizeof b->where[0]);
        b->n--;
    }
    b->open[b->n] = c;
    b->where[b->n++] = where;
}

static char closer_of(char opener) {
    return (char)(opener == '(' ? ')' : opener == '[' ? ']' : '}');
}

/* The innermost bracket of its kind: what was opened inside of it and never closed is a slip of who
 * writes. A closer of which there is none open counts for nothing. */
static void pop(struct code_brackets *b, char c) {
    for (size_t i = b->n; i-- > 0;) {
        if (closer_of(b->open[i]) != c) continue;
        b->n = i;
        return;
    }
}

void code_scan(struct code_state *s, struct code_brackets *b, const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        enum code_event event;
        size_t next = code_step(s, text, len, at, &event);
        if (event == CODE_OPENS) push(b, text[at], at);
        if (event == CODE_CLOSES) pop(b, text[at]);
        at = next;
    }
}

size_t code_closers(struct code_state s, const char *text, size_t len, char *out, size_t cap,
                    bool *ends_string) {
    struct code_brackets b = {.n = 0};
    bool first_string = s.mode == CODE_STRING;
    size_t n = 0;
    *ends_string = false;
    for (size_t at = 0; at < len && n < cap;) {
        enum code_event event;
        /* What the string needs to end is still to be written. */
        if (first_string && text[at] == '\n') {
            first_string = false;
            if (!s.is_raw) s.mode = CODE_PLAIN;
        }
        size_t next = code_step(&s, text, len, at, &event);
        if (event == CODE_ENDS_STRING && first_string) {
            *ends_string = true;
            first_string = false;
        }
        if (event == CODE_OPENS) push(&b, text[at], at);
        if (event == CODE_CLOSES && b.n == 0) out[n++] = text[at];
        if (event == CODE_CLOSES) pop(&b, text[at]);
        at = next;
    }
    return n;
}

/* Whether the closers fit the brackets that are open outside of the `inner` innermost ones. */
static bool fits(const struct code_brackets *b, size_t inner, const char *closers, size_t n) {
    for (size_t i = 0; i < n && inner + i < b->n; i++) {
        if (closer_of(b->open[b->n - 1 - inner - i]) != closers[i]) return false;
    }
    return true;
}

size_t code_unclosed(const struct code_brackets *b, const char *closers, size_t n) {
    size_t least = b->n > n ? b->n - n : 0;
    for (size_t inner = least; inner < b->n; inner++) {
        if (fits(b, inner, closers, n)) return inner;
    }
    return least;
}

size_t code_indent(const char *line, size_t len, size_t *n) {
    size_t columns = 0, i = 0;
    for (; i < len && (line[i] == ' ' || line[i] == '\t'); i++) {
        columns = line[i] == '\t' ? (columns / 8 + 1) * 8 : columns + 1;
    }
    if (n) *n = i;
    return columns;
}

bool code_is_word(char c) {
    return c == '_' || isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}
