#include "engine/constraint/decimal.h"

#include <string.h>

#include "base/compiler.h"

/* digits * 10^exponent, the first and the last digit not zero; zero has no digits. */
struct parsed {
    bool is_negative;
    const char *first;
    size_t n;
    size_t dot; /* of the text, the number of digits before it, from first */
    int64_t exponent;
};

#define EXPONENT_MAX ((int64_t)1 << 60)

static char digit(const struct parsed *p, size_t i) {
    return p->first[i + (i >= p->dot)];
}

static int64_t read_exponent(const char *text, const char *end) {
    bool is_negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) text++;
    int64_t value = 0;
    for (; text < end && value < EXPONENT_MAX / 10; text++) value = value * 10 + (*text - '0');
    if (text < end) value = EXPONENT_MAX;
    return is_negative ? -value : value;
}

static struct parsed parse(const struct decimal *d) {
    struct parsed p = {.dot = SIZE_MAX};
    const char *text = d->data, *end = d->data + d->len;
    if (text < end && *text == '-') {
        p.is_negative = true;
        text++;
    }
    const char *stop = text; /* of the digits */
    while (stop < end && (*stop | 0x20) != 'e') stop++;
    if (stop < end) p.exponent = read_exponent(stop + 1, end);
    const char *dot = memchr(text, '.', (size_t)(stop - text));
    if (dot) p.exponent -= stop - dot - 1;
    while (stop > text && (stop[-1] == '0' || stop[-1] == '.')) {
        if (stop[-1] == '0') p.exponent++;
        stop--;
    }
    while (text < stop && (*text == '0' || *text == '.')) text++;
    p.first = text;
    p.n = (size_t)(stop - text);
    if (dot && dot >= text && dot < stop) {
        p.dot = (size_t)(dot - text);
        p.n--;
    }
    if (p.n == 0) return (struct parsed){.dot = SIZE_MAX, .first = text};
    return p;
}

static int compare_magnitudes(const struct parsed *a, const struct parsed *b) {
    if (a->n == 0 || b->n == 0) return (a->n > 0) - (b->n > 0);
    int64_t top_a = a->exponent + (int64_t)a->n, top_b = b->exponent + (int64_t)b->n;
    if (top_a != top_b) return top_a < top_b ? -1 : 1;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        char x = digit(a, i), y = digit(b, i);
        if (x != y) return x < y ? -1 : 1;
    }
    return (a->n > b->n) - (a->n < b->n);
}

int decimal_compare(const struct decimal *a, const struct decimal *b) {
    struct parsed x = parse(a), y = parse(b);
    if (x.is_negative != y.is_negative) return x.is_negative ? -1 : 1;
    int order = compare_magnitudes(&x, &y);
    return x.is_negative ? -order : order;
}

bool decimal_is_modest(const struct decimal *d) {
    struct parsed p = parse(d);
    return p.n <= 300 && p.exponent >= -400 && p.exponent + (int64_t)p.n <= 400;
}

uint32_t decimal_to_count(const struct decimal *d) {
    struct parsed p = parse(d);
    uint64_t value = 0;
    for (size_t i = 0; i < p.n && value < UINT32_MAX; i++) {
        value = value * 10 + (uint64_t)(digit(&p, i) - '0');
    }
    for (int64_t i = 0; i < p.exponent && value < UINT32_MAX; i++) value *= 10;
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* Natural numbers of fixed room, in base 10^9, the lowest limb first. */
#define BASE 1000000000u
#define LIMBS 256

struct big {
    uint32_t n;
    uint32_t limb[LIMBS];
};

static bool times_plus(struct big *a, uint32_t factor, uint32_t add) {
    uint64_t carry = add;
    for (uint32_t i = 0; i < a->n; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)(carry % BASE);
        carry /= BASE;
    }
    if (carry == 0) return true;
    if (a->n == LIMBS) return false;
    a->limb[a->n++] = (uint32_t)carry;
    return true;
}

