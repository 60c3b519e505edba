/* Operands of the matrix kernels, in buffers that end at inaccessible pages. */
#ifndef INGLE_TESTS_KERN_DATA_H
#define INGLE_TESTS_KERN_DATA_H

#include "kerncheck.h"

/* The arrays of a kind with n_tokens rows, zeroed, each in memory of its own. */
void data_new_acts(struct check *c, struct kern_acts *a, enum kern_act kind, int n_tokens,
                   int n_cols);

#endif
