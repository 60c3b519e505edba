/* One rendering: its memory, its bounds, and how what goes wrong is said. */
#ifndef INGLE_ENGINE_TEMPLATE_RUN_H
#define INGLE_ENGINE_TEMPLATE_RUN_H

#include "base/arena.h"
#include "engine/template/str.h"
#include "engine/template/template.h"
#include "engine/template/value.h"

/* Of calls, statements and expressions within each other, and of values within values. */
#define RUN_MAX_DEPTH 1000

/* Whether the statements that follow are still to be run. */
enum run_flow { RUN_ON, RUN_BREAK, RUN_CONTINUE };

struct run {
    const struct template *t;
    const struct template_input *input;
    struct arena arena;
    struct build *out; /* where text goes now */
    struct scope *scope;
    struct value *globals; /* [t->n_symbols] what a name means that no scope has */
    enum run_flow flow;
    size_t where; /* in the source, of what is evaluated */
    size_t n_steps;
    int depth;
    uint64_t seed; /* of hashes: what data makes of them is not for its author to know */
    bool is_refused;
    ingle_error *err;
};

/* The sentence, behind line and column; the code. As an expression it is the code itself, so that
 * whoever reads a caller, a program too, sees that it fails. */
BASE_PRINTF(3, 4) void run_say(struct run *r, ingle_status code, const char *fmt, ...);
#define run_fail(r, code, ...) (run_say(r, code, __VA_ARGS__), (ingle_status)(code))
#define run_invalid(r, ...) run_fail(r, INGLE_INVALID, __VA_ARGS__)

/* Zeroed. */
BASE_NODISCARD ingle_status run_alloc(struct run *r, size_t count, size_t size, void **out);

/* Accounts for work: so many bytes or items. */
BASE_NODISCARD ingle_status run_work(struct run *r, size_t size);

/* A level deeper; run_leave() after an OK. */
BASE_NODISCARD ingle_status run_enter(struct run *r);
static inline void run_leave(struct run *r) {
    r->depth--;
}

/* Fails if v is undefined, saying what is. */
BASE_NODISCARD ingle_status run_undefined(struct run *r, struct value v);

#endif
