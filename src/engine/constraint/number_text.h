/* The beginning of a number as JSON writes it, and the ways to go on. */
#ifndef INGLE_ENGINE_CONSTRAINT_NUMBER_TEXT_H
#define INGLE_ENGINE_CONSTRAINT_NUMBER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/constraint/number.h"

enum number_phase {
    NUMBER_EMPTY,
    NUMBER_MINUS,
    NUMBER_ZERO,  /* "0" */
    NUMBER_WHOLE, /* other digits before the point */
    NUMBER_POINT, /* right behind it */
    NUMBER_FRACTION,
    NUMBER_E, /* right behind it */
    NUMBER_E_SIGN,
    NUMBER_EXPONENT
};

/* A zeroed one is the empty text. */
struct number_text {
    enum number_phase phase;
    struct number_prefix digits; /* its magnitude is not used */
    uint32_t n_whole, n_fraction;
    bool is_small; /* the exponent is negative */
    uint32_t exponent, n_exponent;
};

/* False, and nothing changed, if no number within the limits goes on so. */
bool number_text_add(struct number_text *t, uint8_t byte);

/* The power of ten of the first digit (of the next one, if all are zeros), without the exponent. */
int32_t number_text_magnitude(const struct number_text *t);

/* Is the text a number of the set? */
bool number_text_is_in(const struct number_text *t, const struct number_set *set,
                       const struct number_filter *filter);

/* A way to go on to a number of the set that the filter (NULL: any) lets pass. */
struct number_way {
    int byte;      /* the next; -1 if the text is one */
    uint32_t left; /* bytes */
};

/* False if there is none. With any, any way will do; else a short one, and what it leads to is
 * shorter by a byte. */
bool number_text_way(struct number_way *out, const struct number_text *t,
                     const struct number_set *set, const struct number_filter *filter, bool any);

#endif
