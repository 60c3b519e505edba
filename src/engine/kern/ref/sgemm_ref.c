/* Products of plain matrices. */
#include "engine/kern/ref/ref.h"

static KERN_DECL_SGEMM(sgemm) {
    size_t a_row = g->a_transposed ? 1 : g->lda, a_col = g->a_transposed ? g->lda : 1;
    size_t b_row = g->b_transposed ? 1 : g->ldb, b_col = g->b_transposed ? g->ldb : 1;
    for (size_t i = 0; i < (size_t)g->m; i++) {
        for (size_t j = 0; j < (size_t)g->n; j++) {
            float sum = g->add ? g->c[i * g->ldc + j] : 0.0f;
            for (size_t p = 0; p < (size_t)g->k; p++) {
                sum += g->a[i * a_row + p * a_col] * g->b[p * b_row + j * b_col];
            }
            g->c[i * g->ldc + j] = sum;
        }
    }
}

void kern_sgemm_ref(struct kern_ops *ops) {
    ops->sgemm = sgemm;
}
