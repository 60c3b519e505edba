#include "engine/template/parse.h"

#include <string.h>

static ingle_status parse_body(struct parser *p, const char *const *ends, struct node **list);

ingle_status parse_node(struct parser *p, enum node_kind kind, size_t where, struct node **out) {
    struct node *node = arena_alloc(&p->t->arena, sizeof *node);
    if (!node) return lexer_no_room(p->t, p->err);
    node->kind = kind;
    node->where = where;
    node->symbol = SYMBOL_NONE;
    *out = node;
    return INGLE_OK;
}

ingle_status parse_look(struct parser *p) {
    if (p->has_ahead) return INGLE_OK;
    p->has_ahead = true;
    return lexer_next(&p->lexer, &p->ahead);
}

ingle_status parse_next(struct parser *p) {
    INGLE_TRY(parse_look(p));
    p->now = p->ahead;
    p->has_ahead = false;
    return INGLE_OK;
}

bool parse_is(const struct parser *p, const char *what) {
    bool has_text = p->now.kind == TOKEN_OPERATOR || p->now.kind == TOKEN_NAME;
    return has_text && p->now.len == strlen(what) && memcmp(p->now.data, what, p->now.len) == 0;
}

void parse_say_unexpected(struct parser *p, const char *wanted) {
    static const char *const kinds[] = {
        [TOKEN_END] = "the end of the template",
        [TOKEN_TEXT] = "text",
        [TOKEN_PRINT_BEGIN] = "'{{'",
        [TOKEN_PRINT_END] = "'}}'",
        [TOKEN_BLOCK_BEGIN] = "'{%'",
        [TOKEN_BLOCK_END] = "'%}'",
        [TOKEN_STRING] = "a string",
        [TOKEN_INT] = "a number",
        [TOKEN_FLOAT] = "a number",
    };
    if (p->now.kind == TOKEN_NAME || p->now.kind == TOKEN_OPERATOR) {
        lexer_say(p->t, p->err, p->now.where, "%s should stand here, not '%.*s'", wanted,
                  (int)(p->now.len < 60 ? p->now.len : 60), p->now.data);
        return;
    }
    lexer_say(p->t, p->err, p->now.where, "%s should stand here, not %s", wanted,
              kinds[p->now.kind]);
}

ingle_status parse_expect(struct parser *p, const char *what) {
    if (parse_is(p, what)) return parse_next(p);
    char wanted[24] = "'";
    strncat(wanted, what, 16);
    strncat(wanted, "'", 2);
    return parse_unexpected(p, wanted);
}

static ingle_status expect_block_end(struct parser *p) {
    return parse_is_kind(p, TOKEN_BLOCK_END) ? parse_next(p) : parse_unexpected(p, "'%}'");
}

ingle_status parse_symbol(struct parser *p, int *out) {
    *out = symbol_enter(p->t, p->now.data, p->now.len);
    return *out == SYMBOL_NONE ? lexer_no_room(p->t, p->err) : parse_next(p);
}

ingle_status parse_enter(struct parser *p) {
    if (p->depth == PARSE_MAX_DEPTH) {
        return status_set(p->err, INGLE_LIMIT, p->now.where,
                          "The chat template is nested more than %d deep.", PARSE_MAX_DEPTH);
    }
    p->depth++;
    return INGLE_OK;
}

static ingle_status name_here(struct parser *p, int *out) {
    return parse_is_kind(p, TOKEN_NAME) ? parse_symbol(p, out) : parse_unexpected(p, "a name");
}

static ingle_status parse_print(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_PRINT, p->now.where, out));
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_tuple(p, true, NULL, &(*out)->a));
    return parse_is_kind(p, TOKEN_PRINT_END) ? parse_next(p) : parse_unexpected(p, "'}}'");
}

static ingle_status parse_if(struct parser *p, struct node **out) {
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    static const char *const last[] = {"endif", NULL};
    struct node **at = out;
    bool is_first = true;
    while (is_first || parse_is(p, "elif")) {
        INGLE_TRY(parse_node(p, NODE_IF, p->now.where, at));
        if (!is_first) (*at)->flags |= NODE_ELIF;
        is_first = false;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_tuple(p, false, NULL, &(*at)->a));
        INGLE_TRY(parse_body(p, ends, &(*at)->list));
        at = &(*at)->other;
    }
    if (parse_is(p, "else")) {
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_body(p, last, at));
    }
    return parse_next(p);
}

static ingle_status parse_for(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endfor", "else", NULL};
    static const char *const last[] = {"endfor", NULL};
    INGLE_TRY(parse_node(p, NODE_FOR, p->now.where, out));
    struct node *node = *out;
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_target(p, "in", false, &node->a));
    INGLE_TRY(parse_expect(p, "in"));
    INGLE_TRY(parse_tuple(p, false, "recursive", &node->b));
    if (parse_is(p, "if")) {
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_expression(p, &node->c));
    }
    if (parse_is(p, "recursive")) {
        node->flags |= NODE_RECURSIVE;
        INGLE_TRY(parse_next(p));
    }
    p->n_loops++;
    INGLE_TRY(parse_body(p, ends, &node->list));
    p->n_loops--;
    if (parse_is(p, "else")) {
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_body(p, last, &node->other));
    }
    return parse_next(p);
}

