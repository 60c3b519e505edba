#include "engine/constraint/shape.h"

#include "base/alloc.h"

void shape_table_free(struct shape_table *table) {
    if (!table) return;
    for (size_t i = 0; i < table->n_automata; i++) dfa_free(table->automata[i]);
    mem_free(table->automata);
    mem_free(table->shapes);
    arena_clear(&table->arena);
    mem_free(table);
}
