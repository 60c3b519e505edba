#include "engine/template/exec.h"

#include <string.h>

#include "engine/template/eval.h"
#include "engine/template/seq.h"

static ingle_status exec_list(struct run *r, const struct node *list);

/* --- assignment --- */

static ingle_status assign_attr(struct run *r, const struct node *target, struct value v) {
    struct value ns;
    const struct symbol *name = &r->t->symbols[target->symbol];
    INGLE_TRY(eval(r, target->a, &ns));
    r->where = target->where;
    if (ns.kind == VALUE_NAMESPACE) return dict_set_name(r, ns.d, name->name, name->len, v);
    INGLE_TRY(run_undefined(r, ns));
    return run_invalid(r, "only a namespace has attributes that can be set, not %s",
                       value_kind_name(ns));
}

static ingle_status assign_tuple(struct run *r, const struct node *target, struct value v) {
    const struct seq *items;
    size_t n = 0;
    INGLE_TRY(seq_walk(r, v, &items));
    for (const struct node *one = target->list; one; one = one->next) n++;
    r->where = target->where;
    if (items->n != n) {
        return run_invalid(r, "%zu values cannot be given to %zu names", items->n, n);
    }
    n = 0;
    for (const struct node *one = target->list; one; one = one->next) {
        INGLE_TRY(exec_assign(r, one, items->items[n++]));
    }
    return INGLE_OK;
}

ingle_status exec_assign(struct run *r, const struct node *target, struct value v) {
    if (target->kind == NODE_NAME) return scope_set(r, r->scope, target->symbol, v);
    if (target->kind == NODE_NS_ATTR) return assign_attr(r, target, v);
    return assign_tuple(r, target, v);
}

/* --- text that goes elsewhere --- */

/* Where text goes from now on; returns where it went. */
static struct build *redirect(struct run *r, struct build *to) {
    struct build *before = r->out;
    r->out = to;
    return before;
}

/* The text of a list of statements, in a scope of its own, as a string. */
static ingle_status capture(struct run *r, const struct node *list, struct value *out) {
    struct build text;
    struct scope *outer = r->scope;
    build_init(&text, r);
    INGLE_TRY(scope_push(r, outer));
    struct build *before = redirect(r, &text);
    ingle_status status = exec_list(r, list);
    redirect(r, before);
    r->scope = outer;
    return status == INGLE_OK ? build_end(&text, out) : status;
}

static ingle_status exec_set_block(struct run *r, const struct node *node) {
    struct value text;
    INGLE_TRY(capture(r, node->list, &text));
    if (node->b) INGLE_TRY(eval_filters(r, node->b, text, &text));
    return exec_assign(r, node->a, text);
}

static ingle_status exec_filter_block(struct run *r, const struct node *node) {
    struct value text;
    INGLE_TRY(capture(r, node->list, &text));
    INGLE_TRY(eval_filters(r, node->b, text, &text));
    return build_add_value(r->out, text);
}

/* --- macros --- */

static ingle_status new_macro(struct run *r, const struct node *node, struct value *out) {
    void *m;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct macro), &m));
    *(struct macro *)m = (struct macro){.node = node, .scope = r->scope};
    for (struct scope *scope = r->scope; scope; scope = scope->parent) scope->is_kept = true;
    *out = (struct value){.kind = VALUE_MACRO, .m = m};
    return INGLE_OK;
}

/* Takes what the macro names out of the arguments, and counts what is used of them. */
struct binding {
    const struct args *args;
    size_t n_items;    /* taken in order */
    struct dict *left; /* named ones that no parameter took */
};

static ingle_status bind_param(struct run *r, struct binding *b, const struct node *param) {
    const struct symbol *name = &r->t->symbols[param->symbol];
    struct value key, *given = NULL;
    if (b->n_items < b->args->n) {
        return scope_set(r, r->scope, param->symbol, b->args->items[b->n_items++]);
    }
    INGLE_TRY(str_new(r, name->name, name->len, false, &key));
    if (b->left) INGLE_TRY(dict_get(r, b->left, key, &given));
    struct value v;
    if (given) {
        v = *given;
        INGLE_TRY(dict_remove(r, b->left, key));
    } else if (param->a) {
        INGLE_TRY(eval(r, param->a, &v));
    } else {
        INGLE_TRY(lookup_undefined(r, "this parameter of the macro was not given", &v));
    }
    return scope_set(r, r->scope, param->symbol, v);
}

/* The names a macro's body may use without declaring them: caller, kwargs, varargs. */
static ingle_status bind_special(struct run *r, const struct macro *m, const char *name,
                                 struct value v) {
    for (const struct node *param = m->node->other; param; param = param->next) {
        const struct symbol *s = &r->t->symbols[param->symbol];
        if (s->len == strlen(name) && memcmp(s->name, name, s->len) == 0) return INGLE_OK;
    }
    return scope_set(r, r->scope, symbol_find(r->t, name, strlen(name)), v);
}

