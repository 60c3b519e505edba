/* Products of plain matrices: tiles of 8 rows by up to 3 vectors of 16 columns, 24 sums in
 * registers (sgemm.h has the loops around them). */
#include <immintrin.h>

#include "engine/kern/sgemm.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/transpose_avx2.h"

#define ROWS 8

BASE_ALWAYS_INLINE void tile(const struct sgemm_tile *t, int n_rows, int n_vectors) {
    __m512 acc[ROWS][SGEMM_TILE_VECTORS];
    const float *a = t->a, *b = t->b;
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            acc[r][v] =
                t->add ? _mm512_loadu_ps(t->c + (size_t)r * t->ldc + 16 * v) : _mm512_setzero_ps();
        }
    }
    for (int p = 0; p < t->k; p++, a += ROWS, b += t->b_step) {
        __m512 x[SGEMM_TILE_VECTORS];
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) x[v] = _mm512_loadu_ps(b + 16 * v);
        BASE_UNROLL
        for (int r = 0; r < n_rows; r++) {
            __m512 weight = _mm512_set1_ps(a[r]);
            BASE_UNROLL
            for (int v = 0; v < n_vectors; v++) {
                acc[r][v] = _mm512_fmadd_ps(weight, x[v], acc[r][v]);
            }
        }
    }
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            _mm512_storeu_ps(t->c + (size_t)r * t->ldc + 16 * v, acc[r][v]);
        }
    }
}

#define DEFINE_TILE(rows, vectors)                                                                 \
    static void tile_##rows##_##vectors(const struct sgemm_tile *t) {                              \
        tile(t, rows, vectors);                                                                    \
    }
DEFINE_TILE(8, 1)
DEFINE_TILE(8, 2)
DEFINE_TILE(8, 3)
DEFINE_TILE(4, 1)
DEFINE_TILE(4, 2)
DEFINE_TILE(4, 3)

static KERN_DECL_SGEMM(sgemm) {
    static const struct sgemm_shape shape = {
        .n_rows = ROWS,
        .n_cols = 48,
        .n_square = 8,
        .transpose = transpose_8x8,
        .tile = {{tile_8_1, tile_8_2, tile_8_3}, {tile_4_1, tile_4_2, tile_4_3}},
    };
    sgemm_run(g, &shape);
}

void kern_sgemm_avx512vnni(struct kern_ops *ops) {
    ops->sgemm = sgemm;
}
