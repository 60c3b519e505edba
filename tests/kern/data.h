/* Operands of the matrix kernels, in buffers that end at inaccessible pages. */
#ifndef INGLE_TESTS_KERN_DATA_H
#define INGLE_TESTS_KERN_DATA_H

#include "kerncheck.h"

enum data_pattern {
    DATA_RANDOM,
    DATA_ENDS,  /* every code and every activation at an end of its range */
    DATA_EXACT, /* scales are powers of two, sums below 2^24: no result needs rounding */
    DATA_SMALL, /* scales 0 and subnormal */
    DATA_LARGE, /* as large as may be without overflow */
    DATA_FAULT, /* infinite and NaN scales, weights or activations here and there */
    DATA_N_PATTERNS
};
extern const char *const data_pattern_names[DATA_N_PATTERNS];

/* A matrix as file blocks and packed. */
struct data_matrix {
    enum kern_type type;
    int n_rows, n_cols;
    uint8_t *src;
    struct kern_weight packed;
};
void data_new_matrix(struct check *c, struct data_matrix *m, enum kern_type type, int n_rows,
                     int n_cols, enum data_pattern p);
/* Packs it (again) for the layout. */
void data_pack(struct check *c, struct data_matrix *m, struct kern_layout layout);

/* The arrays of a kind with n_tokens rows, zeroed, each in memory of its own. */
void data_new_acts(struct check *c, struct kern_acts *a, enum kern_act kind, int n_tokens,
                   int n_cols);
/* Every row filled, consistent as act.h says. */
void data_fill_acts(struct check *c, struct kern_acts *a, int n_tokens, enum data_pattern p);

/* A cache of n_pages pages, each in memory of its own filled with `fill`; the head begins somewhere
 * in them. */
struct kern_kv data_new_kv(struct check *c, enum kern_kv_type type, int head_dim, int n_pages,
                           uint8_t fill);

#endif
