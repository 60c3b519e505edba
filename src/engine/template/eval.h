/* Expressions. */
#ifndef INGLE_ENGINE_TEMPLATE_EVAL_H
#define INGLE_ENGINE_TEMPLATE_EVAL_H

#include "engine/template/ast.h"
#include "engine/template/call.h"

BASE_NODISCARD ingle_status eval(struct run *r, const struct node *node, struct value *out);

/* A chain of filters around this value: where the chain begins, `self` stands. */
BASE_NODISCARD ingle_status eval_filters(struct run *r, const struct node *node, struct value self,
                                         struct value *out);

/* A call; caller: given to the macro as its caller if it is defined. */
BASE_NODISCARD ingle_status eval_call(struct run *r, const struct node *node, struct value caller,
                                      struct value *out);

/* operators.c */
BASE_NODISCARD ingle_status operator_binary(struct run *r, enum node_op op, struct value a,
                                            struct value b, struct value *out);
BASE_NODISCARD ingle_status operator_unary(struct run *r, enum node_op op, struct value v,
                                           struct value *out);
BASE_NODISCARD ingle_status operator_compare(struct run *r, enum node_op op, struct value a,
                                             struct value b, bool *out);

/* lookup.c: v.name and v[key]; undefined if there is none. A slice's missing parts are none. */
BASE_NODISCARD ingle_status lookup_attr(struct run *r, struct value v, const char *name, size_t len,
                                        struct value *out);
BASE_NODISCARD ingle_status lookup_item(struct run *r, struct value v, struct value key,
                                        struct value *out);
BASE_NODISCARD ingle_status lookup_slice(struct run *r, struct value v, const struct value part[3],
                                         struct value *out);
/* "a.b.0" as filters take it: one after the other. An undefined one becomes `other` if it is not
 * none. */
BASE_NODISCARD ingle_status lookup_path(struct run *r, struct value v, struct value path,
                                        struct value other, struct value *out);
BASE_NODISCARD ingle_status lookup_undefined(struct run *r, const char *hint, struct value *out);

/* percent.c, braces.c: format % args, and format.format(args). */
BASE_NODISCARD ingle_status percent_format(struct run *r, struct str *format, struct value args,
                                           struct value *out);
BASE_NODISCARD ingle_status braces_format(struct run *r, const struct str *format,
                                          const struct args *args, struct value *out);

#endif
