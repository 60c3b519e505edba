/* Shapes at random: small ones, of few names, strings and numbers, so that random texts meet them;
 * with all that shape.h allows, schemas or not. */
#ifndef INGLE_TESTS_UNIT_CONSTRAINT_SHAPE_BUILD_H
#define INGLE_TESTS_UNIT_CONSTRAINT_SHAPE_BUILD_H

#include "base/buf.h"
#include "base/rng.h"
#include "engine/constraint/shape.h"

/* Of up to 5 shapes that may contain each other. The caller frees it. */
struct shape_table *shape_build_random(struct rng *r);

/* A random JSON text of the same few things: in any spelling, with white space; now and then broken
 * at one byte. */
void shape_build_text(struct rng *r, struct buf *out);

#endif
