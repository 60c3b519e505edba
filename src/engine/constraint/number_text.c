#include "engine/constraint/number_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

static void add_digit(struct number_text *t, uint8_t digit) {
    if (digit || t->digits.n) t->digits.digits[t->digits.n++] = digit;
}

static bool add_whole(struct number_text *t, uint8_t digit) {
    if (t->phase == NUMBER_ZERO || t->n_whole == NUMBER_MAX_WHOLE) return false;
    t->phase = t->phase != NUMBER_WHOLE && digit == 0 ? NUMBER_ZERO : NUMBER_WHOLE;
    t->n_whole++;
    add_digit(t, digit);
    return true;
}

static bool add_fraction(struct number_text *t, uint8_t digit) {
    if (t->n_fraction == NUMBER_MAX_FRACTION) return false;
    t->phase = NUMBER_FRACTION;
    t->n_fraction++;
    add_digit(t, digit);
    return true;
}

static bool add_exponent(struct number_text *t, uint8_t digit) {
    uint32_t value = t->exponent * 10 + digit;
    if (t->n_exponent == NUMBER_MAX_EXPONENT || value > NUMBER_EXPONENT_BOUND) return false;
    t->phase = NUMBER_EXPONENT;
    t->n_exponent++;
    t->exponent = value;
    return true;
}

static bool is_whole(enum number_phase phase) {
    return phase == NUMBER_ZERO || phase == NUMBER_WHOLE;
}

bool number_text_add(struct number_text *t, uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        uint8_t digit = (uint8_t)(byte - '0');
        if (t->phase <= NUMBER_WHOLE) return add_whole(t, digit);
        return t->phase <= NUMBER_FRACTION ? add_fraction(t, digit) : add_exponent(t, digit);
    }
    if (byte == '.' && is_whole(t->phase)) {
        t->phase = NUMBER_POINT;
    } else if ((byte | 0x20) == 'e' && (is_whole(t->phase) || t->phase == NUMBER_FRACTION)) {
        t->phase = NUMBER_E;
    } else if (byte == '-' && t->phase == NUMBER_EMPTY) {
        t->phase = NUMBER_MINUS;
        t->digits.is_negative = true;
    } else if ((byte == '-' || byte == '+') && t->phase == NUMBER_E) {
        t->phase = NUMBER_E_SIGN;
        t->is_small = byte == '-';
    } else {
        return false;
    }
    return true;
}

int32_t number_text_magnitude(const struct number_text *t) {
    if (t->digits.n == 0) return -(int32_t)t->n_fraction - 1;
    return (int32_t)t->digits.n - (int32_t)t->n_fraction - 1;
}

static const struct number zero;

static bool zero_is_in(const struct number_set *set, const struct number_filter *filter) {
    return set->has_zero && (!filter || filter->is_free(&zero, filter->user));
}

/* With this exponent. */
static bool is_in(const struct number_text *t, int32_t exponent, const struct number_set *set,
                  const struct number_filter *filter) {
    if (t->digits.n == 0) return zero_is_in(set, filter);
    struct number_prefix p = t->digits;
    p.magnitude = number_text_magnitude(t) + exponent;
    if (!number_contains(set, &p)) return false;
    if (!filter) return true;
    struct number value = {.is_negative = p.is_negative, .magnitude = p.magnitude};
    while (p.n && p.digits[p.n - 1] == 0) p.n--;
    memcpy(value.digits, p.digits, p.n);
    value.n = (uint16_t)p.n;
    return filter->is_free(&value, filter->user);
}

bool number_text_is_in(const struct number_text *t, const struct number_set *set,
                       const struct number_filter *filter) {
    if (!is_whole(t->phase) && t->phase != NUMBER_FRACTION && t->phase != NUMBER_EXPONENT) {
        return false;
    }
    return is_in(t, t->is_small ? -(int32_t)t->exponent : (int32_t)t->exponent, set, filter);
}

static uint32_t exponent_length(int32_t e) {
    uint32_t size = (uint32_t)abs(e);
    return e == 0 ? 0 : 2u + (e < 0) + (size > 9) + (size > 99);
}

