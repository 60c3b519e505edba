/* Automata under construction, over any alphabet of numbered symbols: rows are added one by one,
 * then the whole is made minimal, and byte automata become a struct dfa. */
#ifndef INGLE_ENGINE_CONSTRAINT_DFA_TABLE_H
#define INGLE_ENGINE_CONSTRAINT_DFA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine/constraint/dfa.h"

/* While an automaton is made it may be larger than what is left of it in the end. */
#define DFA_TABLE_MAX_STATES (1u << 18)
#define DFA_TABLE_MAX_CELLS ((size_t)1 << 24)
#define DFA_TABLE_MAX_EDGES ((size_t)1 << 22)

struct dfa_table {
    uint32_t n_symbols;
    uint32_t n_states; /* with state 0, the dead one */
    uint32_t *next;    /* [n_states][n_symbols] */
    uint32_t *labels;  /* [n_states] */
    uint32_t cap;
};

/* With the dead state only. */
BASE_NODISCARD ingle_status dfa_table_init(struct dfa_table *t, uint32_t n_symbols,
                                           ingle_error *err);
void dfa_table_clear(struct dfa_table *t);

/* One more state, all of whose steps are dead yet. Moves next and labels. */
BASE_NODISCARD ingle_status dfa_table_add(struct dfa_table *t, uint32_t label, uint32_t *state,
                                          ingle_error *err);

static inline uint32_t *dfa_table_row(const struct dfa_table *t, uint32_t state) {
    return t->next + (size_t)state * t->n_symbols;
}

/* Takes out what no start reaches and what reaches no label, makes equal states one, and numbers
 * them in the order of a walk from the starts: equal sets get equal tables. */
BASE_NODISCARD ingle_status dfa_table_minimise(struct dfa_table *t, uint32_t *starts,
                                               size_t n_starts, ingle_error *err);

/* The automaton of a table whose symbol for each byte is in symbols; it is made minimal first. */
BASE_NODISCARD ingle_status dfa_from_table(struct dfa **out, struct dfa_table *t,
                                           const uint8_t symbols[256], uint32_t start,
                                           ingle_error *err);

/* One text of any bytes. */
BASE_NODISCARD ingle_status dfa_bytes(struct dfa **out, const char *bytes, size_t len,
                                      ingle_error *err);

BASE_NODISCARD ingle_status dfa_too_large(ingle_error *err);

#endif
