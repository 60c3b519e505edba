#include "engine/constraint/number.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"

#define MAX_EXPONENT 100000000 /* of what is read: farther away is all the same */
#define MAX_M ((uint64_t)1000000000000000000u)

static const char largest[] = "1.7976931348623157e308", smallest[] = "4.9e-324";

static int32_t read_exponent(const char *text, const char *end) {
    if (text == end) return 0;
    bool is_negative = *++text == '-';
    if (*text == '-' || *text == '+') text++;
    int32_t value = 0;
    for (; text < end; text++) {
        if (value < MAX_EXPONENT) value = value * 10 + (*text - '0');
    }
    return is_negative ? -value : value;
}

bool number_parse(struct number *out, const char *text, size_t len) {
    const char *end = text + len;
    *out = (struct number){.is_negative = text < end && *text == '-'};
    if (out->is_negative) text++;
    size_t n_seen = 0, n_whole = SIZE_MAX, first = 0, zeros = 0;
    for (; text < end && (*text | 0x20) != 'e'; text++) {
        if (*text == '.') {
            n_whole = n_seen;
            continue;
        }
        n_seen++;
        if (*text == '0') {
            zeros++;
            continue;
        }
        if (out->n == 0) {
            first = n_seen;
            zeros = 0;
        }
        if (zeros >= NUMBER_MAX_DIGITS || out->n + zeros >= NUMBER_MAX_DIGITS) return false;
        out->n = (uint16_t)(out->n + zeros); /* the digits are zeroed */
        out->digits[out->n++] = (uint8_t)(*text - '0');
        zeros = 0;
    }
    if (n_whole == SIZE_MAX) n_whole = n_seen;
    if (out->n == 0) {
        out->is_negative = false;
        return true;
    }
    int64_t place = (int64_t)n_whole - (int64_t)first + read_exponent(text, end);
    if (place > INT32_MAX / 2) place = INT32_MAX / 2;
    if (place < INT32_MIN / 2) place = INT32_MIN / 2;
    out->magnitude = (int32_t)place;
    return true;
}

/* Without the signs. */
static int compare_sizes(const struct number *a, const struct number *b) {
    if (a->n == 0 || b->n == 0) return (a->n > 0) - (b->n > 0);
    if (a->magnitude != b->magnitude) return a->magnitude < b->magnitude ? -1 : 1;
    int order = memcmp(a->digits, b->digits, a->n < b->n ? a->n : b->n);
    return order ? order : (a->n > b->n) - (a->n < b->n);
}

/* The digits as a whole number, times 10^zeros, modulo m <= MAX_M. */
static uint64_t remainder_of(const uint8_t *digits, uint32_t n, uint32_t zeros, uint64_t m) {
    uint64_t r = 0;
    if (m == 1) return 0;
    for (uint32_t i = 0; i < n; i++) r = (r * 10 + digits[i]) % m;
    for (uint32_t i = 0; i < zeros && r; i++) r = r * 10 % m;
    return r;
}

/* Are the digits, whose last stands at 10^unit, a multiple? */
static bool is_multiple(const uint8_t *digits, uint32_t n, int32_t unit,
                        const struct number_step *step) {
    while (n && digits[n - 1] == 0) {
        n--;
        unit++;
    }
    if (n == 0) return true;
    return unit >= step->exponent &&
           remainder_of(digits, n, (uint32_t)(unit - step->exponent), step->m) == 0;
}

static bool is_excluded(const struct number_set *set, const uint8_t *digits, uint32_t n,
                        int32_t unit) {
    for (uint32_t i = 0; i < set->n_not; i++) {
        if (is_multiple(digits, n, unit, &set->nots[i])) return true;
    }
    return false;
}

static ingle_status limit(ingle_error *err, const struct decimal *d, const char *rule) {
    int len = d->len < 40 ? (int)d->len : 40;
    return status_set(err, INGLE_REFUSED, 0, "The number %.*s%s of the schema has %s.", len,
                      d->data, d->len > 40 ? "..." : "", rule);
}

static ingle_status read_bound(struct number *out, const struct decimal *d, ingle_error *err) {
    if (number_parse(out, d->data, d->len)) return INGLE_OK;
    return limit(err, d, "too many digits for a bound");
}

static ingle_status read_step(struct number_step *out, const struct decimal *d, ingle_error *err) {
    struct number n;
    if (!number_parse(&n, d->data, d->len) || n.n > 18 || n.n == 0) {
        return limit(err, d, "too many digits for a multiple (18 at most)");
    }
    out->m = 0;
    for (uint32_t i = 0; i < n.n; i++) out->m = out->m * 10 + n.digits[i];
    out->exponent = n.magnitude - n.n + 1;
    return INGLE_OK;
}