/* The text that goes on with the digits of n, at the place where the mantissa is: digits, then an
 * exponent if n's place is another. */
static struct number_way spell_scaled(const struct number_text *t, const struct number *n) {
    uint32_t more = n->n > t->digits.n ? n->n - t->digits.n : 0;
    int next = more ? '0' + n->digits[t->digits.n] : -1;
    bool is_open = t->phase <= NUMBER_WHOLE && t->phase != NUMBER_ZERO; /* whole digits may come */
    int32_t magnitude = number_text_magnitude(t);
    if (is_open) {
        uint32_t n_whole = t->n_whole + more;
        bool is_split = n_whole > NUMBER_MAX_WHOLE;
        if (is_split) n_whole = NUMBER_MAX_WHOLE;
        if (is_split && t->n_whole == n_whole) next = '.';
        more += is_split;
        magnitude = (int32_t)n_whole - 1;
    } else if (t->phase == NUMBER_ZERO) {
        next = '.';
        more++;
    } else if (t->phase == NUMBER_POINT && more == 0) {
        next = '0';
        more = 1;
    }
    uint32_t tail = exponent_length(n->magnitude - magnitude);
    if (next < 0 && tail) next = 'e';
    return (struct number_way){.byte = next, .left = more + tail};
}

/* The text without an exponent, if there is one. */
static bool spell_plain(struct number_way *out, const struct number_text *t,
                        const struct number *n) {
    int32_t m = n->magnitude;
    if (t->phase == NUMBER_EMPTY || t->phase == NUMBER_MINUS || t->phase == NUMBER_WHOLE) {
        int32_t n_whole = m < 0 ? 1 : m + 1, n_fraction = (int32_t)n->n - m - 1;
        if (n_fraction < 0) n_fraction = 0;
        if (n_whole < (int32_t)t->n_whole || n_whole > NUMBER_MAX_WHOLE) return false;
        if (n_fraction > NUMBER_MAX_FRACTION || (m < 0 && t->phase == NUMBER_WHOLE)) return false;
        uint32_t more = (uint32_t)n_whole - t->n_whole;
        out->left = more + (uint32_t)n_fraction + (n_fraction > 0);
        out->byte = n_fraction ? '.' : -1;
        if (more) out->byte = m < 0 || t->n_whole >= n->n ? '0' : '0' + n->digits[t->n_whole];
        return true;
    }
    if (t->digits.n > 0) return false; /* spell_scaled() finds it */
    int32_t zeros = -m - 1 - (int32_t)t->n_fraction;
    if (zeros < 0 || (uint32_t)zeros + n->n + t->n_fraction > NUMBER_MAX_FRACTION) return false;
    out->left = (uint32_t)zeros + n->n + (t->phase == NUMBER_ZERO);
    out->byte = t->phase == NUMBER_ZERO ? '.' : zeros ? '0' : '0' + n->digits[0];
    return true;
}

static bool keep_shorter(struct number_way *best, bool found, struct number_way way) {
    if (!found || way.left < best->left) *best = way;
    return true;
}

static uint32_t room_of(const struct number_text *t) {
    if (t->phase == NUMBER_ZERO) return NUMBER_MAX_FRACTION;
    if (t->phase <= NUMBER_WHOLE) return NUMBER_MAX_DIGITS - t->n_whole;
    return NUMBER_MAX_FRACTION - t->n_fraction;
}

/* The ways of the numbers at one place; a way with an exponent takes `least` bytes or more. */
static bool way_at(struct number_way *best, bool found, const struct number_text *t,
                   int32_t magnitude, const struct number_set *set,
                   const struct number_filter *filter) {
    struct number_prefix p = t->digits;
    struct number n;
    struct number_way way;
    p.magnitude = magnitude;
    if (!number_find(&n, set, &p, room_of(t), filter)) return found;
    found = keep_shorter(best, found, spell_scaled(t, &n));
    if (spell_plain(&way, t, &n)) found = keep_shorter(best, found, way);
    return found;
}