static ingle_status parse_set(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endset", NULL};
    INGLE_TRY(parse_node(p, NODE_SET, p->now.where, out));
    struct node *node = *out;
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_target(p, NULL, true, &node->a));
    if (parse_is(p, "=")) {
        INGLE_TRY(parse_next(p));
        return parse_tuple(p, true, NULL, &node->b);
    }
    node->kind = NODE_SET_BLOCK;
    INGLE_TRY(parse_filters(p, NULL, false, &node->b));
    INGLE_TRY(parse_body(p, ends, &node->list));
    return parse_next(p);
}

/* "(a, b=1)" of a macro or a call block. */
static ingle_status parse_signature(struct parser *p, struct node **list) {
    struct node **tail = list;
    bool had_default = false;
    INGLE_TRY(parse_expect(p, "("));
    while (!parse_is(p, ")")) {
        struct node *param = NULL;
        if (*list) INGLE_TRY(parse_expect(p, ","));
        INGLE_TRY(parse_node(p, NODE_PARAM, p->now.where, &param));
        INGLE_TRY(name_here(p, &param->symbol));
        if (parse_is(p, "=")) {
            INGLE_TRY(parse_next(p));
            INGLE_TRY(parse_expression(p, &param->a));
            had_default = true;
        } else if (had_default) {
            return lexer_broken(p->t, p->err, param->where,
                                "a parameter without default follows one with a default");
        }
        parse_append(&tail, param);
    }
    return parse_expect(p, ")");
}

/* The body of what is called: loops around it are not its own, and it takes what it mentions. */
static ingle_status parse_callee(struct parser *p, const char *const *ends, struct node *node) {
    int n_loops = p->n_loops;
    unsigned names = p->names;
    p->n_loops = 0;
    p->names = 0;
    INGLE_TRY(parse_body(p, ends, &node->list));
    node->flags |= p->names;
    p->names |= names;
    p->n_loops = n_loops;
    return INGLE_OK;
}

static ingle_status parse_macro(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endmacro", NULL};
    INGLE_TRY(parse_node(p, NODE_MACRO, p->now.where, out));
    INGLE_TRY(parse_next(p));
    INGLE_TRY(name_here(p, &(*out)->symbol));
    INGLE_TRY(parse_signature(p, &(*out)->other));
    INGLE_TRY(parse_callee(p, ends, *out));
    return parse_next(p);
}

static ingle_status parse_call_block(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endcall", NULL};
    INGLE_TRY(parse_node(p, NODE_CALL_BLOCK, p->now.where, out));
    INGLE_TRY(parse_next(p));
    if (parse_is(p, "(")) INGLE_TRY(parse_signature(p, &(*out)->other));
    INGLE_TRY(parse_expression(p, &(*out)->a));
    if ((*out)->a->kind != NODE_CALL) {
        return lexer_broken(p->t, p->err, (*out)->where, "a call should follow 'call'");
    }
    INGLE_TRY(parse_callee(p, ends, *out));
    return parse_next(p);
}

static ingle_status parse_filter_block(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endfilter", NULL};
    INGLE_TRY(parse_node(p, NODE_FILTER_BLOCK, p->now.where, out));
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_filters(p, NULL, true, &(*out)->b));
    INGLE_TRY(parse_body(p, ends, &(*out)->list));
    return parse_next(p);
}

static ingle_status parse_with(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endwith", NULL};
    INGLE_TRY(parse_node(p, NODE_WITH, p->now.where, out));
    struct node **tail = &(*out)->other;
    INGLE_TRY(parse_next(p));
    while (!parse_is_kind(p, TOKEN_BLOCK_END)) {
        struct node *set = NULL;
        if ((*out)->other) INGLE_TRY(parse_expect(p, ","));
        INGLE_TRY(parse_node(p, NODE_SET, p->now.where, &set));
        INGLE_TRY(parse_target(p, NULL, false, &set->a));
        INGLE_TRY(parse_expect(p, "="));
        INGLE_TRY(parse_expression(p, &set->b));
        parse_append(&tail, set);
    }
    INGLE_TRY(parse_body(p, ends, &(*out)->list));
    return parse_next(p);
}

/* In jinja2's environment of Hugging Face it marks what an assistant wrote, and changes nothing;
 * its body is that of a call. */
static ingle_status parse_generation(struct parser *p, struct node **out) {
    static const char *const ends[] = {"endgeneration", NULL};
    INGLE_TRY(parse_node(p, NODE_SCOPE, p->now.where, out));
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_callee(p, ends, *out));
    return parse_next(p);
}

