#include <string.h>

#include "engine/template/exec.h"

ingle_status scope_push(struct run *r, struct scope *parent) {
    void *scope;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct scope), &scope));
    r->scope = scope;
    r->scope->parent = parent;
    return INGLE_OK;
}

ingle_status scope_set(struct run *r, struct scope *scope, int symbol, struct value v) {
    for (size_t i = 0; i < scope->n; i++) {
        if (scope->vars[i].symbol != symbol) continue;
        scope->vars[i].value = v;
        return INGLE_OK;
    }
    if (scope->n == scope->cap) {
        size_t cap = scope->cap ? scope->cap * 2 : 4;
        void *vars;
        INGLE_TRY(run_alloc(r, cap, sizeof *scope->vars, &vars));
        if (scope->n) memcpy(vars, scope->vars, scope->n * sizeof *scope->vars);
        scope->vars = vars;
        scope->cap = cap;
    }
    scope->vars[scope->n++] = (struct variable){.symbol = symbol, .value = v};
    return INGLE_OK;
}

ingle_status scope_get(struct run *r, int symbol, struct value *out) {
    for (const struct scope *scope = r->scope; scope; scope = scope->parent) {
        INGLE_TRY(run_work(r, scope->n * sizeof *scope->vars));
        for (size_t i = 0; i < scope->n; i++) {
            if (scope->vars[i].symbol != symbol) continue;
            *out = scope->vars[i].value;
            return INGLE_OK;
        }
    }
    *out = r->globals[symbol];
    return INGLE_OK;
}
