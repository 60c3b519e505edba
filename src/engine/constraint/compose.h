/* A machine made of parts: texts, automata and other machines, in a row, as alternatives, repeated.
 * What tool calls are made of: free text, a marker, a JSON machine, a marker.
 *
 *     struct compose *c;
 *     INGLE_TRY(compose_new(&c, err));
 *     compose_part call[] = {compose_text(c, "<call>", 6), compose_machine(c, json),
 *                            compose_text(c, "</call>", 7)};
 *     compose_part calls = compose_repeat(c, compose_sequence(c, call, 3), 1, COMPOSE_NO_MAX);
 *     return compose_machine_new(out, c, calls, err);
 *
 * Failures on the way are kept and told by compose_machine_new(). A part may be used in several
 * places; what it is made of must have been made before it. */
#ifndef INGLE_ENGINE_CONSTRAINT_COMPOSE_H
#define INGLE_ENGINE_CONSTRAINT_COMPOSE_H

#include "engine/constraint/dfa.h"
#include "engine/constraint/machine.h"

#define COMPOSE_NO_MAX UINT32_MAX

struct compose;
typedef uint32_t compose_part;

BASE_NODISCARD ingle_status compose_new(struct compose **out, ingle_error *err);
void compose_free(struct compose *c); /* and all that was given to it; NULL is fine */

/* Exactly these bytes; they may hold MACHINE_CONTROL sequences. */
compose_part compose_text(struct compose *c, const char *bytes, size_t len);
/* These take what they are given, at once and in any case. NULL is taken for want of memory. */
compose_part compose_dfa(struct compose *c, struct dfa *d);
compose_part compose_machine(struct compose *c, struct machine *m);

/* No parts in a row are the empty text; a choice of none is what no text fits. */
compose_part compose_sequence(struct compose *c, const compose_part *parts, size_t n);
compose_part compose_choice(struct compose *c, const compose_part *parts, size_t n);
compose_part compose_repeat(struct compose *c, compose_part part, uint32_t min, uint32_t max);

/* Takes c in any case. INGLE_REFUSED if no text fits the part, INGLE_LIMIT if it has too many
 * places once its repetitions are written out. */
BASE_NODISCARD ingle_status compose_machine_new(struct machine **out, struct compose *c,
                                                compose_part root, ingle_error *err);

#endif
