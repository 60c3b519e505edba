#include <string.h>

#include "engine/template/parse.h"
#include "engine/template/str.h"

static ingle_status parse_unary(struct parser *p, bool with_filters, struct node **out);

struct operator{
    const char *text;
    enum node_op op;
};

static enum node_op find_operator(const struct parser *p, const struct operator* rows, size_t n) {
    if (!parse_is_kind(p, TOKEN_OPERATOR)) return OP_NONE;
    for (size_t i = 0; i < n; i++) {
        if (parse_is(p, rows[i].text)) return rows[i].op;
    }
    return OP_NONE;
}

static ingle_status binary(struct parser *p, enum node_kind kind, enum node_op op, size_t where,
                           struct node *a, struct node *b, struct node **out) {
    INGLE_TRY(parse_node(p, kind, where, out));
    (*out)->op = op;
    (*out)->a = a;
    (*out)->b = b;
    return INGLE_OK;
}

/* --- calls, subscripts, filters, tests --- */

static ingle_status parse_arg(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_ARG, p->now.where, out));
    bool spread = parse_is(p, "*"), names = parse_is(p, "**");
    if (spread || names) {
        (*out)->op = spread ? OP_SPREAD : OP_SPREAD_NAMES;
        INGLE_TRY(parse_next(p));
    } else if (parse_is_kind(p, TOKEN_NAME)) {
        INGLE_TRY(parse_look(p));
        if (p->ahead.kind == TOKEN_OPERATOR && p->ahead.len == 1 && *p->ahead.data == '=') {
            INGLE_TRY(parse_symbol(p, &(*out)->symbol));
            INGLE_TRY(parse_next(p));
        }
    }
    return parse_expression(p, &(*out)->a);
}

/* What has come before among the arguments. */
enum seen { SEEN_NAMED = 1, SEEN_SPREAD = 2, SEEN_NAMES = 4 };

/* Plain ones come first, one * and one ** at most, and nothing behind the **. */
static bool is_in_order(unsigned *seen, const struct node *arg) {
    unsigned before = *seen, kind = 0, excluded = SEEN_NAMES;
    if (arg->op == OP_SPREAD) {
        kind = SEEN_SPREAD;
        excluded |= SEEN_SPREAD;
    } else if (arg->op == OP_SPREAD_NAMES) {
        kind = SEEN_NAMES;
    } else if (arg->symbol != SYMBOL_NONE) {
        kind = SEEN_NAMED;
    } else {
        excluded |= SEEN_SPREAD | SEEN_NAMED;
    }
    *seen |= kind;
    return (before & excluded) == 0;
}

static ingle_status parse_args(struct parser *p, struct node **list) {
    struct node **tail = list;
    unsigned seen = 0;
    INGLE_TRY(parse_expect(p, "("));
    while (!parse_is(p, ")")) {
        if (*list) {
            INGLE_TRY(parse_expect(p, ","));
            if (parse_is(p, ")")) break;
        }
        struct node *arg;
        INGLE_TRY(parse_arg(p, &arg));
        if (!is_in_order(&seen, arg)) {
            return lexer_broken(p->t, p->err, arg->where, "this argument stands too late");
        }
        parse_append(&tail, arg);
    }
    return parse_expect(p, ")");
}

/* "[...]": an index, or a slice with up to three parts. */
static ingle_status parse_part(struct parser *p, struct node *on, struct node **out) {
    size_t where = p->now.where;
    struct node *parts[3] = {NULL};
    int n = 0;
    bool is_slice = false;
    for (;;) {
        bool ends = parse_is(p, "]") || parse_is(p, ",");
        if (parse_is(p, ":") && n < 2) {
            is_slice = true;
            n++;
            INGLE_TRY(parse_next(p));
        } else if (!ends && !parts[n]) {
            INGLE_TRY(parse_expression(p, &parts[n]));
        } else {
            break;
        }
    }
    if (!is_slice && !parts[0]) return parse_unexpected(p, "an expression");
    INGLE_TRY(parse_node(p, is_slice ? NODE_SLICE : NODE_ITEM, where, out));
    (*out)->a = on;
    (*out)->b = parts[0];
    (*out)->c = parts[1];
    (*out)->d = parts[2];
    return INGLE_OK;
}

