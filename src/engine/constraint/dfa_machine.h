/* The machine of the texts of an automaton: a regular expression for the whole text, a list of
 * choices. */
#ifndef INGLE_ENGINE_CONSTRAINT_DFA_MACHINE_H
#define INGLE_ENGINE_CONSTRAINT_DFA_MACHINE_H

#include "engine/constraint/dfa.h"
#include "engine/constraint/machine.h"

/* Takes d in any case. INGLE_REFUSED if it is empty: a machine's start is never dead. */
BASE_NODISCARD ingle_status dfa_machine_new(struct machine **out, struct dfa *d, ingle_error *err);

#endif
