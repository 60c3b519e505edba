#include "engine/constraint/dfa_machine.h"

#include "base/alloc.h"

struct dfa_machine {
    struct machine machine;
    struct dfa *dfa; /* owned */
};

static const struct dfa *dfa_of(const struct machine *m) {
    return ((const struct dfa_machine *)m)->dfa;
}

static machine_state step(struct machine *m, machine_state state, uint8_t byte) {
    return dfa_step(dfa_of(m), state, byte);
}

static bool accepts(struct machine *m, machine_state state) {
    return dfa_of(m)->labels[state] != 0;
}

static int finish(struct machine *m, machine_state state) {
    const struct dfa *d = dfa_of(m);
    return d->labels[state] ? -1 : d->finish[state];
}

/* Every state is a lexer key, and nothing leaves the lexeme: masks then see what a whole vocabulary
 * does without trying all of it. */
static uint64_t lexeme(struct machine *m, machine_state state) {
    (void)m;
    return LEXER_EXIT + state;
}

static uint64_t lex(struct machine *m, uint64_t key, uint8_t byte) {
    uint32_t next = dfa_step(dfa_of(m), (uint32_t)(key - LEXER_EXIT), byte);
    return next == DFA_DEAD ? LEXER_DEAD : LEXER_EXIT + next;
}

static void compact(struct machine *m, machine_state *live) {
    (void)m;
    (void)live;
}

static size_t size(const struct machine *m) {
    (void)m;
    return 0;
}

static void release(struct machine *m) {
    dfa_free(((struct dfa_machine *)m)->dfa);
    mem_free(m);
}

static const struct machine_ops ops = {.step = step,
                                       .accepts = accepts,
                                       .finish = finish,
                                       .lexeme = lexeme,
                                       .lex = lex,
                                       .compact = compact,
                                       .size = size,
                                       .release = release,
                                       .is_finite = true};

ingle_status dfa_machine_new(struct machine **out, struct dfa *d, ingle_error *err) {
    *out = NULL;
    if (dfa_is_empty(d)) {
        dfa_free(d);
        return status_set(err, INGLE_REFUSED, 0, "No text fits this constraint.");
    }
    struct dfa_machine *m = mem_calloc(1, sizeof *m);
    if (!m) {
        dfa_free(d);
        return status_no_memory(err, "a constraint", sizeof *m);
    }
    m->machine = (struct machine){.ops = &ops, .start = d->start};
    m->dfa = d;
    *out = &m->machine;
    return INGLE_OK;
}
