/* Compiles a JSON Schema (draft 2020-12, and of draft-07 what tools use) to shapes. Fails closed:
 * REFUSED, with the JSON pointer of the keyword in the sentence, for everything that the result
 * would not express exactly, and for a schema that no value satisfies; INVALID for what is no JSON
 * or no schema. Bounded in time and memory for hostile schemas (LIMIT is reported as REFUSED). */
#ifndef INGLE_ENGINE_CONSTRAINT_SCHEMA_H
#define INGLE_ENGINE_CONSTRAINT_SCHEMA_H

#include "engine/constraint/shape.h"

BASE_NODISCARD ingle_status schema_compile(struct shape_table **out, const char *text, size_t len,
                                           ingle_error *err);

#endif
