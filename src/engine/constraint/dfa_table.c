#include "engine/constraint/dfa_table.h"

#include <string.h>

#include "base/alloc.h"

ingle_status dfa_too_large(ingle_error *err) {
    return status_set(err, INGLE_LIMIT, 0,
                      "This set of texts is too intricate: its automaton has too many states.");
}

ingle_status dfa_table_init(struct dfa_table *t, uint32_t n_symbols, ingle_error *err) {
    *t = (struct dfa_table){.n_symbols = n_symbols};
    uint32_t dead;
    return dfa_table_add(t, 0, &dead, err);
}

void dfa_table_clear(struct dfa_table *t) {
    mem_free(t->next);
    mem_free(t->labels);
    *t = (struct dfa_table){0};
}

static ingle_status grow(struct dfa_table *t, ingle_error *err) {
    uint32_t cap = t->cap ? t->cap * 2 : 16;
    size_t size = (size_t)cap * t->n_symbols * sizeof *t->next;
    uint32_t *next = mem_realloc(t->next, size ? size : 1);
    if (!next) return status_no_memory(err, "an automaton", size);
    t->next = next;
    uint32_t *labels = mem_realloc(t->labels, cap * sizeof *labels);
    if (!labels) return status_no_memory(err, "an automaton", cap * sizeof *labels);
    t->labels = labels;
    t->cap = cap;
    return INGLE_OK;
}

ingle_status dfa_table_add(struct dfa_table *t, uint32_t label, uint32_t *state, ingle_error *err) {
    if (t->n_states == DFA_TABLE_MAX_STATES ||
        (size_t)(t->n_states + 1) * t->n_symbols > DFA_TABLE_MAX_CELLS)
        return dfa_too_large(err);
    if (t->n_states == t->cap) INGLE_TRY(grow(t, err));
    *state = t->n_states++;
    t->labels[*state] = label;
    memset(dfa_table_row(t, *state), 0, t->n_symbols * sizeof *t->next);
    return INGLE_OK;
}
