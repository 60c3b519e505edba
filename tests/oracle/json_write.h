/* A JSON tree as text again. */
#ifndef INGLE_TESTS_ORACLE_JSON_WRITE_H
#define INGLE_TESTS_ORACLE_JSON_WRITE_H

#include "base/buf.h"
#include "base/json_tree.h"

void json_write(struct buf *out, const struct json_value *value);

#endif