static int compare(const struct big *a, const struct big *b) {
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (uint32_t i = a->n; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

static bool add(struct big *a, const struct big *b) {
    uint32_t carry = 0;
    for (uint32_t i = 0; i < b->n || carry; i++) {
        if (i == a->n) {
            if (a->n == LIMBS) return false;
            a->limb[a->n++] = 0;
        }
        carry += a->limb[i] + (i < b->n ? b->limb[i] : 0);
        a->limb[i] = carry % BASE;
        carry /= BASE;
    }
    return true;
}

/* a >= b */
static void subtract(struct big *a, const struct big *b) {
    uint32_t borrow = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t less = borrow + (i < b->n ? b->limb[i] : 0);
        borrow = a->limb[i] < less;
        a->limb[i] = a->limb[i] + (borrow ? BASE : 0) - less;
    }
    while (a->n > 0 && a->limb[a->n - 1] == 0) a->n--;
}

static bool multiply(struct big *out, const struct big *a, const struct big *b) {
    *out = (struct big){0};
    for (uint32_t i = b->n; i-- > 0;) {
        struct big row = *a;
        if (!times_plus(out, BASE, 0) || !times_plus(&row, b->limb[i], 0) || !add(out, &row)) {
            return false;
        }
        while (out->n > 0 && out->limb[out->n - 1] == 0) out->n--;
    }
    return true;
}

/* a becomes a mod m, quotient a / m. m is not zero. Digit by decimal digit: numbers are short. */
static bool divide(struct big *a, const struct big *m, struct big *quotient) {
    struct big rest = {0};
    *quotient = (struct big){0};
    for (uint32_t i = a->n; i-- > 0;) {
        for (uint32_t unit = BASE / 10; unit > 0; unit /= 10) {
            uint32_t count = 0;
            if (!times_plus(&rest, 10, a->limb[i] / unit % 10)) return false;
            while (compare(&rest, m) >= 0) {
                subtract(&rest, m);
                count++;
            }
            if (!times_plus(quotient, 10, count)) return false;
        }
    }
    *a = rest;
    return true;
}

static bool to_big(struct big *out, const struct parsed *p, int64_t exponent) {
    *out = (struct big){0};
    for (size_t i = 0; i < p->n; i++) {
        if (!times_plus(out, 10, (uint32_t)(digit(p, i) - '0'))) return false;
    }
    for (int64_t i = exponent; i < p->exponent && out->n > 0; i++) {
        if (!times_plus(out, 10, 0)) return false;
    }
    return true;
}

bool decimal_is_multiple(const struct decimal *a, const struct decimal *m) {
    struct parsed x = parse(a), y = parse(m);
    struct big divisor, rest = {0};
    if (x.n == 0) return true;
    if (x.exponent < y.exponent || !to_big(&divisor, &y, y.exponent)) return false;
    uint64_t zeros = (uint64_t)(x.exponent - y.exponent);
    for (uint64_t i = 0; i < x.n + zeros; i++) {
        uint32_t d = i < x.n ? (uint32_t)(digit(&x, (size_t)i) - '0') : 0;
        if (!times_plus(&rest, 10, d)) return false;
        while (compare(&rest, &divisor) >= 0) subtract(&rest, &divisor);
        if (rest.n == 0 && i + 1 >= x.n) return true;
        /* Its factors of 2 and 5 are used up after as many zeros as it has bits. */
        if (i > x.n + 4 * LIMBS * 9) return false;
    }
    return rest.n == 0;
}

static bool lowest_common(struct big *a, const struct big *b) {
    struct big x = *a, y = *b, quotient, product;
    while (y.n > 0) {
        if (!divide(&x, &y, &quotient)) return false;
        struct big swap = x;
        x = y;
        y = swap;
    }
    struct big left = *a;
    if (!divide(&left, &x, &quotient) || !multiply(&product, &quotient, b)) return false;
    *a = product;
    return true;
}

/* The multiples of a set as whole numbers of one unit, 10^exponent. */
struct grid {
    int64_t exponent;
    struct big step; /* the lowest common multiple */
};

static bool lay_grid(struct grid *g, const struct number_shape *set) {
    g->exponent = INT64_MAX;
    g->step = (struct big){.n = 1, .limb = {1}};
    const struct decimal *edges[] = {&set->min, &set->max};
    for (size_t i = 0; i < set->n_multiples + BASE_COUNT(edges); i++) {
        const struct decimal *d =
            i < set->n_multiples ? &set->multiples[i] : edges[i - set->n_multiples];
        if (!d->data) continue;
        struct parsed p = parse(d);
        if (p.n && p.exponent < g->exponent) g->exponent = p.exponent;
    }
    for (size_t i = 0; i < set->n_multiples; i++) {
        struct parsed p = parse(&set->multiples[i]);
        struct big number;
        if (!to_big(&number, &p, g->exponent)) return false;
        if (i == 0) {
            g->step = number;
        } else if (!lowest_common(&g->step, &number)) {
            return false;
        }
    }
    return true;
}

/* A position on the grid: sign and number of steps. */
struct position {
    bool is_negative;
    struct big steps;
};

static bool advance(struct position *at) {
    static const struct big one = {.n = 1, .limb = {1}};
    if (!at->is_negative) return add(&at->steps, &one);
    subtract(&at->steps, &one);
    if (at->steps.n == 0) at->is_negative = false;
    return true;
}

/* The first position at or above a bound. */
static bool first_at(struct position *at, const struct grid *g, const struct decimal *min) {
    struct parsed p = parse(min);
    struct big rest;
    if (!to_big(&rest, &p, g->exponent) || !divide(&rest, &g->step, &at->steps)) return false;
    at->is_negative = p.is_negative && at->steps.n > 0;
    return p.is_negative || rest.n == 0 || advance(at);
}

/* The number at a position, as text in the arena. */
static bool write_position(struct decimal *out, const struct position *at, const struct grid *g,
                           struct arena *arena) {
    struct big number;
    if (!multiply(&number, &at->steps, &g->step)) return false;
    char *text = arena_alloc(arena, (size_t)number.n * 9 + 32);
    if (!text) return false;
    size_t n = 0;
    if (at->is_negative) text[n++] = '-';
    bool is_leading = true;
    for (uint32_t i = number.n; i-- > 0;) {
        for (uint32_t unit = BASE / 10; unit > 0; unit /= 10) {
            uint32_t d = number.limb[i] / unit % 10;
            is_leading = is_leading && d == 0;
            if (!is_leading) text[n++] = (char)('0' + d);
        }
    }
    if (is_leading) text[n++] = '0';
    int64_t exponent = number.n ? g->exponent : 0;
    if (exponent) {
        text[n++] = 'e';
        if (exponent < 0) text[n++] = '-';
        uint32_t size = (uint32_t)(exponent < 0 ? -exponent : exponent);
        for (uint32_t unit = 1000; unit > 0; unit /= 10) text[n++] = (char)('0' + size / unit % 10);
    }
    *out = (struct decimal){text, n};
    return true;
}

static bool is_excluded(const struct number_shape *set, const struct decimal *value) {
    for (size_t i = 0; i < set->n_not_multiples; i++) {
        if (decimal_is_multiple(value, &set->not_multiples[i])) return true;
    }
    int low = set->min.data ? decimal_compare(value, &set->min) : 1;
    int high = set->max.data ? decimal_compare(value, &set->max) : -1;
    return low < 0 || (low == 0 && set->above_min) || high > 0 || (high == 0 && set->below_max);
}

static bool is_multiple_of_all(const struct number_shape *set, const struct decimal *value) {
    for (size_t i = 0; i < set->n_multiples; i++) {
        if (!decimal_is_multiple(value, &set->multiples[i])) return false;
    }
    return true;
}

/* Between two bounds on a grid. Of so few numbers as there can be in not_multiples some value is
 * always left among the next 64 unless one divides the step, which the caller has looked at. */
static bool count_between(uint32_t *count, const struct number_shape *set, const struct grid *g,
                          uint32_t max, struct decimal *values, struct arena *arena) {
    struct position at;
    if (!first_at(&at, g, &set->min)) return false;
    *count = 0;
    for (uint32_t tries = 0; *count <= max; tries++) {
        struct decimal value;
        if (tries > 2 * max + 64 || !write_position(&value, &at, g, arena)) return false;
        if (decimal_compare(&value, &set->max) > 0) return true;
        if (!is_excluded(set, &value)) {
            if (*count == max) break;
            if (values) values[*count] = value;
            ++*count;
        }
        if (!advance(&at)) return false;
    }
    *count = DECIMAL_MANY;
    return true;
}

bool decimal_count(uint32_t *count, const struct number_shape *set, uint32_t max,
                   struct decimal *values, struct arena *arena) {
    struct grid g;
    int order = set->min.data && set->max.data ? decimal_compare(&set->min, &set->max) : -1;
    *count = 0;
    if (order > 0) return true;
    if (order == 0) {
        *count = !is_excluded(set, &set->min) && is_multiple_of_all(set, &set->min);
        if (*count && values) values[0] = set->min;
        return true;
    }
    *count = DECIMAL_MANY;
    if (set->n_multiples == 0) return true;
    if (!lay_grid(&g, set)) return false;
    struct decimal step;
    struct position one = {.steps = {.n = 1, .limb = {1}}};
    if (!write_position(&step, &one, &g, arena)) return false;
    for (size_t i = 0; i < set->n_not_multiples; i++) {
        if (!decimal_is_multiple(&step, &set->not_multiples[i])) continue;
        *count = 0;
        return true;
    }
    if (!set->min.data || !set->max.data) return true;
    return count_between(count, set, &g, max, values, arena);
}
