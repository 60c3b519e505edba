/* A schema and values that it accepts or rejects, through the compiler and shape_judge.h. */
#ifndef INGLE_TESTS_UNIT_CONSTRAINT_SCHEMA_CASE_H
#define INGLE_TESTS_UNIT_CONSTRAINT_SCHEMA_CASE_H

#include "engine/constraint/schema.h"

/* yes and no: values one behind the other, each in a line of its own; NULL for none. */
void schema_accepts(const char *schema, const char *yes, const char *no);

/* The status, and a part of the sentence. */
void schema_is_refused(const char *schema, const char *why);
void schema_is_invalid(const char *schema, const char *why);

#endif
