/* The loops around the tiles of sgemm, the same in every tier. A block of a's rows and a panel of
 * b's columns are copied to where a tile reads them one after the other, whichever way they lie:
 *
 *     a_pack   strips of s->n_rows rows:  [rows / n_rows][k][n_rows]   fits the second-level cache
 *     b_pack   a panel of s->n_cols columns:             [k][n_cols]   fits the first-level cache
 *
 * Every element of c is one chain of fused multiply-adds in the order of p, begun with what c holds
 * where products are added to it. So its bits depend on its row of a and its column of b alone:
 * not on blocks, on splits of either side, nor on the tier. */
#ifndef INGLE_ENGINE_KERN_SGEMM_H
#define INGLE_ENGINE_KERN_SGEMM_H

#include <string.h>

#include "base/compiler.h"
#include "engine/kern/ops.h"

#define SGEMM_BLOCK_K 192
#define SGEMM_BLOCK_ROWS 128
#define SGEMM_MAX_TILE_ROWS 8
#define SGEMM_MAX_TILE_COLS 48
#define SGEMM_TILE_VECTORS 3

/* c[0..rows)[0..columns) = (add ? c : 0) + a b for k steps, rows and columns being the tile's. */
struct sgemm_tile {
    float *c;
    size_t ldc;
    const float *a; /* [k][n_rows], packed */
    const float *b; /* [k], b_step apart */
    size_t b_step;
    int k;
    bool add;
};
typedef void (*sgemm_tile_fn)(const struct sgemm_tile *t);

struct sgemm_shape {
    int n_rows, n_cols; /* of a whole tile; n_cols is SGEMM_TILE_VECTORS vectors */
    int n_square;       /* what transpose() takes at a time: divides n_rows and n_cols */
    /* dst[j * dst_step + i] = src[i * src_step + j], i, j < n_square */
    void (*transpose)(float *dst, size_t dst_step, const float *src, size_t src_step);
    sgemm_tile_fn tile[2]
                      [SGEMM_TILE_VECTORS]; /* [all rows, half of them][columns in vectors - 1] */
};

/* dst[p * width + i] = lane i of src at p: n_lanes of them, the others of `width` 0. Lanes lie next
 * to each other and p step apart, or the other way round. */
static inline void sgemm_pack(float *dst, int width, const float *src, size_t step, int n_lanes,
                              int k, bool lanes_adjoin, const struct sgemm_shape *s) {
    const size_t w = (size_t)width, n = (size_t)n_lanes;
    if (lanes_adjoin) {
        for (size_t p = 0; p < (size_t)k; p++) {
            float *to = dst + p * w;
            const float *from = src + p * step;
            size_t i = 0; /* moves of a known size need no call */
            for (; i + 4 <= n; i += 4) memcpy(to + i, from + i, 4 * sizeof *to);
            for (; i < w; i++) to[i] = i < n ? from[i] : 0;
        }
        return;
    }
    const size_t square = (size_t)s->n_square;
    for (size_t i = 0; i < w; i += square) {
        size_t p = 0;
        for (; i + square <= n && p + square <= (size_t)k; p += square) {
            s->transpose(dst + p * w + i, w, src + i * step + p, step);
        }
        for (; p < (size_t)k; p++) {
            for (size_t j = i; j < i + square; j++) dst[p * w + j] = j < n ? src[j * step + p] : 0;
        }
    }
}