/* From the place where the digits stand outwards: the ways grow longer. */
static bool nonzero_way(struct number_way *best, bool found, const struct number_text *t,
                        const struct number_set *set, const struct number_filter *filter,
                        bool any) {
    const struct number_side *side = &set->sides[t->digits.is_negative];
    if (side->is_empty) return found;
    int32_t low = side->min.magnitude, high = side->max.magnitude;
    int32_t middle = t->phase <= NUMBER_MINUS ? 0 : number_text_magnitude(t);
    if (middle < low) middle = low;
    if (middle > high) middle = high;
    uint32_t least = t->digits.n ? 2 : 3;
    for (int32_t far = 0; middle - far >= low || middle + far <= high; far++) {
        if (found && (any || best->left <= least)) return true;
        if (middle + far <= high) {
            found = way_at(best, found, t, middle + far, set, filter);
        }
        if (far && middle - far >= low) {
            found = way_at(best, found, t, middle - far, set, filter);
        }
    }
    return found;
}

static bool mantissa_way(struct number_way *out, const struct number_text *t,
                         const struct number_set *set, const struct number_filter *filter,
                         bool any) {
    bool found = false;
    if (number_text_is_in(t, set, filter)) {
        *out = (struct number_way){.byte = -1};
        return true;
    }
    bool wants_digit = t->phase == NUMBER_POINT || t->phase <= NUMBER_MINUS;
    if (t->digits.n == 0 && wants_digit && zero_is_in(set, filter)) {
        *out = (struct number_way){.byte = '0', .left = 1};
        found = true;
    }
    return nonzero_way(out, found, t, set, filter, any);
}

/* e with digits that begin as those that stand, and with `more` digits. */
static bool exponent_at(struct number_way *out, const struct number_text *t, uint32_t more,
                        const struct number_set *set, const struct number_filter *filter) {
    const struct number_side *side = &set->sides[t->digits.is_negative];
    int32_t scale = 1;
    for (uint32_t i = 0; i < more; i++) scale *= 10;
    int32_t first = (int32_t)t->exponent * scale, last = first + scale - 1;
    if (last > NUMBER_EXPONENT_BOUND) last = NUMBER_EXPONENT_BOUND;
    if (t->digits.n > 0) { /* only where the bounds are */
        int32_t near = side->min.magnitude - number_text_magnitude(t);
        int32_t far = side->max.magnitude - number_text_magnitude(t);
        int32_t least = t->is_small ? -far : near, most = t->is_small ? -near : far;
        if (first < least) first = least;
        if (last > most) last = most;
    }
    for (int32_t e = first; e <= last; e++) {
        if (!is_in(t, t->is_small ? -e : e, set, filter)) continue;
        *out = (struct number_way){.byte = -1, .left = more};
        if (more) out->byte = '0' + e / (scale / 10) % 10;
        return true;
    }
    return false;
}

static bool exponent_way(struct number_way *out, struct number_text *t,
                         const struct number_set *set, const struct number_filter *filter) {
    if (t->digits.n > 0 && set->sides[t->digits.is_negative].is_empty) return false;
    uint32_t most = NUMBER_MAX_EXPONENT - t->n_exponent;
    for (uint32_t more = t->n_exponent == 0; more <= most; more++) {
        if (exponent_at(out, t, more, set, filter)) return true;
    }
    return false;
}

bool number_text_way(struct number_way *out, const struct number_text *t,
                     const struct number_set *set, const struct number_filter *filter, bool any) {
    struct number_text turned = *t;
    struct number_way way;
    bool found = t->phase <= NUMBER_FRACTION ? mantissa_way(out, t, set, filter, any)
                                             : exponent_way(out, &turned, set, filter);
    if ((found && any) || (t->phase != NUMBER_EMPTY && t->phase != NUMBER_E)) return found;
    turned.phase = t->phase == NUMBER_E ? NUMBER_E_SIGN : NUMBER_MINUS;
    turned.is_small = t->phase == NUMBER_E;
    turned.digits.is_negative |= t->phase == NUMBER_EMPTY;
    if (!number_text_way(&way, &turned, set, filter, any)) return found;
    way.left++;
    way.byte = '-';
    return keep_shorter(out, found, way);
}
