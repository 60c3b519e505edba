/* A constraint at work: a deterministic machine over bytes whose states come into being as they are
 * reached (like a lazy DFA). What the text is meant to be (JSON under a schema, a grammar, a
 * regular expression, parts of these in a row) is the business of the kind of machine; tokens are
 * that of mask.h.
 *
 * The promise all kinds keep: from every state but MACHINE_DEAD some bytes lead to a state that
 * accepts. So a generation that only takes steps to living states can always be finished, and a
 * text is accepted if and only if all its steps are alive and the last state accepts.
 *
 * Not thread-safe: steps make states. */
#ifndef INGLE_ENGINE_CONSTRAINT_MACHINE_H
#define INGLE_ENGINE_CONSTRAINT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef uint32_t machine_state;

#define MACHINE_DEAD ((machine_state)0)

/* A control token of the vocabulary is these bytes around its text; so no text of ordinary tokens,
 * which are UTF-8 in the end, is ever taken for it. */
#define MACHINE_CONTROL 0xff
#define MACHINE_CONTROL_END 0xfe

/* Lexer keys, see machine_ops.lexeme. Dead: no text goes on with this byte, whatever stands around.
 * Exit: the byte ends the lexeme (and may be dead for reasons outside it). */
#define LEXER_DEAD ((uint64_t)0)
#define LEXER_EXIT ((uint64_t)1)

struct machine;

struct machine_ops {
    /* The state after one more byte. MACHINE_DEAD too when out of memory: machine->failed then. */
    machine_state (*step)(struct machine *m, machine_state state, uint8_t byte);

    bool (*accepts)(struct machine *m, machine_state state);

    /* The next byte of a short completion (the shortest where that is cheap to know): taken again
     * and again, these bytes lead to an accepting state. -1 if the state accepts. */
    int (*finish)(struct machine *m, machine_state state);

    /* Sharing masks among states. Within a long run of text (the inside of a string) many states
     * differ only in what stands around the run. lexeme() gives such states the same key above
     * LEXER_EXIT, and 0 to all other states (accepting ones too); lex() then tells, from the key
     * alone, what a byte does: LEXER_DEAD, LEXER_EXIT or the key after it. For every state with
     * that key: step() is alive with the key that lex() says as long as that is a key, and dead
     * where it is LEXER_DEAD. A counter that is LEXER_FAR or more characters from its bound must
     * not make another key, and a lower bound needs none: it shows only where the lexeme ends.
     * Both may be NULL. Keys outlive compact().
     *
     * may_follow() says from the key before the byte that ended a lexeme which bytes may stand
     * behind that byte, in whatever state with that key; NULL: any. */
    uint64_t (*lexeme)(struct machine *m, machine_state state);
    uint64_t (*lex)(struct machine *m, uint64_t key, uint8_t byte);
    bool (*may_follow)(struct machine *m, uint64_t key, uint8_t byte);

    /* A walk over a vocabulary makes states by the thousand of which one is ever reached. forget()
     * undoes the making of all states since mark(). Both may be NULL. */
    void (*mark)(struct machine *m);
    void (*forget)(struct machine *m);

    /* Forgets all states but *live, which it may renumber: a long generation stays bounded. */
    void (*compact)(struct machine *m, machine_state *live);
    size_t (*size)(const struct machine *m); /* bytes that compact() could give back, about */

    void (*release)(struct machine *m);
    bool is_finite;    /* all states are there from the start and keep their numbers */
    bool ends_by_exit; /* no state with a lexer key accepts */
};

/* What a key says holds for so many bytes: bounds farther away do not show. Tokens that are longer
 * (few are) take real steps. */
#define LEXER_FAR 32

struct machine {
    const struct machine_ops *ops;
    machine_state start; /* never dead; unchanged by compact() */
    bool failed;         /* out of memory or past a stated limit: the answer of step() was a lie */
};

static inline void machine_free(struct machine *m) {
    if (m) m->ops->release(m);
}

/* The state after len more bytes; dead as soon as one is. */
static inline machine_state machine_steps(struct machine *m, machine_state state, const char *bytes,
                                          size_t len) {
    for (size_t i = 0; i < len && state != MACHINE_DEAD; i++) {
        state = m->ops->step(m, state, (uint8_t)bytes[i]);
    }
    return state;
}

/* NO_MEMORY if the machine has failed: what it said since is not to be believed. */
BASE_NODISCARD static inline ingle_status machine_check(const struct machine *m, ingle_error *err) {
    if (!m->failed) return INGLE_OK;
    return status_set(
        err, INGLE_NO_MEMORY, 0,
        "The constraint ran out of memory, or past a limit, in the middle of a text.");
}

#endif
