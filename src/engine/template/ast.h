/* What the parser makes of a template: nodes in the template's arena. */
#ifndef INGLE_ENGINE_TEMPLATE_AST_H
#define INGLE_ENGINE_TEMPLATE_AST_H

#include "base/arena.h"
#include "engine/template/template.h"
#include "engine/template/value.h"

enum node_kind {
    /* expressions */
    NODE_CONST,   /* constant */
    NODE_NAME,    /* symbol */
    NODE_LIST,    /* list */
    NODE_TUPLE,   /* list */
    NODE_DICT,    /* list: key, value, key, value ... */
    NODE_UNARY,   /* op a */
    NODE_BINARY,  /* a op b */
    NODE_CONCAT,  /* list */
    NODE_AND,     /* a, b */
    NODE_OR,      /* a, b */
    NODE_NOT,     /* a */
    NODE_COMPARE, /* a; list of NODE_OPERAND */
    NODE_OPERAND, /* op a */
    NODE_IF_ELSE, /* b if a else c; c NULL = undefined */
    NODE_ATTR,    /* a . symbol */
    NODE_ITEM,    /* a [ b ] */
    NODE_SLICE,   /* a [ b : c : d ] */
    NODE_CALL,    /* a ( list ) */
    NODE_ARG, /* a; symbol: the name of a keyword argument; op '*': spread, 'P': spread of names */
    NODE_FILTER, /* a | symbol ( list ); a NULL: the block's text */
    NODE_TEST,   /* a is symbol ( list ) */
    /* statements */
    NODE_TEXT,         /* constant */
    NODE_PRINT,        /* a */
    NODE_IF,           /* if a: list; else: other */
    NODE_FOR,          /* for a in b if c: list; else: other; flag: recursive */
    NODE_SET,          /* a = b */
    NODE_SET_BLOCK,    /* a = list, filtered by b */
    NODE_NS_ATTR,      /* a target: the namespace a, its attribute symbol */
    NODE_WITH,         /* other: NODE_SETs; list */
    NODE_MACRO,        /* symbol ( other: NODE_PARAM ): list */
    NODE_PARAM,        /* symbol; a: default or NULL */
    NODE_CALL_BLOCK,   /* a: NODE_CALL; other: NODE_PARAM; list */
    NODE_FILTER_BLOCK, /* b: filters; list */
    NODE_SCOPE,        /* list, in a scope of its own: generation */
    NODE_BREAK,
    NODE_CONTINUE
};

enum node_op {
    OP_NONE,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_FLOOR_DIV,
    OP_MOD,
    OP_POW,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_NOT_IN,
    OP_SPREAD,      /* *args */
    OP_SPREAD_NAMES /* **kwargs */
};

/* The last three: names that a macro's body mentions, for which it then takes arguments. */
enum node_flags {
    NODE_RECURSIVE = 1,
    NODE_ELIF = 2,
    NODE_VARARGS = 4,
    NODE_KWARGS = 8,
    NODE_CALLER = 16
};

#define SYMBOL_NONE (-1)

struct node {
    enum node_kind kind;
    enum node_op op;
    size_t where;
    int symbol;
    unsigned flags;
    struct node *next; /* in its list */
    struct node *a, *b, *c, *d;
    struct node *list, *other; /* the first of each */
    struct value constant;
};

struct symbol {
    const char *name;
    size_t len;
};

struct template {
    struct arena arena;
    const char *source; /* line ends are \n */
    size_t len;
    struct node *body;
    struct symbol *symbols; /* [n_symbols] names and attributes, and string constants */
    size_t n_symbols, symbols_cap;
    uint32_t *slots; /* [n_slots] symbol + 1, 0 = empty */
    size_t n_slots;
};

/* The number of a name, SYMBOL_NONE if it occurs nowhere. */
int symbol_find(const struct template *t, const char *name, size_t len);
/* The same, entering it; SYMBOL_NONE: out of memory. */
int symbol_enter(struct template *t, const char *name, size_t len);

#endif
