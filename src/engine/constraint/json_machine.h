/* The machine of JSON texts whose value is in a shape. Any order of properties, any insignificant
 * white space, any spelling of strings (escapes) and numbers (fractions, exponents); no name twice
 * in an object. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_H
#define INGLE_ENGINE_CONSTRAINT_JSON_MACHINE_H

#include "engine/constraint/machine.h"
#include "engine/constraint/shape.h"

/* The table must outlive the machine; its root is not SHAPE_NONE. */
BASE_NODISCARD ingle_status json_machine_new(struct machine **out, const struct shape_table *table,
                                             ingle_error *err);

#endif
