/* The machine of JSON texts whose value is in a shape. Any order of properties, any insignificant
 * white space, any spelling of strings (escapes) and numbers (fractions, exponents); no name twice
 * in an object. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_H
#define INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_H

#include "engine/constraint/machine.h"
#include "engine/constraint/shape.h"

/* The table must outlive the machine; its root is not SHAPE_NONE. REFUSED for what could not be run
 * exactly (see json_machine_supports()), and if no text is accepted. A machine fails when memory is
 * short, or when a text may be taken in more than 2,048 ways at once. */
BASE_NODISCARD ingle_status json_machine_new(struct machine **out, const struct shape_table *table,
                                             ingle_error *err);

/* Whether json_machine_new() would refuse, and why: some forms of uniqueItems, of contains beside
 * long arrays, and numbers beyond the limits of number.h. */
BASE_NODISCARD ingle_status json_machine_supports(const struct shape_table *table,
                                                  ingle_error *err);

#endif