static ingle_status bind_caller(struct run *r, struct binding *b, const struct macro *m) {
    struct value key, *given = NULL, v;
    INGLE_TRY(str_text(r, "caller", &key));
    if (b->left) INGLE_TRY(dict_get(r, b->left, key, &given));
    if (given) {
        v = *given;
        INGLE_TRY(dict_remove(r, b->left, key));
    } else {
        INGLE_TRY(lookup_undefined(r, "this macro was not called by a 'call' block", &v));
    }
    return bind_special(r, m, "caller", v);
}

static ingle_status bind_rest(struct run *r, struct binding *b, const struct macro *m) {
    if (m->node->flags & NODE_KWARGS) {
        if (!b->left) INGLE_TRY(dict_new(r, &b->left));
        INGLE_TRY(bind_special(r, m, "kwargs", value_of_dict(b->left)));
    } else if (b->left && b->left->n > 0) {
        const struct str *name = b->left->entries[0].key.s;
        return run_invalid(r, "the macro takes no argument '%.*s'",
                           (int)(name->len < 60 ? name->len : 60), name->data);
    }
    if (m->node->flags & NODE_VARARGS) {
        struct seq *rest;
        INGLE_TRY(seq_new(r, SEQ_TUPLE, 0, &rest));
        while (b->n_items < b->args->n) {
            INGLE_TRY(seq_add(r, rest, b->args->items[b->n_items++]));
        }
        return bind_special(r, m, "varargs", value_of_seq(rest));
    }
    if (b->n_items == b->args->n) return INGLE_OK;
    return run_invalid(r, "the macro takes %zu arguments at most, not %zu", b->n_items, b->args->n);
}

static ingle_status bind(struct run *r, const struct macro *m, const struct args *args) {
    struct binding b = {.args = args};
    if (args->names) {
        INGLE_TRY(dict_new(r, &b.left));
        for (size_t i = 0; i < args->names->n; i++) {
            const struct dict_entry *e = &args->names->entries[i];
            INGLE_TRY(dict_set(r, b.left, e->key, e->value));
        }
    }
    for (const struct node *param = m->node->other; param; param = param->next) {
        INGLE_TRY(bind_param(r, &b, param));
    }
    if (m->node->flags & NODE_CALLER) INGLE_TRY(bind_caller(r, &b, m));
    return bind_rest(r, &b, m);
}

ingle_status exec_macro(struct run *r, const struct macro *m, const struct args *args,
                        struct value *out) {
    struct build text;
    struct scope *outer = r->scope;
    INGLE_TRY(run_enter(r));
    INGLE_TRY(scope_push(r, m->scope));
    INGLE_TRY(bind(r, m, args));
    build_init(&text, r);
    struct build *before = redirect(r, &text);
    ingle_status status = exec_list(r, m->node->list);
    redirect(r, before);
    r->scope = outer;
    run_leave(r);
    return status == INGLE_OK ? build_end(&text, out) : status;
}

static ingle_status exec_define(struct run *r, const struct node *node) {
    struct value m;
    INGLE_TRY(new_macro(r, node, &m));
    return scope_set(r, r->scope, node->symbol, m);
}

static ingle_status exec_call_block(struct run *r, const struct node *node) {
    struct value caller, text;
    INGLE_TRY(new_macro(r, node, &caller));
    INGLE_TRY(eval_call(r, node->a, caller, &text));
    return build_add_value(r->out, text);
}

/* --- loops --- */

/* One turn; the scope is new, unless nothing can know of the last one's. */
static ingle_status turn(struct run *r, struct loop *loop) {
    int symbol = symbol_find(r->t, "loop", 4);
    if (r->scope == loop->scope || r->scope->is_kept) {
        INGLE_TRY(scope_push(r, loop->scope));
    } else {
        r->scope->n = 0;
    }
    INGLE_TRY(exec_assign(r, loop->node->a, loop->now));
    if (symbol != SYMBOL_NONE) {
        INGLE_TRY(scope_set(r, r->scope, symbol, (struct value){.kind = VALUE_LOOP, .loop = loop}));
    }
    return exec_list(r, loop->node->list);
}

static ingle_status run_loop(struct run *r, struct loop *loop) {
    bool more, had_any = false;
    for (;;) {
        INGLE_TRY(run_work(r, 0));
        INGLE_TRY(loop_next(r, loop, &more));
        if (!more) break;
        had_any = true;
        INGLE_TRY(turn(r, loop));
        bool ends = r->flow == RUN_BREAK;
        r->flow = RUN_ON;
        if (ends) break;
    }
    r->scope = loop->scope;
    if (had_any || !loop->node->other) return INGLE_OK;
    INGLE_TRY(scope_push(r, loop->scope));
    INGLE_TRY(exec_list(r, loop->node->other));
    r->scope = loop->scope;
    return INGLE_OK;
}