static uint64_t divisor_of(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The least common multiple of a and b in a; false if it is too large. */
static bool join_steps(struct number_step *a, struct number_step b) {
    assert(a->m && b.m);
    struct number_step *high = a->exponent > b.exponent ? a : &b;
    int32_t low = a->exponent < b.exponent ? a->exponent : b.exponent;
    for (; high->exponent > low; high->exponent--) {
        if (high->m > MAX_M / 10) return false;
        high->m *= 10;
    }
    uint64_t m = a->m / divisor_of(a->m, b.m);
    if (m > MAX_M / b.m) return false;
    *a = (struct number_step){.m = m * b.m, .exponent = low};
    for (; a->m % 10 == 0; a->m /= 10) a->exponent++;
    return true;
}

static ingle_status make_steps(struct number_set *out, const struct number_shape *shape,
                               ingle_error *err) {
    for (size_t i = 0; i < shape->n_multiples; i++) {
        struct number_step step = {.m = 1};
        INGLE_TRY(read_step(&step, &shape->multiples[i], err));
        if (!out->has_multiple) {
            out->multiple = step;
        } else if (!join_steps(&out->multiple, step)) {
            return limit(err, &shape->multiples[i],
                         "a common multiple with another that is too large");
        }
        out->has_multiple = true;
    }
    if (shape->n_not_multiples > NUMBER_MAX_NOT) {
        return status_set(err, INGLE_REFUSED, 0,
                          "A number of the schema may not be a multiple of %zu numbers; at most %d "
                          "are supported.",
                          shape->n_not_multiples, NUMBER_MAX_NOT);
    }
    for (size_t i = 0; i < shape->n_not_multiples; i++) {
        INGLE_TRY(read_step(&out->nots[i], &shape->not_multiples[i], err));
    }
    out->n_not = (uint32_t)shape->n_not_multiples;
    return INGLE_OK;
}

/* Cuts a side down to what is at least (at most, if is_max) the bound. */
static void cut_side(struct number_side *side, const struct number *bound, bool is_open,
                     bool is_max) {
    struct number *old = is_max ? &side->max : &side->min;
    bool *old_open = is_max ? &side->below_max : &side->above_min;
    int order = compare_sizes(bound, old);
    if (is_max) order = -order;
    if (order > 0) {
        *old = *bound;
        old->is_negative = false;
        *old_open = is_open;
    } else if (order == 0) {
        *old_open |= is_open;
    }
}

/* bound is a minimum of all numbers (with is_max: a maximum). */
static void cut_set(struct number_set *set, const struct number *bound, bool is_open, bool is_max) {
    struct number_side *near = &set->sides[is_max], *far = &set->sides[!is_max];
    bool is_beyond_zero = bound->n > 0 && bound->is_negative != is_max;
    if (bound->n == 0) {
        far->is_empty = true;
        if (is_open) set->has_zero = false;
    } else if (is_beyond_zero) { /* a minimum below zero */
        cut_side(far, bound, is_open, true);
    } else {
        far->is_empty = true;
        set->has_zero = false;
        cut_side(near, bound, is_open, false);
    }
}

ingle_status number_set_make(struct number_set *out, const struct number_shape *shape,
                             ingle_error *err) {
    *out = (struct number_set){.has_zero = shape->n_not_multiples == 0};
    INGLE_TRY(make_steps(out, shape, err));
    for (int i = 0; i < 2; i++) {
        bool is_known = number_parse(&out->sides[i].max, largest, sizeof largest - 1) &&
                        number_parse(&out->sides[i].min, smallest, sizeof smallest - 1);
        assert(is_known);
        (void)is_known;
    }
    struct number bound;
    if (shape->min.data) {
        INGLE_TRY(read_bound(&bound, &shape->min, err));
        cut_set(out, &bound, shape->above_min, false);
    }
    if (shape->max.data) {
        INGLE_TRY(read_bound(&bound, &shape->max, err));
        cut_set(out, &bound, shape->below_max, true);
    }
    for (int i = 0; i < 2; i++) {
        struct number_side *side = &out->sides[i];
        int order = compare_sizes(&side->min, &side->max);
        if (order > 0 || (order == 0 && (side->above_min || side->below_max))) {
            side->is_empty = true;
        }
    }
    return INGLE_OK;
}

static void to_number(struct number *out, const uint8_t *digits, uint32_t n, int32_t magnitude,
                      bool is_negative) {
    *out = (struct number){.is_negative = is_negative, .magnitude = magnitude};
    while (n && digits[n - 1] == 0) n--;
    memcpy(out->digits, digits, n);
    out->n = (uint16_t)n;
}

bool number_contains(const struct number_set *set, const struct number_prefix *p) {
    if (p->n == 0) return set->has_zero;
    const struct number_side *side = &set->sides[p->is_negative];
    if (side->is_empty || p->magnitude < side->min.magnitude ||
        p->magnitude > side->max.magnitude) {
        return false;
    }
    struct number n;
    to_number(&n, p->digits, p->n, p->magnitude, false);
    int low = compare_sizes(&n, &side->min), high = compare_sizes(&n, &side->max);
    if (low < 0 || (low == 0 && side->above_min)) return false;
    if (high > 0 || (high == 0 && side->below_max)) return false;
    int32_t unit = p->magnitude - (int32_t)p->n + 1;
    return (!set->has_multiple || is_multiple(p->digits, p->n, unit, &set->multiple)) &&
           !is_excluded(set, p->digits, p->n, unit);
}

/* digits += value; false if that needs one digit more. */
static bool add(uint8_t *digits, uint32_t n, uint64_t value) {
    for (uint32_t i = n; i-- > 0 && value;) {
        value += digits[i];
        digits[i] = (uint8_t)(value % 10);
        value /= 10;
    }
    return value == 0;
}

static void take_one(uint8_t *digits, uint32_t n) { /* digits > 0 */
    for (uint32_t i = n; i-- > 0;) {
        if (digits[i]--) return;
        digits[i] = 9;
    }
}

/* The first n digits of a bound, as a whole number: the least (with is_max: the greatest) that is
 * inside. False if there is none of n digits. */
static bool bound_digits(uint8_t *out, uint32_t n, const struct number *bound, bool is_open,
                         bool is_max) {
    uint32_t same = bound->n < n ? bound->n : n;
    memcpy(out, bound->digits, same);
    memset(out + same, 0, n - same);
    if (bound->n > n) return is_max || add(out, n, 1);
    if (!is_open) return true;
    if (!is_max) return add(out, n, 1);
    take_one(out, n);
    return true;
}

struct range {
    uint32_t n; /* digits of both */
    uint8_t low[NUMBER_MAX_DIGITS + 1], high[NUMBER_MAX_DIGITS + 1];
};

/* The whole numbers of r->n digits that begin with p's digits and are in the bounds. */
static bool make_range(struct range *r, const struct number_side *side,
                       const struct number_prefix *p) {
    uint8_t edge[NUMBER_MAX_DIGITS + 1];
    memset(r->low, 0, r->n);
    memset(r->high, 9, r->n);
    if (p->n == 0) r->low[0] = 1;
    memcpy(r->low, p->digits, p->n);
    memcpy(r->high, p->digits, p->n);
    if (p->magnitude == side->min.magnitude) {
        if (!bound_digits(edge, r->n, &side->min, side->above_min, false)) return false;
        if (memcmp(edge, r->low, r->n) > 0) memcpy(r->low, edge, r->n);
    }
    if (p->magnitude == side->max.magnitude) {
        if (!bound_digits(edge, r->n, &side->max, side->below_max, true)) return false;
        if (memcmp(edge, r->high, r->n) < 0) memcpy(r->high, edge, r->n);
    }
    return memcmp(r->low, r->high, r->n) <= 0;
}

/* Multiples of `by` in the range, upward from the first. Among the multiples that come one after
 * another those excluded by one step stand at even distances, so that of 2^n_not in a row not all
 * are, unless all of all are (each distance may be replaced by a prime factor of it, and
 * Jacobsthal's function of n primes is at most 2^n). */
static bool search_range(struct number *out, const struct number_set *set, struct range *r,
                         const struct number_prefix *p, uint64_t by,
                         const struct number_filter *filter) {
    int32_t unit = p->magnitude - (int32_t)r->n + 1;
    uint64_t rest = remainder_of(r->low, r->n, 0, by);
    if (rest && !add(r->low, r->n, by - rest)) return false;
    uint32_t n_excluded = 0;
    while (n_excluded < 1u << set->n_not && memcmp(r->low, r->high, r->n) <= 0) {
        if (is_excluded(set, r->low, r->n, unit)) {
            n_excluded++;
        } else {
            n_excluded = 0;
            to_number(out, r->low, r->n, p->magnitude, p->is_negative);
            if (!filter || filter->is_free(out, filter->user)) return true;
        }
        if (!add(r->low, r->n, by)) return false;
    }
    return false;
}

bool number_find(struct number *out, const struct number_set *set, const struct number_prefix *p,
                 uint32_t room, const struct number_filter *filter) {
    const struct number_side *side = &set->sides[p->is_negative];
    if (side->is_empty || p->magnitude < side->min.magnitude ||
        p->magnitude > side->max.magnitude) {
        return false;
    }
    int32_t last =
        p->magnitude - (int32_t)p->n + 1; /* power of ten of the last digit that stands */
    int32_t unit = last - (int32_t)room;  /* and of the last that may */
    uint64_t by = 1;
    if (set->has_multiple) {
        const struct number_step *step = &set->multiple;
        by = step->m;
        int32_t finer = unit - step->exponent;
        for (int32_t i = 0; i < finer && by % 2 == 0; i++) by /= 2;
        for (int32_t i = 0; i < finer && by % 5 == 0; i++) by /= 5;
        if (finer < 0) unit = step->exponent;
    }
    if (p->n > 0 && unit >= last) {
        if (!number_contains(set, p)) return false;
        to_number(out, p->digits, p->n, p->magnitude, p->is_negative);
        return !filter || filter->is_free(out, filter->user);
    }
    if (unit > p->magnitude) return false;
    struct range r = {.n = (uint32_t)(p->magnitude - unit + 1)};
    return make_range(&r, side, p) && search_range(out, set, &r, p, by, filter);
}
