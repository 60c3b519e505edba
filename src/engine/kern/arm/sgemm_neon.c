/* Products of plain matrices: tiles of 8 rows by up to 3 vectors of 4 columns, 24 sums in
 * registers (sgemm.h has the loops around them). */
#include <arm_neon.h>

#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/sgemm.h"

#define ROWS 8

BASE_ALWAYS_INLINE void tile(const struct sgemm_tile *t, int n_rows, int n_vectors) {
    float32x4_t acc[ROWS][SGEMM_TILE_VECTORS];
    const float *a = t->a, *b = t->b;
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            acc[r][v] = t->add ? vld1q_f32(t->c + (size_t)r * t->ldc + 4 * v) : vdupq_n_f32(0.0f);
        }
    }
    for (int p = 0; p < t->k; p++, a += ROWS, b += t->b_step) {
        float32x4_t x[SGEMM_TILE_VECTORS], weights[ROWS / 4];
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) x[v] = vld1q_f32(b + 4 * v);
        BASE_UNROLL
        for (int r = 0; r < n_rows; r += 4) weights[r / 4] = vld1q_f32(a + r);
        BASE_UNROLL
        for (int r = 0; r < n_rows; r += 4) {
            BASE_UNROLL
            for (int v = 0; v < n_vectors; v++) {
                acc[r][v] = vfmaq_laneq_f32(acc[r][v], x[v], weights[r / 4], 0);
                acc[r + 1][v] = vfmaq_laneq_f32(acc[r + 1][v], x[v], weights[r / 4], 1);
                acc[r + 2][v] = vfmaq_laneq_f32(acc[r + 2][v], x[v], weights[r / 4], 2);
                acc[r + 3][v] = vfmaq_laneq_f32(acc[r + 3][v], x[v], weights[r / 4], 3);
            }
        }
    }
    BASE_UNROLL
    for (int r = 0; r < n_rows; r++) {
        BASE_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            vst1q_f32(t->c + (size_t)r * t->ldc + 4 * v, acc[r][v]);
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

static void transpose_4x4(float *dst, size_t dst_step, const float *src, size_t src_step) {
    float32x4x2_t even = vtrnq_f32(vld1q_f32(src), vld1q_f32(src + src_step));
    float32x4x2_t odd = vtrnq_f32(vld1q_f32(src + 2 * src_step), vld1q_f32(src + 3 * src_step));
    vst1q_f32(dst, vcombine_f32(vget_low_f32(even.val[0]), vget_low_f32(odd.val[0])));
    vst1q_f32(dst + dst_step, vcombine_f32(vget_low_f32(even.val[1]), vget_low_f32(odd.val[1])));
    vst1q_f32(dst + 2 * dst_step,
              vcombine_f32(vget_high_f32(even.val[0]), vget_high_f32(odd.val[0])));
    vst1q_f32(dst + 3 * dst_step,
              vcombine_f32(vget_high_f32(even.val[1]), vget_high_f32(odd.val[1])));
}

static KERN_DECL_SGEMM(sgemm) {
    static const struct sgemm_shape shape = {
        .n_rows = ROWS,
        .n_cols = 12,
        .n_square = 4,
        .transpose = transpose_4x4,
        .tile = {{tile_8_1, tile_8_2, tile_8_3}, {tile_4_1, tile_4_2, tile_4_3}},
    };
    sgemm_run(g, &shape);
}

void kern_sgemm_neon(struct kern_ops *ops) {
    ops->sgemm = sgemm;
}
