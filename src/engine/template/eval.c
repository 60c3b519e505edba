#include "engine/template/eval.h"

#include "engine/template/exec.h"
#include "engine/template/seq.h"

static ingle_status eval_list(struct run *r, const struct node *list, enum seq_form form,
                              struct value *out) {
    struct seq *q;
    INGLE_TRY(seq_new(r, form, 0, &q));
    for (; list; list = list->next) {
        struct value item;
        INGLE_TRY(eval(r, list, &item));
        INGLE_TRY(seq_add(r, q, item));
    }
    *out = value_of_seq(q);
    return INGLE_OK;
}

static ingle_status eval_dict(struct run *r, const struct node *list, struct value *out) {
    struct dict *d;
    INGLE_TRY(dict_new(r, &d));
    for (; list; list = list->next->next) {
        struct value key, item;
        INGLE_TRY(eval(r, list, &key));
        INGLE_TRY(eval(r, list->next, &item));
        INGLE_TRY(dict_set(r, d, key, item));
    }
    *out = value_of_dict(d);
    return INGLE_OK;
}

static ingle_status eval_concat(struct run *r, const struct node *list, struct value *out) {
    struct build b;
    build_init(&b, r);
    for (; list; list = list->next) {
        struct value part;
        INGLE_TRY(eval(r, list, &part));
        INGLE_TRY(build_add_value(&b, part));
    }
    return build_end(&b, out);
}

static ingle_status eval_both(struct run *r, const struct node *node, struct value *out) {
    INGLE_TRY(eval(r, node->a, out));
    bool goes_on = value_is_true(*out) == (node->kind == NODE_AND);
    return goes_on ? eval(r, node->b, out) : INGLE_OK;
}

static ingle_status eval_compare(struct run *r, const struct node *node, struct value *out) {
    struct value left, right;
    bool holds = true;
    INGLE_TRY(eval(r, node->a, &left));
    for (const struct node *operand = node->list; operand && holds; operand = operand->next) {
        INGLE_TRY(eval(r, operand->a, &right));
        r->where = operand->where;
        INGLE_TRY(operator_compare(r, operand->op, left, right, &holds));
        left = right;
    }
    *out = value_bool(holds);
    return INGLE_OK;
}

static ingle_status eval_if_else(struct run *r, const struct node *node, struct value *out) {
    struct value test;
    INGLE_TRY(eval(r, node->a, &test));
    if (value_is_true(test)) return eval(r, node->b, out);
    if (node->c) return eval(r, node->c, out);
    return lookup_undefined(r, "this 'if' was false and has no 'else'", out);
}

static ingle_status eval_slice(struct run *r, const struct node *node, struct value *out) {
    const struct node *parts[] = {node->b, node->c, node->d};
    struct value v, part[3] = {VALUE_OF_NONE, VALUE_OF_NONE, VALUE_OF_NONE};
    INGLE_TRY(eval(r, node->a, &v));
    for (int i = 0; i < 3; i++) {
        if (parts[i]) INGLE_TRY(eval(r, parts[i], &part[i]));
    }
    r->where = node->where;
    return lookup_slice(r, v, part, out);
}

/* --- calls --- */

struct gathered {
    struct seq *items;
    struct dict *names;
};

static ingle_status name_once(struct run *r, struct gathered *g, struct value name,
                              struct value v) {
    struct value *before;
    if (!g->names) INGLE_TRY(dict_new(r, &g->names));
    if (name.kind != VALUE_STR) return run_invalid(r, "the names of arguments are strings");
    INGLE_TRY(dict_get(r, g->names, name, &before));
    if (before) {
        return run_invalid(r, "the argument '%.*s' is given twice",
                           (int)(name.s->len < 60 ? name.s->len : 60), name.s->data);
    }
    return dict_set(r, g->names, name, v);
}

static ingle_status spread(struct run *r, struct gathered *g, enum node_op op, struct value v) {
    if (op == OP_SPREAD) {
        const struct seq *all;
        INGLE_TRY(seq_walk(r, v, &all));
        for (size_t i = 0; i < all->n; i++) INGLE_TRY(seq_add(r, g->items, all->items[i]));
        return INGLE_OK;
    }
    if (v.kind != VALUE_DICT) {
        INGLE_TRY(run_undefined(r, v));
        return run_invalid(r, "'**' spreads a dict, not %s", value_kind_name(v));
    }
    for (size_t i = 0; i < v.d->n; i++) {
        INGLE_TRY(name_once(r, g, v.d->entries[i].key, v.d->entries[i].value));
    }
    return INGLE_OK;
}

