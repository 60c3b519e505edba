#include "engine/template/call.h"

#include <string.h>

#include "engine/template/exec.h"
#include "engine/template/seq.h"

const struct builtin *builtin_find(const struct builtin *rows, size_t n, const char *name,
                                   size_t len) {
    for (size_t i = 0; i < n; i++) {
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0) return &rows[i];
    }
    return NULL;
}

/* Where the name stands among the parameters; -1. */
static int find_param(const char *params, const struct str *name) {
    int i = 0;
    for (const char *p = params; *p; i++) {
        size_t len = strcspn(p, " ");
        if (len == name->len && memcmp(p, name->data, len) == 0) return i;
        p += len;
        p += strspn(p, " ");
    }
    return -1;
}

static int count_params(const char *params) {
    int n = *params != '\0';
    for (const char *p = params; *p; p++) n += *p == ' ';
    return n;
}

static ingle_status bind_names(struct run *r, const struct args *args, struct params *p) {
    for (size_t i = 0; args->names && i < args->names->n; i++) {
        const struct str *name = args->names->entries[i].key.s;
        int at = find_param(p->row->params, name);
        int len = (int)(name->len < 60 ? name->len : 60);
        if (at < 0) {
            return run_invalid(r, "'%s' takes no argument '%.*s'", p->row->name, len, name->data);
        }
        if (p->has[at]) {
            return run_invalid(r, "'%s' is given its argument '%.*s' twice", p->row->name, len,
                               name->data);
        }
        p->v[at] = args->names->entries[i].value;
        p->has[at] = true;
    }
    return INGLE_OK;
}

static ingle_status bind(struct run *r, const struct args *args, struct params *p) {
    size_t n_params = (size_t)count_params(p->row->params);
    if (args->n > n_params) {
        return run_invalid(r, "'%s' takes %zu arguments at most, not %zu", p->row->name, n_params,
                           args->n);
    }
    for (size_t i = 0; i < args->n; i++) {
        p->v[i] = args->items[i];
        p->has[i] = true;
    }
    INGLE_TRY(bind_names(r, args, p));
    for (int i = 0; i < p->row->n_required; i++) {
        if (p->has[i]) continue;
        return run_invalid(r, "'%s' needs %d argument%s", p->row->name, p->row->n_required,
                           p->row->n_required == 1 ? "" : "s");
    }
    return INGLE_OK;
}

ingle_status builtin_call(struct run *r, const struct builtin *row, struct value self,
                          const struct args *args, struct value *out) {
    struct params p = {.row = row, .all = args};
    if (row->params) INGLE_TRY(bind(r, args, &p));
    INGLE_TRY(run_enter(r));
    INGLE_TRY(row->fn(r, self, &p, out));
    run_leave(r);
    return INGLE_OK;
}

ingle_status filter_call(struct run *r, const char *name, size_t len, struct value self,
                         const struct args *args, struct value *out) {
    const struct builtin *row = filter_find(name, len);
    if (row) return builtin_call(r, row, self, args, out);
    return run_invalid(r, "there is no filter '%.*s'", (int)(len < 60 ? len : 60), name);
}

ingle_status predicate_call(struct run *r, const char *name, size_t len, struct value self,
                            const struct args *args, bool *out) {
    struct value answer;
    const struct builtin *row = predicate_find(name, len);
    if (!row) return run_invalid(r, "there is no test '%.*s'", (int)(len < 60 ? len : 60), name);
    INGLE_TRY(builtin_call(r, row, self, args, &answer));
    *out = value_is_true(answer);
    return INGLE_OK;
}

static ingle_status call_joiner(struct run *r, struct cycler *joiner, struct value *out) {
    if (joiner->pos++ == 0) return str_text(r, "", out);
    *out = joiner->items[0];
    return INGLE_OK;
}

/* What is made of a safe string is safe. */
static ingle_status call_method(struct run *r, const struct method *method, const struct args *args,
                                struct value *out) {
    INGLE_TRY(builtin_call(r, method->row, method->self, args, out));
    bool is_safe = method->self.kind == VALUE_STR && method->self.s->is_safe;
    if (is_safe && out->kind == VALUE_STR) out->s->is_safe = true;
    return INGLE_OK;
}

ingle_status call_value(struct run *r, struct value callee, const struct args *args,
                        struct value *out) {
    switch (callee.kind) {
    case VALUE_MACRO:
        return exec_macro(r, callee.m, args, out);
    case VALUE_GLOBAL:
        return builtin_call(r, callee.global, VALUE_NOTHING, args, out);
    case VALUE_METHOD:
        return call_method(r, callee.method, args, out);
    case VALUE_LOOP:
        return exec_loop_again(r, callee.loop, args, out);
    case VALUE_JOINER:
        return call_joiner(r, callee.cycler, out);
    default:
        INGLE_TRY(run_undefined(r, callee));
        return run_invalid(r, "%s cannot be called", value_kind_name(callee));
    }
}

ingle_status param_int(struct run *r, const struct params *p, int i, int64_t other, int64_t *out) {
    *out = other;
    if (!p->has[i] || value_as_int(p->v[i], out)) return INGLE_OK;
    INGLE_TRY(run_undefined(r, p->v[i]));
    return run_invalid(r, "'%s' needs an integer, not %s", p->row->name, value_kind_name(p->v[i]));
}

ingle_status param_str(struct run *r, const struct params *p, int i, struct str **out) {
    *out = NULL;
    if (!p->has[i] || p->v[i].kind == VALUE_NONE) return INGLE_OK;
    return call_need_str(r, p, p->v[i], out);
}

bool param_flag(const struct params *p, int i) {
    return p->has[i] && value_is_true(p->v[i]);
}

ingle_status call_need_str(struct run *r, const struct params *p, struct value v,
                           struct str **out) {
    INGLE_TRY(run_undefined(r, v));
    *out = v.s;
    if (v.kind == VALUE_STR) return INGLE_OK;
    return run_invalid(r, "'%s' needs a string, not %s", p->row->name, value_kind_name(v));
}
