/* Random JSON Schemas (draft 2020-12) of the keywords that tools and tests use. Some are satisfied
 * by nothing, and some may be refused. */
#ifndef INGLE_TESTS_SUPPORT_RANDOM_SCHEMA_H
#define INGLE_TESTS_SUPPORT_RANDOM_SCHEMA_H

#include "base/buf.h"
#include "base/rng.h"

/* Appends one; the same for the same generator. */
void random_schema(struct buf *out, struct rng *rng);

#endif
