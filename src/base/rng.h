/* A small seeded generator (PCG32, pcg-random.org, O'Neill 2014): the same seed gives the same
 * stream on every machine. For sampling and tests, never for secrets. */
#ifndef INGLE_BASE_RNG_H
#define INGLE_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

void rng_init(struct rng *r, uint64_t seed);
uint32_t rng_u32(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* uniform in [0, n), n > 0 */
double rng_unit(struct rng *r);                /* uniform in [0, 1), 53 bits */
float rng_normal(struct rng *r);               /* mean 0, deviation 1 */

#endif