/* "{% print a, b %}" */
static ingle_status parse_print_tag(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_SCOPE, p->now.where, out));
    struct node **tail = &(*out)->list;
    INGLE_TRY(parse_next(p));
    while (!parse_is_kind(p, TOKEN_BLOCK_END)) {
        struct node *print = NULL;
        if ((*out)->list) INGLE_TRY(parse_expect(p, ","));
        INGLE_TRY(parse_node(p, NODE_PRINT, p->now.where, &print));
        INGLE_TRY(parse_expression(p, &print->a));
        parse_append(&tail, print);
    }
    return INGLE_OK;
}

static ingle_status parse_jump(struct parser *p, struct node **out) {
    enum node_kind kind = parse_is(p, "break") ? NODE_BREAK : NODE_CONTINUE;
    if (p->n_loops == 0) {
        return lexer_broken(p->t, p->err, p->now.where, "'%.*s' stands outside of a loop",
                            (int)p->now.len, p->now.data);
    }
    INGLE_TRY(parse_node(p, kind, p->now.where, out));
    return parse_next(p);
}

static ingle_status parse_unsupported(struct parser *p) {
    static const char *const known[] = {"block", "extends",    "include", "import",
                                        "from",  "autoescape", "do",      "trans"};
    int len = (int)(p->now.len < 60 ? p->now.len : 60);
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        if (!parse_is(p, known[i])) continue;
        return lexer_broken(p->t, p->err, p->now.where, "'%.*s' is not supported", len,
                            p->now.data);
    }
    return lexer_broken(p->t, p->err, p->now.where, "'%.*s' is no statement that may stand here",
                        len, p->now.data);
}

static ingle_status parse_statement(struct parser *p, struct node **out) {
    static const struct {
        const char *name;
        ingle_status (*parse)(struct parser *p, struct node **out);
    } rows[] = {
        {"if", parse_if},           {"for", parse_for},
        {"set", parse_set},         {"macro", parse_macro},
        {"call", parse_call_block}, {"filter", parse_filter_block},
        {"with", parse_with},       {"generation", parse_generation},
        {"print", parse_print_tag}, {"break", parse_jump},
        {"continue", parse_jump},
    };
    if (!parse_is_kind(p, TOKEN_NAME)) return parse_unexpected(p, "the name of a statement");
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (!parse_is(p, rows[i].name)) continue;
        INGLE_TRY(parse_enter(p));
        INGLE_TRY(rows[i].parse(p, out));
        parse_leave(p);
        return expect_block_end(p);
    }
    return parse_unsupported(p);
}

static ingle_status parse_text(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_TEXT, p->now.where, out));
    struct str *s = arena_alloc(&p->t->arena, sizeof *s);
    if (!s) return lexer_no_room(p->t, p->err);
    *s = (struct str){.data = p->now.data, .len = p->now.len, .n_chars = STR_NOT_COUNTED};
    (*out)->constant = value_of_str(s);
    return parse_next(p);
}

static bool is_one_of(const struct parser *p, const char *const *names) {
    for (; names && *names; names++) {
        if (parse_is_kind(p, TOKEN_NAME) && parse_is(p, *names)) return true;
    }
    return false;
}

/* Statements and text until one of the names opens a tag (ends NULL: to the end of the template);
 * p->now is that name. */
static ingle_status parse_until(struct parser *p, const char *const *ends, struct node **list) {
    struct node **tail = list;
    size_t begin = p->now.where;
    for (;;) {
        struct node *node = NULL;
        if (parse_is_kind(p, TOKEN_TEXT)) {
            INGLE_TRY(parse_text(p, &node));
        } else if (parse_is_kind(p, TOKEN_PRINT_BEGIN)) {
            INGLE_TRY(parse_print(p, &node));
        } else if (parse_is_kind(p, TOKEN_BLOCK_BEGIN)) {
            INGLE_TRY(parse_next(p));
            if (is_one_of(p, ends)) return INGLE_OK;
            INGLE_TRY(parse_statement(p, &node));
        } else if (!ends) {
            return INGLE_OK;
        } else {
            const char *last = ends[0];
            for (; *ends; ends++) last = *ends;
            return lexer_broken(p->t, p->err, begin, "the block before this has no '%s'", last);
        }
        parse_append(&tail, node);
    }
}

static ingle_status parse_body(struct parser *p, const char *const *ends, struct node **list) {
    if (parse_is(p, ":")) INGLE_TRY(parse_next(p));
    INGLE_TRY(expect_block_end(p));
    return parse_until(p, ends, list);
}

ingle_status parse_template(struct template *t, const char *source, size_t len, ingle_error *err) {
    struct parser p = {.t = t, .err = err};
    INGLE_TRY(lexer_init(&p.lexer, t, source, len, err));
    INGLE_TRY(parse_next(&p));
    return parse_until(&p, NULL, &t->body);
}