static ingle_status parse_item(struct parser *p, struct node *on, struct node **out) {
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_part(p, on, out));
    if (!parse_is(p, ",")) return parse_expect(p, "]");
    if ((*out)->kind == NODE_SLICE) return parse_unexpected(p, "']'");
    struct node *tuple, **tail;
    INGLE_TRY(parse_node(p, NODE_TUPLE, (*out)->where, &tuple));
    tail = &tuple->list;
    parse_append(&tail, (*out)->b);
    while (!parse_is(p, "]")) {
        INGLE_TRY(parse_expect(p, ","));
        struct node *item;
        INGLE_TRY(parse_expression(p, &item));
        parse_append(&tail, item);
    }
    (*out)->b = tuple;
    return parse_expect(p, "]");
}

static ingle_status parse_attr(struct parser *p, struct node *on, struct node **out) {
    size_t where = p->now.where;
    INGLE_TRY(parse_next(p));
    if (parse_is_kind(p, TOKEN_INT)) {
        struct node *index;
        INGLE_TRY(parse_node(p, NODE_CONST, where, &index));
        index->constant = value_int(p->now.i);
        INGLE_TRY(parse_next(p));
        return binary(p, NODE_ITEM, OP_NONE, where, on, index, out);
    }
    if (!parse_is_kind(p, TOKEN_NAME)) return parse_unexpected(p, "a name or a number");
    INGLE_TRY(parse_node(p, NODE_ATTR, where, out));
    (*out)->a = on;
    return parse_symbol(p, &(*out)->symbol);
}

static ingle_status parse_call(struct parser *p, struct node *on, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_CALL, p->now.where, out));
    (*out)->a = on;
    return parse_args(p, &(*out)->list);
}

static ingle_status parse_postfix(struct parser *p, struct node **node) {
    for (;;) {
        if (parse_is(p, ".")) {
            INGLE_TRY(parse_attr(p, *node, node));
        } else if (parse_is(p, "[")) {
            INGLE_TRY(parse_item(p, *node, node));
        } else if (parse_is(p, "(")) {
            INGLE_TRY(parse_call(p, *node, node));
        } else {
            return INGLE_OK;
        }
    }
}

ingle_status parse_filters(struct parser *p, struct node *on, bool first, struct node **out) {
    *out = on;
    while (first || parse_is(p, "|")) {
        if (!first) INGLE_TRY(parse_next(p));
        first = false;
        struct node *filter;
        INGLE_TRY(parse_node(p, NODE_FILTER, p->now.where, &filter));
        if (!parse_is_kind(p, TOKEN_NAME)) return parse_unexpected(p, "the name of a filter");
        INGLE_TRY(parse_symbol(p, &filter->symbol));
        filter->a = *out;
        if (parse_is(p, "(")) INGLE_TRY(parse_args(p, &filter->list));
        *out = filter;
    }
    return INGLE_OK;
}

static ingle_status parse_primary(struct parser *p, bool with_namespace, struct node **out);

/* The argument of a test may stand without brackets: "x is divisibleby 3". */
static ingle_status parse_bare_arg(struct parser *p, struct node **list) {
    bool begins = parse_is_kind(p, TOKEN_NAME) || parse_is_kind(p, TOKEN_STRING) ||
                  parse_is_kind(p, TOKEN_INT) || parse_is_kind(p, TOKEN_FLOAT) ||
                  parse_is(p, "[") || parse_is(p, "{");
    if (!begins || parse_is(p, "else") || parse_is(p, "or") || parse_is(p, "and")) return INGLE_OK;
    if (parse_is(p, "is")) return parse_unexpected(p, "no second test");
    INGLE_TRY(parse_node(p, NODE_ARG, p->now.where, list));
    INGLE_TRY(parse_primary(p, false, &(*list)->a));
    return parse_postfix(p, &(*list)->a);
}

