/* What the texts of tokens_texts.c are put together from. */
#ifndef INGLE_TESTS_ORACLE_TOKENS_SAMPLES_H
#define INGLE_TESTS_ORACLE_TOKENS_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
    const char *const *at; /* [n] */
    size_t n;
};

extern const struct samples samples_code;        /* lines */
extern const struct samples samples_prose;       /* sentences in many scripts */
extern const struct samples samples_class;       /* one of each kind that a pattern tells apart */
extern const struct samples samples_emoji;       /* with modifiers and sequences */
extern const struct samples samples_joiner;      /* joiners, selectors, tags */
extern const struct samples samples_space;       /* ASCII ones first */
extern const struct samples samples_number;      /* what stands between digits; other numbers */
extern const struct samples samples_contraction; /* without the apostrophe, in every case */
extern const struct samples samples_control;     /* strings that look like control tokens */

/* Zeros of the sets of ten digits. */
extern const uint32_t samples_zero[];
extern const size_t samples_n_zero;

/* Bytes that are no UTF-8, one for each way of being none; NUL, which is some. */
struct sample_bytes {
    const char *data;
    size_t len;
};
extern const struct sample_bytes samples_ill_formed[];
extern const size_t samples_n_ill_formed;

#endif
