/* Sets of code points as sorted ranges. A zeroed one with max set is a valid empty one; failure is
 * sticky. */
#ifndef INGLE_ENGINE_CONSTRAINT_CHARSET_H
#define INGLE_ENGINE_CONSTRAINT_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHARSET_LAST 0x10ffffu

struct charset {
    uint32_t *bounds; /* owned; first and last of each range */
    size_t n, cap;    /* of bounds */
    size_t max;
    bool failed; /* out of memory */
    bool full;   /* more than max bounds */
};

void charset_init(struct charset *set, size_t max);
void charset_clear(struct charset *set); /* frees; leaves it reusable */
void charset_reset(struct charset *set); /* keeps the storage */

/* Appends a range, which may overlap others until charset_normalise() puts all in order. */
void charset_add(struct charset *set, uint32_t first, uint32_t last);
void charset_normalise(struct charset *set);
void charset_negate(struct charset *set); /* normalised */
/* Takes out what is no character of UTF-8: surrogates; normalised before and after. */
void charset_drop_surrogates(struct charset *set);

#endif
