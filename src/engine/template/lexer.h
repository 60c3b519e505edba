/* Cuts a template's source into tokens, and the text between the tags, white space taken away as
 * trim_blocks, lstrip_blocks and the signs in the tags say. */
#ifndef INGLE_ENGINE_TEMPLATE_LEXER_H
#define INGLE_ENGINE_TEMPLATE_LEXER_H

#include "engine/template/ast.h"

enum token_kind {
    TOKEN_END, /* of the template */
    TOKEN_TEXT,
    TOKEN_PRINT_BEGIN, /* {{ */
    TOKEN_PRINT_END,
    TOKEN_BLOCK_BEGIN, /* {% */
    TOKEN_BLOCK_END,
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_INT,
    TOKEN_FLOAT,
    TOKEN_OPERATOR
};

struct token {
    enum token_kind kind;
    size_t where;
    const char *data; /* TEXT, NAME; STRING: decoded; OPERATOR: its characters */
    size_t len;
    int64_t i;
    double f;
};

struct lexer {
    struct template *t;
    size_t pos;
    enum { LEXER_ROOT, LEXER_PRINT, LEXER_BLOCK } state;
    bool line_starts; /* what came last ended a line */
    char *brackets;   /* [n_brackets] which are open */
    size_t n_brackets;
    enum token_kind pending; /* begun by the tag behind a text; TOKEN_END: none */
    size_t pending_where, pending_pos;
    ingle_error *err;
};

/* Copies the source into the template and begins. */
BASE_NODISCARD ingle_status lexer_init(struct lexer *x, struct template *t, const char *source,
                                       size_t len, ingle_error *err);
BASE_NODISCARD ingle_status lexer_next(struct lexer *x, struct token *out);

/* INVALID at this offset, with line and column. */
BASE_PRINTF(4, 5)
void lexer_say(const struct template *t, ingle_error *err, size_t where, const char *fmt, ...);
#define lexer_broken(t, err, ...) (lexer_say(t, err, __VA_ARGS__), (ingle_status)INGLE_INVALID)
/* NO_MEMORY, or LIMIT: the source makes too large a tree. */
void lexer_say_no_room(const struct template *t, ingle_error *err);
bool lexer_is_too_large(const struct template *t);
#define lexer_no_room(t, err)                                                                      \
    (lexer_say_no_room(t, err),                                                                    \
     (ingle_status)(lexer_is_too_large(t) ? INGLE_LIMIT : INGLE_NO_MEMORY))

#endif