static ingle_status parse_test(struct parser *p, struct node **node) {
    size_t where = p->now.where;
    struct node *test;
    INGLE_TRY(parse_next(p));
    bool negated = parse_is(p, "not");
    if (negated) INGLE_TRY(parse_next(p));
    if (!parse_is_kind(p, TOKEN_NAME)) return parse_unexpected(p, "the name of a test");
    INGLE_TRY(parse_node(p, NODE_TEST, p->now.where, &test));
    INGLE_TRY(parse_symbol(p, &test->symbol));
    test->a = *node;
    if (parse_is(p, "(")) {
        INGLE_TRY(parse_args(p, &test->list));
    } else {
        INGLE_TRY(parse_bare_arg(p, &test->list));
    }
    *node = test;
    if (!negated) return INGLE_OK;
    return binary(p, NODE_NOT, OP_NONE, where, test, NULL, node);
}

static ingle_status parse_filters_and_tests(struct parser *p, struct node **node) {
    for (;;) {
        if (parse_is(p, "|")) {
            INGLE_TRY(parse_filters(p, *node, false, node));
        } else if (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "is")) {
            INGLE_TRY(parse_test(p, node));
        } else if (parse_is(p, "(")) {
            INGLE_TRY(parse_call(p, *node, node));
        } else {
            return INGLE_OK;
        }
    }
}

/* --- literals --- */

/* Strings that follow each other are one. */
static ingle_status parse_strings(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_CONST, p->now.where, out));
    struct str *s = arena_alloc(&p->t->arena, sizeof *s);
    if (!s) return lexer_no_room(p->t, p->err);
    *s = (struct str){.data = p->now.data, .len = p->now.len, .n_chars = STR_NOT_COUNTED};
    INGLE_TRY(parse_next(p));
    for (size_t cap = 0; parse_is_kind(p, TOKEN_STRING);) {
        size_t len = s->len + p->now.len;
        char *room = (char *)s->data;
        if (len > cap) {
            cap = len * 2;
            room = arena_array(&p->t->arena, cap, 1);
            if (!room) return lexer_no_room(p->t, p->err);
            memcpy(room, s->data, s->len);
        }
        memcpy(room + s->len, p->now.data, p->now.len);
        s->data = room;
        s->len = len;
        INGLE_TRY(parse_next(p));
    }
    (void)str_count(s); /* constants are shared by renderings: nothing in them changes later */
    (*out)->constant = value_of_str(s);
    int symbol = symbol_enter(p->t, s->data, s->len);
    return symbol == SYMBOL_NONE ? lexer_no_room(p->t, p->err) : INGLE_OK;
}

static ingle_status parse_number(struct parser *p, struct node **out) {
    INGLE_TRY(parse_node(p, NODE_CONST, p->now.where, out));
    (*out)->constant = parse_is_kind(p, TOKEN_INT) ? value_int(p->now.i) : value_float(p->now.f);
    return parse_next(p);
}

/* Items up to `close`, with a comma behind the last if it likes; pairs for a dict. */
static ingle_status parse_items(struct parser *p, enum node_kind kind, const char *close,
                                struct node **out) {
    INGLE_TRY(parse_node(p, kind, p->now.where, out));
    struct node **tail = &(*out)->list;
    INGLE_TRY(parse_next(p));
    while (!parse_is(p, close)) {
        struct node *item;
        if ((*out)->list) {
            INGLE_TRY(parse_expect(p, ","));
            if (parse_is(p, close)) break;
        }
        INGLE_TRY(parse_expression(p, &item));
        parse_append(&tail, item);
        if (kind != NODE_DICT) continue;
        INGLE_TRY(parse_expect(p, ":"));
        INGLE_TRY(parse_expression(p, &item));
        parse_append(&tail, item);
    }
    return parse_expect(p, close);
}

