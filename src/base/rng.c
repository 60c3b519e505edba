#include "base/rng.h"

#include <math.h>

#define PCG_MULTIPLIER 6364136223846793005u
#define PCG_INCREMENT 1442695040888963407u

void rng_init(struct rng *r, uint64_t seed) {
    r->state = 0;
    (void)rng_u32(r);
    r->state += seed;
    (void)rng_u32(r);
}

uint32_t rng_u32(struct rng *r) {
    uint64_t old = r->state;
    r->state = old * PCG_MULTIPLIER + PCG_INCREMENT;
    uint32_t xored = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return xored >> turn | xored << (-turn & 31);
}

uint32_t rng_below(struct rng *r, uint32_t n) {
    uint32_t reject = -n % n; /* 2^32 mod n: below it the remainder would be biased */
    uint32_t draw;
    do draw = rng_u32(r);
    while (draw < reject);
    return draw % n;
}

double rng_unit(struct rng *r) {
    uint64_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

float rng_normal(struct rng *r) {
    double u = 1.0 - rng_unit(r), v = rng_unit(r);
    return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}
