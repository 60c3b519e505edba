#include "task/document/source.h"

#include <string.h>

#include "base/compiler.h"

#define SCRIPT_WORDS " def class async module function sub package "
#define BRACE_WORDS                                                                                \
    " func function fn pub struct enum trait impl interface type class module namespace export "   \
    "public private protected internal static abstract final mod fun object extension protocol "   \
    "data sealed open override suspend "

static const struct source_language languages[] = {
    {" c h cc cpp cxx hh hpp hxx m mm ", "//", "/*", "*/", NULL},
    {" js mjs cjs jsx ts tsx java kt kts cs go rs swift scala dart php groovy zig ", "//", "/*",
     "*/", BRACE_WORDS},
    {" py pyi ", "#", "\"\"\"", "\"\"\"", SCRIPT_WORDS},
    {" rb sh bash zsh pl pm r jl ex exs tcl cmake mk ", "#", NULL, NULL, SCRIPT_WORDS},
    {" sql ", "--", "/*", "*/", " create CREATE alter ALTER "},
    {" lua ", "--", "--[[", "]]", " function local "},
    {" hs ", "--", "{-", "-}", " module data newtype class instance type "},
    {" el lisp scm clj cljs ", ";", NULL, NULL, " (def (defun (defmacro (defn (define "},
    {" css scss less ", NULL, "/*", "*/", NULL},
};

static bool has_word(const char *words, const char *word, size_t len) {
    for (const char *at = words; (at = strchr(at, ' ')) && at[1];) {
        at++;
        if (strncmp(at, word, len) == 0 && at[len] == ' ') return true;
    }
    return false;
}

const struct source_language *source_language(const char *ending, size_t len) {
    if (len == 0 || len > 10 || memchr(ending, ' ', len)) return NULL;
    for (size_t i = 0; i < BASE_COUNT(languages); i++) {
        if (has_word(languages[i].endings, ending, len)) return &languages[i];
    }
    return NULL;
}

struct scan {
    struct doc_text *out;
    const struct source_language *language;
    struct buf comment; /* lines of comments that follow each other */
    bool in_comment;    /* open ... close */
    bool keeps_open;    /* a declaration goes on in the next line */
};

/* What a comment says that stands in every file: nobody reads it for that. */
static bool is_boilerplate(const struct buf *comment) {
    static const char *const signs[] = {"SPDX-License-Identifier", "Copyright (c)", "Copyright ©",
                                        "Licensed under", "All rights reserved"};
    for (size_t i = 0; i < BASE_COUNT(signs); i++) {
        if (memmem(comment->data, comment->size, signs[i], strlen(signs[i]))) return true;
    }
    return false;
}

static void end_comment(struct scan *s) {
    struct buf *c = &s->comment;
    if (c->size && !is_boilerplate(c)) {
        doc_text_gap(s->out, DOC_BLOCK);
        for (size_t at = 0; at < c->size;) {
            struct doc_piece line = doc_line(c->data, c->size, &at);
            struct doc_piece bare = doc_trim(line.data, line.len);
            if (bare.len == 0)
                doc_text_gap(s->out, DOC_BLOCK);
            else
                doc_text_add(s->out, bare.data, bare.len), doc_text_gap(s->out, DOC_SPACE);
        }
        doc_text_gap(s->out, DOC_BLOCK);
    }
    if (buf_failed(c)) s->out->text.failed = true;
    buf_reset(c);
}

/* A line of a comment without the stars, slashes and rules that decorate it. */
static void add_comment(struct scan *s, struct doc_piece line) {
    line = doc_trim(line.data, line.len);
    while (line.len && strchr("*/!#-=;", line.data[0])) {
        line = doc_trim(line.data + 1, line.len - 1);
    }
    while (line.len && strchr("*/-=#", line.data[line.len - 1])) line.len--;
    buf_add(&s->comment, line.data, line.len);
    buf_add_str(&s->comment, "\n");
}

