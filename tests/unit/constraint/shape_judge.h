/* Does a JSON value belong to a shape? The plain way, by trying everything: what the machine that
 * runs shapes is measured against, and what the schema compiler is tested through. */
#ifndef INGLE_TESTS_UNIT_CONSTRAINT_SHAPE_JUDGE_H
#define INGLE_TESTS_UNIT_CONSTRAINT_SHAPE_JUDGE_H

#include "base/json_tree.h"
#include "engine/constraint/shape.h"

bool shape_judge(const struct shape_table *table, shape_id id, const struct json_value *value);

/* Checks what shape.h promises of every table; NULL, or the promise that is broken. */
const char *shape_check(const struct shape_table *table);

#endif