static ingle_status start_loop(struct run *r, const struct node *node, struct scope *scope,
                               struct value items, int64_t depth0) {
    void *loop;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct loop), &loop));
    *(struct loop *)loop = (struct loop){
        .node = node, .scope = scope, .index0 = -1, .depth0 = depth0, .now = VALUE_NOTHING};
    INGLE_TRY(seq_walk(r, items, &((struct loop *)loop)->items));
    return run_loop(r, loop);
}

static ingle_status exec_for(struct run *r, const struct node *node) {
    struct value items;
    INGLE_TRY(eval(r, node->b, &items));
    r->where = node->where;
    return start_loop(r, node, r->scope, items, 0);
}

ingle_status exec_loop_again(struct run *r, const struct loop *loop, const struct args *args,
                             struct value *out) {
    struct build text;
    struct scope *outer = r->scope;
    if (!(loop->node->flags & NODE_RECURSIVE)) {
        return run_invalid(r, "only a loop that is 'recursive' can be called");
    }
    if (args->n != 1 || args->names) return run_invalid(r, "a loop is called with one argument");
    INGLE_TRY(run_enter(r));
    build_init(&text, r);
    struct build *before = redirect(r, &text);
    r->scope = loop->scope;
    ingle_status status = start_loop(r, loop->node, loop->scope, args->items[0], loop->depth0 + 1);
    redirect(r, before);
    r->scope = outer;
    run_leave(r);
    return status == INGLE_OK ? build_end(&text, out) : status;
}

/* --- the rest --- */

static ingle_status exec_if(struct run *r, const struct node *node) {
    struct value test;
    for (;;) {
        INGLE_TRY(eval(r, node->a, &test));
        if (value_is_true(test)) return exec_list(r, node->list);
        if (!node->other || !(node->other->flags & NODE_ELIF)) break;
        node = node->other;
    }
    return exec_list(r, node->other);
}

static ingle_status exec_print(struct run *r, const struct node *node) {
    struct value v;
    INGLE_TRY(eval(r, node->a, &v));
    r->where = node->where;
    return build_add_value(r->out, v);
}

static ingle_status exec_set(struct run *r, const struct node *node) {
    struct value v;
    INGLE_TRY(eval(r, node->b, &v));
    return exec_assign(r, node->a, v);
}

/* The values of `with` are worked out before any of its names is there. */
static ingle_status exec_with(struct run *r, const struct node *node) {
    struct scope *outer = r->scope, *inner;
    INGLE_TRY(scope_push(r, outer));
    inner = r->scope;
    for (const struct node *set = node->other; set; set = set->next) {
        struct value v;
        r->scope = outer;
        INGLE_TRY(eval(r, set->b, &v));
        r->scope = inner;
        INGLE_TRY(exec_assign(r, set->a, v));
    }
    INGLE_TRY(exec_list(r, node->list));
    r->scope = outer;
    return INGLE_OK;
}

static ingle_status exec_scope(struct run *r, const struct node *node) {
    struct scope *outer = r->scope;
    INGLE_TRY(scope_push(r, outer));
    INGLE_TRY(exec_list(r, node->list));
    r->scope = outer;
    return INGLE_OK;
}

static ingle_status exec(struct run *r, const struct node *node) {
    switch (node->kind) {
    case NODE_TEXT:
        return build_add_str(r->out, node->constant.s);
    case NODE_PRINT:
        return exec_print(r, node);
    case NODE_IF:
        return exec_if(r, node);
    case NODE_FOR:
        return exec_for(r, node);
    case NODE_SET:
        return exec_set(r, node);
    case NODE_SET_BLOCK:
        return exec_set_block(r, node);
    case NODE_WITH:
        return exec_with(r, node);
    case NODE_MACRO:
        return exec_define(r, node);
    case NODE_CALL_BLOCK:
        return exec_call_block(r, node);
    case NODE_FILTER_BLOCK:
        return exec_filter_block(r, node);
    case NODE_SCOPE:
        return exec_scope(r, node);
    default:
        r->flow = node->kind == NODE_BREAK ? RUN_BREAK : RUN_CONTINUE;
        return INGLE_OK;
    }
}

static ingle_status exec_list(struct run *r, const struct node *list) {
    INGLE_TRY(run_enter(r));
    for (; list && r->flow == RUN_ON; list = list->next) {
        r->where = list->where;
        INGLE_TRY(run_work(r, 0));
        INGLE_TRY(exec(r, list));
    }
    run_leave(r);
    return INGLE_OK;
}

ingle_status exec_template(struct run *r) {
    return exec_list(r, r->t->body);
}
