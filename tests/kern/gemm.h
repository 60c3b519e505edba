/* The check of one matrix kernel, for the families gemm_*. */
#ifndef INGLE_TESTS_KERN_GEMM_H
#define INGLE_TESTS_KERN_GEMM_H

#include "data.h"

/* Checks (or times) the kernels of these types, with matrices of these numbers of columns. */
void gemm_check_types(struct check *c, const enum kern_type *types, int n_types, const int *cols,
                      int n_cols);

#endif
