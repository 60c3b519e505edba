/* The parser, in two files: statements (parse.c) and expressions (parse_expr.c). */
#ifndef INGLE_ENGINE_TEMPLATE_PARSE_H
#define INGLE_ENGINE_TEMPLATE_PARSE_H

#include <assert.h>

#include "engine/template/lexer.h"

/* Of statements and brackets within each other. */
#define PARSE_MAX_DEPTH 200

struct parser {
    struct template *t;
    struct lexer lexer;
    struct token now, ahead;
    bool has_ahead;
    int depth;
    int n_loops;    /* around this place, within the innermost macro */
    unsigned names; /* NODE_VARARGS ... of the macros around this place that are mentioned */
    ingle_error *err;
};

/* The whole template: t->body. */
BASE_NODISCARD ingle_status parse_template(struct template *t, const char *source, size_t len,
                                           ingle_error *err);

/* For parse_expr.c. A list grows at its tail. */
BASE_NODISCARD ingle_status parse_node(struct parser *p, enum node_kind kind, size_t where,
                                       struct node **out);
static inline void parse_append(struct node ***tail, struct node *node) {
    assert(node);
    **tail = node;
    *tail = &node->next;
}
BASE_NODISCARD ingle_status parse_next(struct parser *p); /* moves to the next token */
BASE_NODISCARD ingle_status parse_look(struct parser *p); /* fills p->ahead */
BASE_NODISCARD ingle_status parse_expect(struct parser *p, const char *what);
void parse_say_unexpected(struct parser *p, const char *wanted);
#define parse_unexpected(p, wanted) (parse_say_unexpected(p, wanted), (ingle_status)INGLE_INVALID)
BASE_NODISCARD ingle_status parse_symbol(struct parser *p,
                                         int *out); /* of the name that stands here */
BASE_NODISCARD ingle_status parse_enter(struct parser *p);
bool parse_is(const struct parser *p, const char *what); /* an operator or a name */
static inline bool parse_is_kind(const struct parser *p, enum token_kind kind) {
    return p->now.kind == kind;
}
static inline void parse_leave(struct parser *p) {
    p->depth--;
}

/* parse_expr.c: an expression; one without a ternary at its top; one that may be a tuple without
 * brackets, up to the name `end` if that is not NULL; what may be assigned to. */
BASE_NODISCARD ingle_status parse_expression(struct parser *p, struct node **out);
BASE_NODISCARD ingle_status parse_or(struct parser *p, struct node **out);
BASE_NODISCARD ingle_status parse_tuple(struct parser *p, bool with_ternary, const char *end,
                                        struct node **out);
BASE_NODISCARD ingle_status parse_target(struct parser *p, const char *end, bool with_namespace,
                                         struct node **out);
/* Filters behind `on`; first: the first one has no '|' before it. */
BASE_NODISCARD ingle_status parse_filters(struct parser *p, struct node *on, bool first,
                                          struct node **out);

#endif
