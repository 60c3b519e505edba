#include "engine/template/run.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/size.h"
#include "engine/template/source.h"

#define BYTES_A_STEP 32

void run_say(struct run *r, ingle_status code, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct source_place place = source_place(r->t, r->where);
    ingle_status told =
        status_set(r->err, code, r->where, "The chat template fails at line %zu, column %zu: %s.",
                   place.line, place.column, text);
    (void)told;
}

ingle_status run_alloc(struct run *r, size_t count, size_t size, void **out) {
    size_t whole;
    *out = NULL;
    if (!mul_size(&whole, count, size) || whole > r->arena.max - r->arena.total) {
        return run_fail(r, INGLE_LIMIT, "it takes more than %zu bytes of memory", r->arena.max);
    }
    *out = arena_alloc(&r->arena, whole);
    if (*out) return INGLE_OK;
    if (r->arena.total > r->arena.max - whole - 64) {
        return run_fail(r, INGLE_LIMIT, "it takes more than %zu bytes of memory", r->arena.max);
    }
    return status_no_memory(r->err, "the chat template", whole);
}

ingle_status run_work(struct run *r, size_t size) {
    size_t steps = 1 + size / BYTES_A_STEP;
    if (steps <= TEMPLATE_MAX_STEPS - r->n_steps) {
        r->n_steps += steps;
        return INGLE_OK;
    }
    return run_fail(r, INGLE_LIMIT, "it takes more than %d steps", TEMPLATE_MAX_STEPS);
}

ingle_status run_enter(struct run *r) {
    if (r->depth == RUN_MAX_DEPTH) {
        return run_fail(r, INGLE_LIMIT, "it is nested, or calls itself, more than %d deep",
                        RUN_MAX_DEPTH);
    }
    r->depth++;
    return run_work(r, 0);
}

ingle_status run_undefined(struct run *r, struct value v) {
    if (v.kind != VALUE_UNDEFINED) return INGLE_OK;
    const struct undefined *u = v.u;
    if (!u) return run_invalid(r, "a value is undefined");
    int len = u->name_len < 100 ? (int)u->name_len : 100;
    if (u->is_unsafe) {
        return run_invalid(r, "'%.*s' of a %s is not for templates to reach", len, u->name, u->of);
    }
    if (u->hint) return run_invalid(r, "%s", u->hint);
    if (!u->of) return run_invalid(r, "'%.*s' is undefined", len, u->name);
    return run_invalid(r, "this %s has no '%.*s'", u->of, len, u->name);
}
