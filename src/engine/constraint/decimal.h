/* Exact arithmetic on decimal numbers as JSON writes them (struct decimal of shape.h). Comparing
 * and dividing work for numbers of any length in time that is linear in it; the rest is for numbers
 * that decimal_is_modest(), and says so when a result would be too long. */
#ifndef INGLE_ENGINE_CONSTRAINT_DECIMAL_H
#define INGLE_ENGINE_CONSTRAINT_DECIMAL_H

#include "engine/constraint/shape.h"

/* <0, 0, >0 by value. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

/* Is a a multiple of m? m is modest and not zero. */
bool decimal_is_multiple(const struct decimal *a, const struct decimal *m);

/* At most 300 significant digits, none beyond 10^400 or 10^-400. */
bool decimal_is_modest(const struct decimal *d);

/* A whole number from 0 on; UINT32_MAX for all that is not below it. */
uint32_t decimal_to_count(const struct decimal *d);

/* How many values are in a set of numbers: counts up to max, which is above 0; DECIMAL_MANY for
 * more, or for infinitely many. False if it cannot be told. All its numbers are modest. With values
 * not NULL (room for max), the values as text, allocated in the arena. */
#define DECIMAL_MANY UINT32_MAX
bool decimal_count(uint32_t *count, const struct number_shape *set, uint32_t max,
                   struct decimal *values, struct arena *arena);

#endif
