/* The tables of chars.c. */
#ifndef INGLE_ENGINE_TEMPLATE_CHARS_TABLES_H
#define INGLE_ENGINE_TEMPLATE_CHARS_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct chars_range {
    uint32_t first, last;
};

/* Code points first, first + step, ... last become c + upper, c + lower. Runs may interleave. */
struct chars_case {
    uint32_t first, last, step;
    int32_t upper, lower;
};

/* Upper case of two or three characters. */
struct chars_long {
    uint32_t c, to[3];
};

/* Sorted by their first. */
extern const struct chars_range chars_alpha[], chars_numeric[], chars_decimal[],
    chars_other_digit[], chars_lower[], chars_upper[], chars_unprintable[];
extern const size_t chars_n_alpha, chars_n_numeric, chars_n_decimal, chars_n_other_digit,
    chars_n_lower, chars_n_upper, chars_n_unprintable;
extern const struct chars_case chars_case[];
extern const size_t chars_n_case;
extern const struct chars_long chars_long_upper[];
extern const size_t chars_n_long_upper;

#endif