static void note_name(struct parser *p) {
    if (parse_is(p, "varargs")) p->names |= NODE_VARARGS;
    if (parse_is(p, "kwargs")) p->names |= NODE_KWARGS;
    if (parse_is(p, "caller")) p->names |= NODE_CALLER;
}

static ingle_status parse_name(struct parser *p, bool with_namespace, struct node **out) {
    size_t where = p->now.where;
    bool yes = parse_is(p, "true") || parse_is(p, "True");
    bool no = parse_is(p, "false") || parse_is(p, "False");
    if (yes || no || parse_is(p, "none") || parse_is(p, "None")) {
        INGLE_TRY(parse_node(p, NODE_CONST, where, out));
        (*out)->constant = yes || no ? value_bool(yes) : VALUE_OF_NONE;
        return parse_next(p);
    }
    note_name(p);
    INGLE_TRY(parse_node(p, NODE_NAME, where, out));
    INGLE_TRY(parse_symbol(p, &(*out)->symbol));
    if (!with_namespace || !parse_is(p, ".")) return INGLE_OK;
    INGLE_TRY(parse_next(p));
    if (!parse_is_kind(p, TOKEN_NAME)) return parse_unexpected(p, "a name");
    struct node *attr;
    INGLE_TRY(binary(p, NODE_NS_ATTR, OP_NONE, where, *out, NULL, &attr));
    *out = attr;
    return parse_symbol(p, &attr->symbol);
}

static ingle_status parse_brackets(struct parser *p, struct node **out) {
    size_t where = p->now.where;
    INGLE_TRY(parse_next(p));
    if (parse_is(p, ")")) {
        INGLE_TRY(parse_node(p, NODE_TUPLE, where, out));
        return parse_next(p);
    }
    INGLE_TRY(parse_tuple(p, true, NULL, out));
    return parse_expect(p, ")");
}

static ingle_status parse_primary(struct parser *p, bool with_namespace, struct node **out) {
    INGLE_TRY(parse_enter(p));
    if (parse_is_kind(p, TOKEN_NAME)) {
        INGLE_TRY(parse_name(p, with_namespace, out));
    } else if (parse_is_kind(p, TOKEN_STRING)) {
        INGLE_TRY(parse_strings(p, out));
    } else if (parse_is_kind(p, TOKEN_INT) || parse_is_kind(p, TOKEN_FLOAT)) {
        INGLE_TRY(parse_number(p, out));
    } else if (parse_is(p, "(")) {
        INGLE_TRY(parse_brackets(p, out));
    } else if (parse_is(p, "[")) {
        INGLE_TRY(parse_items(p, NODE_LIST, "]", out));
    } else if (parse_is(p, "{")) {
        INGLE_TRY(parse_items(p, NODE_DICT, "}", out));
    } else {
        return parse_unexpected(p, "an expression");
    }
    parse_leave(p);
    return INGLE_OK;
}

/* --- operators, the ones that bind tightest first --- */

static ingle_status parse_unary(struct parser *p, bool with_filters, struct node **out) {
    static const struct operator signs[] = {{"-", OP_SUB}, {"+", OP_ADD}};
    enum node_op op = find_operator(p, signs, BASE_COUNT(signs));
    *out = NULL;
    if (op) {
        struct node *operand;
        size_t where = p->now.where;
        INGLE_TRY(parse_enter(p));
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_unary(p, false, &operand));
        INGLE_TRY(binary(p, NODE_UNARY, op, where, operand, NULL, out));
        parse_leave(p);
    } else {
        INGLE_TRY(parse_primary(p, false, out));
    }
    INGLE_TRY(parse_postfix(p, out));
    return with_filters ? parse_filters_and_tests(p, out) : INGLE_OK;
}

static ingle_status parse_pow(struct parser *p, struct node **out) {
    INGLE_TRY(parse_unary(p, true, out));
    while (parse_is(p, "**")) {
        size_t where = p->now.where;
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_unary(p, true, &right));
        INGLE_TRY(binary(p, NODE_BINARY, OP_POW, where, *out, right, out));
    }
    return INGLE_OK;
}

