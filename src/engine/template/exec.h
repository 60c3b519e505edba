/* Statements, scopes, loops and macros. */
#ifndef INGLE_ENGINE_TEMPLATE_EXEC_H
#define INGLE_ENGINE_TEMPLATE_EXEC_H

#include "engine/template/ast.h"
#include "engine/template/call.h"

struct variable {
    int symbol;
    struct value value;
};

/* Variables of a block; the ones of the blocks around it are seen through it. */
struct scope {
    struct scope *parent;
    struct variable *vars;
    size_t n, cap;
    bool is_kept; /* a macro was defined within: it may see this scope later */
};

/* A loop that runs: `loop` in the template. As in jinja2, items are looked at one by one, and one
 * ahead only where the template asks what follows: the loop's `if` may depend on what the body
 * does. */
struct loop {
    const struct node *node;
    struct scope *scope; /* around the loop */
    const struct seq *items;
    size_t next;     /* of items */
    bool is_checked; /* all that are left have passed the `if` */
    bool has_after;
    struct value now, before, after;
    int64_t index0, depth0;
    bool has_length;
    int64_t length;
    struct seq *changed; /* what changed() saw last; NULL = nothing */
};

BASE_NODISCARD ingle_status exec_template(struct run *r);
BASE_NODISCARD ingle_status exec_macro(struct run *r, const struct macro *m,
                                       const struct args *args, struct value *out);

/* Gives a value to a name, an attribute of a namespace or a tuple of such. */
BASE_NODISCARD ingle_status exec_assign(struct run *r, const struct node *target, struct value v);

/* loop(items) within a recursive loop. */
BASE_NODISCARD ingle_status exec_loop_again(struct run *r, const struct loop *loop,
                                            const struct args *args, struct value *out);

/* A variable's value; undefined if there is none. */
BASE_NODISCARD ingle_status scope_get(struct run *r, int symbol, struct value *out);
BASE_NODISCARD ingle_status scope_set(struct run *r, struct scope *scope, int symbol,
                                      struct value v);
BASE_NODISCARD ingle_status scope_push(struct run *r, struct scope *parent);

/* loop.c: the next item that the loop's `if` lets pass; false in *more at the end. */
BASE_NODISCARD ingle_status loop_next(struct run *r, struct loop *loop, bool *more);
/* loop.index and its like; *found false if there is no such. */
BASE_NODISCARD ingle_status loop_attr(struct run *r, struct loop *loop, const char *name,
                                      size_t len, struct value *out, bool *found);

#endif
