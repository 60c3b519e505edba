/* What a completion needs to know of a programming language: where strings, comments and brackets
 * begin and end, and what ends a statement. A handful of families, told by the file's name; no
 * parser: code that is being written is never whole. */
#ifndef INGLE_TASK_COMPLETE_CODE_H
#define INGLE_TASK_COMPLETE_CODE_H

#include <stdbool.h>
#include <stddef.h>

enum code_ending {
    CODE_ENDS_UNSAID, /* only what follows tells whether a statement is over */
    CODE_ENDS_SEMICOLON,
    CODE_ENDS_NEWLINE, /* a line end, but after : \ and , (Python) */
    CODE_ENDS_OPERAND  /* a line end after a name, literal or closing bracket (Go) */
};

struct code_language {
    const char *extensions;   /* " c h cc " */
    const char *line_comment; /* NULL = none */
    const char *block_begin, *block_end;
    const char *quotes;     /* of strings of one line */
    const char *raw_quotes; /* of strings of many lines, without escapes in Go */
    bool has_triple_quotes;
    bool is_prose; /* no brackets, no statements: paragraphs */
    enum code_ending ending;
};

/* Never NULL; name may be NULL. */
const struct code_language *code_language_of(const char *name);

enum code_mode { CODE_PLAIN, CODE_STRING, CODE_LINE_COMMENT, CODE_BLOCK_COMMENT };

/* Where a scan of a text is. Zeroed but for the language: at its beginning. */
struct code_state {
    const struct code_language *language;
    enum code_mode mode;
    char quote;     /* of CODE_STRING */
    bool is_triple; /* it takes three of them to end it */
    bool is_raw;    /* it goes on at a line end */
};

enum code_event { CODE_NOTHING, CODE_OPENS, CODE_CLOSES, CODE_ENDS_STRING };

/* Takes the next piece of text[at..len), at < len, and returns where the one after it begins. */
size_t code_step(struct code_state *s, const char *text, size_t len, size_t at,
                 enum code_event *event);

/* Brackets that are open, the innermost last. Of more than the capacity, the inner ones. */
#define CODE_MAX_OPEN 128

struct code_brackets {
    char open[CODE_MAX_OPEN];
    size_t where[CODE_MAX_OPEN]; /* byte offsets */
    size_t n;
};

/* Scans text[0..len) on from *s and keeps account of the brackets in *b. */
void code_scan(struct code_state *s, struct code_brackets *b, const char *text, size_t len);

/* Closing brackets in text[0..len), scanned from a state, that nothing in it opens: at most cap are
 * written to out; returns how many. *ends_string: whether a string that the text begins in ends in
 * its first line. */
size_t code_closers(struct code_state s, const char *text, size_t len, char *out, size_t cap,
                    bool *ends_string);

/* How many of the open brackets, the innermost first, nothing among the closers closes. */
size_t code_unclosed(const struct code_brackets *b, const char *closers, size_t n);

/* Columns of the blanks at the beginning of a line; *n receives their bytes. A tab goes on to the
 * next multiple of eight. */
size_t code_indent(const char *line, size_t len, size_t *n);

bool code_is_word(char c); /* letters, digits, _ and all that is no ASCII */

#endif