static ingle_status parse_product(struct parser *p, struct node **out) {
    static const struct operator rows[] = {
        {"*", OP_MUL}, {"/", OP_DIV}, {"//", OP_FLOOR_DIV}, {"%", OP_MOD}};
    enum node_op op;
    INGLE_TRY(parse_pow(p, out));
    while ((op = find_operator(p, rows, BASE_COUNT(rows)))) {
        size_t where = p->now.where;
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_pow(p, &right));
        INGLE_TRY(binary(p, NODE_BINARY, op, where, *out, right, out));
    }
    return INGLE_OK;
}

static ingle_status parse_concat(struct parser *p, struct node **out) {
    INGLE_TRY(parse_product(p, out));
    if (!parse_is(p, "~")) return INGLE_OK;
    struct node *concat, **tail;
    INGLE_TRY(parse_node(p, NODE_CONCAT, p->now.where, &concat));
    tail = &concat->list;
    parse_append(&tail, *out);
    while (parse_is(p, "~")) {
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_product(p, &right));
        parse_append(&tail, right);
    }
    *out = concat;
    return INGLE_OK;
}

static ingle_status parse_sum(struct parser *p, struct node **out) {
    static const struct operator rows[] = {{"+", OP_ADD}, {"-", OP_SUB}};
    enum node_op op;
    INGLE_TRY(parse_concat(p, out));
    while ((op = find_operator(p, rows, BASE_COUNT(rows)))) {
        size_t where = p->now.where;
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_concat(p, &right));
        INGLE_TRY(binary(p, NODE_BINARY, op, where, *out, right, out));
    }
    return INGLE_OK;
}

/* The comparison that stands here, moved past; OP_NONE. */
static ingle_status take_comparison(struct parser *p, enum node_op *out) {
    static const struct operator rows[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT},
                                           {"<=", OP_LE}, {">", OP_GT},  {">=", OP_GE}};
    *out = find_operator(p, rows, BASE_COUNT(rows));
    if (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "in")) *out = OP_IN;
    if (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "not")) {
        INGLE_TRY(parse_look(p));
        bool is_in =
            p->ahead.kind == TOKEN_NAME && p->ahead.len == 2 && memcmp(p->ahead.data, "in", 2) == 0;
        if (!is_in) return INGLE_OK;
        INGLE_TRY(parse_next(p));
        *out = OP_NOT_IN;
    }
    return *out ? parse_next(p) : INGLE_OK;
}

static ingle_status parse_compare(struct parser *p, struct node **out) {
    INGLE_TRY(parse_sum(p, out));
    struct node *compare = NULL, **tail = NULL;
    for (;;) {
        size_t where = p->now.where;
        enum node_op op;
        struct node *right, *operand;
        INGLE_TRY(take_comparison(p, &op));
        if (!op) return INGLE_OK;
        INGLE_TRY(parse_sum(p, &right));
        INGLE_TRY(binary(p, NODE_OPERAND, op, where, right, NULL, &operand));
        if (!compare) {
            INGLE_TRY(binary(p, NODE_COMPARE, OP_NONE, where, *out, NULL, &compare));
            tail = &compare->list;
            *out = compare;
        }
        parse_append(&tail, operand);
    }
}

static ingle_status parse_not(struct parser *p, struct node **out) {
    if (!parse_is_kind(p, TOKEN_NAME) || !parse_is(p, "not")) return parse_compare(p, out);
    size_t where = p->now.where;
    struct node *operand;
    INGLE_TRY(parse_enter(p));
    INGLE_TRY(parse_next(p));
    INGLE_TRY(parse_not(p, &operand));
    parse_leave(p);
    return binary(p, NODE_NOT, OP_NONE, where, operand, NULL, out);
}