/* The tile at t->c, of which n_rows and n_cols exist. */
static inline void sgemm_one_tile(const struct sgemm_tile *t, int n_rows, int n_cols,
                                  const struct sgemm_shape *s) {
    int lanes = s->n_cols / SGEMM_TILE_VECTORS, vectors = (n_cols + lanes - 1) / lanes;
    bool half = n_rows <= s->n_rows / 2;
    int rows = half ? s->n_rows / 2 : s->n_rows, cols = vectors * lanes;
    sgemm_tile_fn tile = s->tile[half][vectors - 1];
    if (n_rows == rows && n_cols == cols) {
        tile(t);
        return;
    }
    float whole[SGEMM_MAX_TILE_ROWS * SGEMM_MAX_TILE_COLS];
    struct sgemm_tile edge = *t;
    size_t row_size = (size_t)n_cols * sizeof(float);
    edge.c = whole;
    edge.ldc = (size_t)cols;
    if (t->add) {
        memset(whole, 0, (size_t)rows * (size_t)cols * sizeof *whole);
        for (size_t i = 0; i < (size_t)n_rows; i++) {
            memcpy(whole + i * edge.ldc, t->c + i * t->ldc, row_size);
        }
    }
    tile(&edge);
    for (size_t i = 0; i < (size_t)n_rows; i++) {
        memcpy(t->c + i * t->ldc, whole + i * edge.ldc, row_size);
    }
}

/* Of the product, rows i0.. (a_pack holds n_rows of them) and n_k terms from p0 on. */
static inline void sgemm_block(const struct kern_sgemm_args *g, int i0, int n_rows, int p0, int n_k,
                               const float *a_pack, const struct sgemm_shape *s) {
    _Alignas(64) float b_pack[SGEMM_BLOCK_K * SGEMM_MAX_TILE_COLS];
    struct sgemm_tile t = {.ldc = g->ldc, .k = n_k, .add = g->add || p0 > 0};
    for (int j = 0; j < g->n; j += s->n_cols) {
        int n_cols = g->n - j < s->n_cols ? g->n - j : s->n_cols;
        size_t at =
            g->b_transposed ? (size_t)j * g->ldb + (size_t)p0 : (size_t)p0 * g->ldb + (size_t)j;
        /* What few rows read once is not worth a copy. */
        if (!g->b_transposed && n_cols == s->n_cols && n_rows <= 2 * s->n_rows) {
            t.b = g->b + at;
            t.b_step = g->ldb;
        } else {
            sgemm_pack(b_pack, s->n_cols, g->b + at, g->ldb, n_cols, n_k, !g->b_transposed, s);
            t.b = b_pack;
            t.b_step = (size_t)s->n_cols;
        }
        for (int i = 0; i < n_rows; i += s->n_rows) {
            t.a = a_pack + (size_t)i * (size_t)n_k;
            t.c = g->c + (size_t)(i0 + i) * g->ldc + j;
            sgemm_one_tile(&t, n_rows - i < s->n_rows ? n_rows - i : s->n_rows, n_cols, s);
        }
    }
}

static inline void sgemm_run(const struct kern_sgemm_args *g, const struct sgemm_shape *s) {
    _Alignas(64) float a_pack[SGEMM_BLOCK_ROWS * SGEMM_BLOCK_K];
    int p0 = 0;
    do { /* also where k is 0: c is then 0 or left as it is */
        int n_k = g->k - p0 < SGEMM_BLOCK_K ? g->k - p0 : SGEMM_BLOCK_K;
        for (int i0 = 0; i0 < g->m; i0 += SGEMM_BLOCK_ROWS) {
            int n_rows = g->m - i0 < SGEMM_BLOCK_ROWS ? g->m - i0 : SGEMM_BLOCK_ROWS;
            for (int i = i0; i < i0 + n_rows; i += s->n_rows) {
                int n = i0 + n_rows - i < s->n_rows ? i0 + n_rows - i : s->n_rows;
                size_t at = g->a_transposed ? (size_t)p0 * g->lda + (size_t)i
                                            : (size_t)i * g->lda + (size_t)p0;
                sgemm_pack(a_pack + (size_t)(i - i0) * (size_t)n_k, s->n_rows, g->a + at, g->lda, n,
                           n_k, g->a_transposed, s);
            }
            sgemm_block(g, i0, n_rows, p0, n_k, a_pack, s);
        }
        p0 += n_k;
    } while (p0 < g->k);
}

#endif
