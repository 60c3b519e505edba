/* Products of plain matrices: tiles of 4 rows by up to 3 vectors of 8 columns. 12 sums, 3 vectors
 * of b and one of a are all 16 registers (sgemm.h has the loops around them). */
#include <immintrin.h>

#include "engine/kern/sgemm.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/transpose_avx2.h"

#define ROWS 4

BASE_ALWAYS_INLINE void tile(const struct sgemm_tile *t, int n_rows, int n_vectors) {
    __m256 acc[ROWS][SGEMM_TILE_VECTORS];
    const float *a = t->a, *b = t->b;
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            acc[r][v] =
                t->add ? _mm256_loadu_ps(t->c + (size_t)r * t->ldc + 8 * v) : _mm256_setzero_ps();
        }
    }
    for (int p = 0; p < t->k; p++, a += ROWS, b += t->b_step) {
        __m256 x[SGEMM_TILE_VECTORS];
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) x[v] = _mm256_loadu_ps(b + 8 * v);
        BASE_UNROLL
        for (int r = 0; r < n_rows; r++) {
            __m256 weight = _mm256_broadcast_ss(a + r);
            BASE_UNROLL
            for (int v = 0; v < n_vectors; v++) {
                acc[r][v] = _mm256_fmadd_ps(weight, x[v], acc[r][v]);
            }
        }
    }
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            _mm256_storeu_ps(t->c + (size_t)r * t->ldc + 8 * v, acc[r][v]);
        }
    }
}

#define DEFINE_TILE(rows, vectors)                                                                 \
    static void tile_##rows##_##vectors(const struct sgemm_tile *t) {                              \
        tile(t, rows, vectors);                                                                    \
    }
DEFINE_TILE(4, 1)
DEFINE_TILE(4, 2)
DEFINE_TILE(4, 3)
DEFINE_TILE(2, 1)
DEFINE_TILE(2, 2)
DEFINE_TILE(2, 3)

static KERN_DECL_SGEMM(sgemm) {
    static const struct sgemm_shape shape = {
        .n_rows = ROWS,
        .n_cols = 24,
        .n_square = 4,
        .transpose = transpose_4x4,
        .tile = {{tile_4_1, tile_4_2, tile_4_3}, {tile_2_1, tile_2_2, tile_2_3}},
    };
    sgemm_run(g, &shape);
}

void kern_sgemm_avx2(struct kern_ops *ops) {
    ops->sgemm = sgemm;
}
