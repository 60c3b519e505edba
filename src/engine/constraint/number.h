/* Exact decimals, and the sets of them that a number_shape means. Whether any number that begins
 * with given digits is in a set is decided by arithmetic on digits (number_find), so that a machine
 * never walks into a dead end.
 *
 * The limits (docs/decisions/json-numbers.md): what a double can hold, and no endless digits. */
#ifndef INGLE_ENGINE_CONSTRAINT_NUMBER_H
#define INGLE_ENGINE_CONSTRAINT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "engine/constraint/shape.h"

#define NUMBER_MAX_WHOLE 309      /* digits before the point */
#define NUMBER_MAX_FRACTION 40    /* and behind it */
#define NUMBER_MAX_EXPONENT 4     /* digits of the exponent, needless zeros too */
#define NUMBER_EXPONENT_BOUND 999 /* and its value */
#define NUMBER_MAX_DIGITS (NUMBER_MAX_WHOLE + NUMBER_MAX_FRACTION)
#define NUMBER_MAX_NOT 8 /* not_multiples of a set */

/* 0.d1d2...dn * 10^(magnitude + 1): magnitude is the power of ten of the first digit. Neither the
 * first nor the last digit is zero; zero has none, and no sign. */
struct number {
    bool is_negative;
    uint16_t n;
    int32_t magnitude;
    uint8_t digits[NUMBER_MAX_DIGITS];
};

/* m * 10^exponent, m not a multiple of ten. */
struct number_step {
    uint64_t m;
    int32_t exponent;
};

/* The numbers of one sign, without it. */
struct number_side {
    bool is_empty;
    bool above_min, below_max;
    struct number min, max;
};

struct number_set {
    struct number_side sides[2]; /* [is_negative] */
    bool has_zero;
    bool has_multiple;
    struct number_step multiple; /* of all multiples */
    uint32_t n_not;
    struct number_step nots[NUMBER_MAX_NOT];
};

/* False if the text has more than NUMBER_MAX_DIGITS significant digits. */
BASE_NODISCARD bool number_parse(struct number *out, const char *text, size_t len);

/* REFUSED for what exceeds the limits. */
BASE_NODISCARD ingle_status number_set_make(struct number_set *out,
                                            const struct number_shape *shape, ingle_error *err);

/* Digits that stand, without leading zeros; and a place for them: the power of ten of the first
 * (of the first to come, if there is none yet). */
struct number_prefix {
    bool is_negative;
    uint8_t digits[NUMBER_MAX_DIGITS];
    uint32_t n;
    int32_t magnitude;
};

/* Is the number that these digits are in the set? */
bool number_contains(const struct number_set *set, const struct number_prefix *p);

/* May the number be taken? (Others of the set were taken before, in an array without equals.) */
struct number_filter {
    bool (*is_free)(const struct number *value, void *user);
    void *user;
};

/* The least number of the set, by its distance from zero, that begins with the digits of p at p's
 * place and has room more digits at most, and that the filter (may be NULL) lets pass. Not for
 * zero. */
bool number_find(struct number *out, const struct number_set *set, const struct number_prefix *p,
                 uint32_t room, const struct number_filter *filter);

#endif