static ingle_status parse_and(struct parser *p, struct node **out) {
    INGLE_TRY(parse_not(p, out));
    while (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "and")) {
        size_t where = p->now.where;
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_not(p, &right));
        INGLE_TRY(binary(p, NODE_AND, OP_NONE, where, *out, right, out));
    }
    return INGLE_OK;
}

ingle_status parse_or(struct parser *p, struct node **out) {
    INGLE_TRY(parse_and(p, out));
    while (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "or")) {
        size_t where = p->now.where;
        struct node *right;
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_and(p, &right));
        INGLE_TRY(binary(p, NODE_OR, OP_NONE, where, *out, right, out));
    }
    return INGLE_OK;
}

ingle_status parse_expression(struct parser *p, struct node **out) {
    INGLE_TRY(parse_enter(p));
    INGLE_TRY(parse_or(p, out));
    while (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "if")) {
        struct node *ternary;
        INGLE_TRY(parse_node(p, NODE_IF_ELSE, p->now.where, &ternary));
        INGLE_TRY(parse_next(p));
        INGLE_TRY(parse_or(p, &ternary->a));
        ternary->b = *out;
        if (parse_is_kind(p, TOKEN_NAME) && parse_is(p, "else")) {
            INGLE_TRY(parse_next(p));
            INGLE_TRY(parse_expression(p, &ternary->c));
        }
        *out = ternary;
    }
    parse_leave(p);
    return INGLE_OK;
}

static bool ends_tuple(const struct parser *p, const char *end) {
    return parse_is_kind(p, TOKEN_PRINT_END) || parse_is_kind(p, TOKEN_BLOCK_END) ||
           parse_is(p, ")") || (end && parse_is_kind(p, TOKEN_NAME) && parse_is(p, end));
}

enum parts { PART_EXPRESSION, PART_OR, PART_TARGET, PART_NS_TARGET };

static ingle_status parse_tuple_part(struct parser *p, enum parts parts, struct node **out) {
    if (parts == PART_EXPRESSION) return parse_expression(p, out);
    if (parts == PART_OR) return parse_or(p, out);
    return parse_primary(p, parts == PART_NS_TARGET, out);
}

static ingle_status tuple_of(struct parser *p, enum parts parts, const char *end,
                             struct node **out) {
    struct node *tuple = NULL, **tail = NULL;
    size_t where = p->now.where;
    if (ends_tuple(p, end)) return parse_unexpected(p, "an expression");
    INGLE_TRY(parse_tuple_part(p, parts, out));
    while (parse_is(p, ",")) {
        if (!tuple) {
            INGLE_TRY(parse_node(p, NODE_TUPLE, where, &tuple));
            tail = &tuple->list;
            parse_append(&tail, *out);
            *out = tuple;
        }
        INGLE_TRY(parse_next(p));
        if (ends_tuple(p, end)) break;
        struct node *item = NULL;
        INGLE_TRY(parse_tuple_part(p, parts, &item));
        parse_append(&tail, item);
    }
    return INGLE_OK;
}

ingle_status parse_tuple(struct parser *p, bool with_ternary, const char *end, struct node **out) {
    return tuple_of(p, with_ternary ? PART_EXPRESSION : PART_OR, end, out);
}

/* Names, and tuples of such, in brackets too. */
static ingle_status check_target(struct parser *p, const struct node *target) {
    if (target->kind == NODE_NAME || target->kind == NODE_NS_ATTR) return INGLE_OK;
    if (target->kind != NODE_TUPLE) {
        return lexer_broken(p->t, p->err, target->where, "this cannot be assigned to");
    }
    for (const struct node *item = target->list; item; item = item->next) {
        INGLE_TRY(check_target(p, item));
    }
    return INGLE_OK;
}

ingle_status parse_target(struct parser *p, const char *end, bool with_namespace,
                          struct node **out) {
    INGLE_TRY(tuple_of(p, with_namespace ? PART_NS_TARGET : PART_TARGET, end, out));
    return check_target(p, *out);
}