static bool is_declaration(const struct scan *s, struct doc_piece line) {
    const char *words = s->language->words;
    struct doc_piece bare = doc_trim(line.data, line.len);
    if (bare.len < 4) return false;
    if (words) {
        size_t n = 0;
        while (n < bare.len && !ascii_is_space(bare.data[n])) n++;
        return has_word(words, bare.data, n);
    }
    return (ascii_is_letter(line.data[0]) || line.data[0] == '_') &&
           strchr("{;,)", bare.data[bare.len - 1]) &&
           (memchr(bare.data, '(', bare.len) || bare.data[bare.len - 1] == '{');
}

static void see_code(struct scan *s, struct doc_piece line) {
    struct doc_piece bare = doc_trim(line.data, line.len);
    if (bare.len == 0) {
        s->keeps_open = false;
        return;
    }
    bool is_one = s->keeps_open || is_declaration(s, line);
    end_comment(s);
    if (!is_one) return;
    s->keeps_open = bare.data[bare.len - 1] == ',';
    if (bare.data[bare.len - 1] == '{') bare.len--;
    size_t indent = (size_t)(bare.data - line.data);
    doc_text_code_line(s->out, line.data, indent + bare.len);
}

/* The offset of the comment that begins in a line of code; line.len if none does. Strings are
 * passed over. */
static size_t find_comment(const struct source_language *l, struct doc_piece line, bool *is_open) {
    char quote = '\0';
    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];
        if (quote) {
            if (c == '\\')
                i++;
            else if (c == quote)
                quote = '\0';
            continue;
        }
        *is_open = l->open && doc_starts(line.data + i, line.len - i, l->open);
        if (*is_open) return i;
        bool is_line = l->line && doc_starts(line.data + i, line.len - i, l->line);
        if (is_line && (l->line[0] != '#' || i == 0 || ascii_is_space(line.data[i - 1]))) return i;
        if (c == '"' || c == '`') quote = c;
        /* In many languages an apostrophe is no quote, or one of a single character. */
        if (c == '\'' && i + 2 < line.len && line.data[i + 2] == '\'') i += 2;
    }
    *is_open = false;
    return line.len;
}

static void see_line(struct scan *s, struct doc_piece line) {
    const struct source_language *l = s->language;
    for (;;) {
        if (s->in_comment) {
            const char *end =
                line.len ? memmem(line.data, line.len, l->close, strlen(l->close)) : NULL;
            size_t n = end ? (size_t)(end - line.data) : line.len;
            add_comment(s, (struct doc_piece){line.data, n});
            if (!end) return;
            s->in_comment = false;
            n += strlen(l->close);
            line = (struct doc_piece){line.data + n, line.len - n};
            if (doc_trim(line.data, line.len).len == 0) return;
        }
        bool is_open;
        size_t n = find_comment(l, line, &is_open);
        bool is_whole = doc_trim(line.data, n).len == 0 && n < line.len;
        if (!is_whole) see_code(s, (struct doc_piece){line.data, n});
        if (n == line.len) return;
        if (!is_open) {
            if (is_whole) add_comment(s, (struct doc_piece){line.data + n, line.len - n});
            return; /* what is said beside code is about the line, not the program */
        }
        n += strlen(l->open);
        line = (struct doc_piece){line.data + n, line.len - n};
        s->in_comment = true;
    }
}

void source_read(struct doc_text *out, const struct source_language *language, const char *text,
                 size_t len) {
    struct scan s = {.out = out, .language = language};
    buf_init(&s.comment, 2 * len + 16);
    for (size_t at = 0; at < len;) {
        struct doc_piece line = doc_line(text, len, &at);
        bool is_empty = doc_trim(line.data, line.len).len == 0;
        if (is_empty && !s.in_comment) {
            end_comment(&s);
            s.keeps_open = false;
            continue;
        }
        see_line(&s, line);
    }
    end_comment(&s);
    if (buf_failed(&s.comment)) out->text.failed = true;
    buf_clear(&s.comment);
}