static ingle_status gather(struct run *r, const struct node *list, struct gathered *g) {
    *g = (struct gathered){.items = NULL};
    INGLE_TRY(seq_new(r, SEQ_TUPLE, 0, &g->items));
    for (; list; list = list->next) {
        struct value v, name;
        INGLE_TRY(eval(r, list->a, &v));
        r->where = list->where;
        if (list->op != OP_NONE) {
            INGLE_TRY(spread(r, g, list->op, v));
        } else if (list->symbol == SYMBOL_NONE) {
            INGLE_TRY(seq_add(r, g->items, v));
        } else {
            const struct symbol *s = &r->t->symbols[list->symbol];
            INGLE_TRY(str_new(r, s->name, s->len, false, &name));
            INGLE_TRY(name_once(r, g, name, v));
        }
    }
    return INGLE_OK;
}

static struct args args_of(const struct gathered *g) {
    return (struct args){.items = g->items->items, .n = g->items->n, .names = g->names};
}

ingle_status eval_call(struct run *r, const struct node *node, struct value caller,
                       struct value *out) {
    struct value callee, name;
    struct gathered g;
    INGLE_TRY(eval(r, node->a, &callee));
    INGLE_TRY(gather(r, node->list, &g));
    r->where = node->where;
    if (caller.kind != VALUE_UNDEFINED) {
        INGLE_TRY(str_text(r, "caller", &name));
        INGLE_TRY(name_once(r, &g, name, caller));
    }
    struct args args = args_of(&g);
    return call_value(r, callee, &args, out);
}

ingle_status eval_filters(struct run *r, const struct node *node, struct value self,
                          struct value *out) {
    struct gathered g;
    INGLE_TRY(run_enter(r));
    if (node->a && node->a->kind == NODE_FILTER) {
        INGLE_TRY(eval_filters(r, node->a, self, &self));
    } else if (node->a) {
        INGLE_TRY(eval(r, node->a, &self));
    }
    INGLE_TRY(gather(r, node->list, &g));
    const struct symbol *name = &r->t->symbols[node->symbol];
    struct args args = args_of(&g);
    r->where = node->where;
    INGLE_TRY(filter_call(r, name->name, name->len, self, &args, out));
    run_leave(r);
    return INGLE_OK;
}

static ingle_status eval_test(struct run *r, const struct node *node, struct value *out) {
    struct value self;
    struct gathered g;
    bool holds;
    INGLE_TRY(eval(r, node->a, &self));
    INGLE_TRY(gather(r, node->list, &g));
    const struct symbol *name = &r->t->symbols[node->symbol];
    struct args args = args_of(&g);
    r->where = node->where;
    INGLE_TRY(predicate_call(r, name->name, name->len, self, &args, &holds));
    *out = value_bool(holds);
    return INGLE_OK;
}

static ingle_status eval_operator(struct run *r, const struct node *node, struct value *out) {
    struct value a, b;
    INGLE_TRY(eval(r, node->a, &a));
    if (node->kind == NODE_UNARY || node->kind == NODE_NOT) {
        r->where = node->where;
        if (node->kind == NODE_UNARY) return operator_unary(r, node->op, a, out);
        *out = value_bool(!value_is_true(a));
        return INGLE_OK;
    }
    INGLE_TRY(eval(r, node->b, &b));
    r->where = node->where;
    if (node->kind == NODE_ITEM) return lookup_item(r, a, b, out);
    return operator_binary(r, node->op, a, b, out);
}

static ingle_status eval_attr(struct run *r, const struct node *node, struct value *out) {
    const struct symbol *name = &r->t->symbols[node->symbol];
    struct value v;
    INGLE_TRY(eval(r, node->a, &v));
    r->where = node->where;
    return lookup_attr(r, v, name->name, name->len, out);
}

static ingle_status eval_any(struct run *r, const struct node *node, struct value *out) {
    switch (node->kind) {
    case NODE_CONST:
        *out = node->constant;
        return INGLE_OK;
    case NODE_NAME:
        return scope_get(r, node->symbol, out);
    case NODE_LIST:
        return eval_list(r, node->list, SEQ_LIST, out);
    case NODE_TUPLE:
        return eval_list(r, node->list, SEQ_TUPLE, out);
    case NODE_DICT:
        return eval_dict(r, node->list, out);
    case NODE_CONCAT:
        return eval_concat(r, node->list, out);
    case NODE_AND:
    case NODE_OR:
        return eval_both(r, node, out);
    case NODE_COMPARE:
        return eval_compare(r, node, out);
    case NODE_IF_ELSE:
        return eval_if_else(r, node, out);
    case NODE_ATTR:
        return eval_attr(r, node, out);
    case NODE_SLICE:
        return eval_slice(r, node, out);
    case NODE_CALL:
        return eval_call(r, node, VALUE_NOTHING, out);
    case NODE_FILTER:
        return eval_filters(r, node, VALUE_NOTHING, out);
    case NODE_TEST:
        return eval_test(r, node, out);
    default:
        return eval_operator(r, node, out);
    }
}

ingle_status eval(struct run *r, const struct node *node, struct value *out) {
    r->where = node->where;
    INGLE_TRY(run_enter(r));
    INGLE_TRY(eval_any(r, node, out));
    run_leave(r);
    return INGLE_OK;
}
