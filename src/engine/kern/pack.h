/* The packed form of a weight matrix: what the matrix kernels read, in the order they read it.
 *
 * R rows form a group; a group is one contiguous stream over k, block by block:
 *
 *   group 0 (rows 0..R-1)          | group 1 (rows R..2R-1)          | ...
 *   [k-block 0][k-block 1] ...     | [k-block 0] ...
 *
 * The last group is filled up with zero rows. R and KB (how many consecutive k of one row lie
 * together: the width of the tier's dot-product instruction) belong to the tier:
 * struct kern_layout. Within a k-block the fields follow each other without padding:
 *
 *   32-element types        scale   u16[R] (f16 bits; MXFP4: u8[R] exponent)
 *                           min     u16[R] (f16 bits; Q4_1 and Q5_1 only)
 *                           planes  of the 32 elements
 *   256-element types       d       u16[R] (f16 bits)
 *                           dmin    u16[R] (f16 bits; Q2_K, Q4_K, Q5_K only)
 *                           scales  [n_sub][R] bytes: u8 (Q2_K, Q4_K, Q5_K) or i8 (Q3_K, Q6_K,
 *                                   IQ4_XS); a sub-block is 32 elements (Q4_K, Q5_K, IQ4_XS) or
 *                                   16 (Q2_K, Q3_K, Q6_K)
 *                           mins    [n_sub / 2][R][2] u8, sub-blocks 2i and 2i+1 side by side
 *                                   (the types with dmin)
 *                           planes  of elements 0..31, then of 32..63, ... 8 times
 *   F32, F16, BF16          elements only, KF consecutive k of a row together (KF = 1 for F32 and
 *                           F16, 2 for BF16): [k / KF][R][KF]; n_cols odd: a zero is added
 *
 * Planes of 32 elements: with 32 / KB units u, each [R][KB], element k = u*KB + j of row r is at
 * (u, r, j). Which planes a type has is its `code`:
 *
 *   nibbles   u8 [16 / KB][R][KB]: byte (u, r, j) = low 4 bits of code(u*KB + j)
 *                                  | low 4 bits of code(16 + u*KB + j) << 4
 *   crumbs    u8 [8 / KB][R][KB]:  byte (u, r, j) = two bits of each of code(u*KB + j + 8*i) << 2i,
 *                                  i = 0..3
 *   bits      [32 / KB][R*KB] bits, bit r*KB + j of unit u (least significant first within bytes)
 *   bytes     u8 [32 / KB][R][KB]
 *
 *   Q4_0, Q4_1, Q4_K, IQ4_NL, IQ4_XS, MXFP4   nibbles
 *   Q5_0, Q5_1, Q5_K                          nibbles (bits 0..3), bits (bit 4)
 *   Q6_K                                      nibbles (bits 0..3), crumbs (bits 4..5)
 *   Q2_K                                      crumbs (bits 0..1)
 *   Q3_K                                      crumbs (bits 0..1), bits (bit 2)
 *   Q8_0                                      bytes (q + 128)
 *
 * Codes are unsigned; the weight is code - offset (or table[code] - offset: IQ4 and MXFP4 tables
 * are stored with an offset too), times the scale, minus or plus the min. See kern_code. */
#ifndef INGLE_ENGINE_KERN_PACK_H
#define INGLE_ENGINE_KERN_PACK_H

#include "engine/kern/block.h"

struct kern_layout {
    int rows; /* R: rows in a group; a multiple of 4, at most KERN_MAX_GROUP_ROWS */
    int kb;   /* KB: 4 or 8 */
};

#define KERN_MAX_GROUP_ROWS 32

/* Of the bytes that this header describes: raise it whenever kern_pack_group() writes others.
 * Packed weights outlive a process (model/pack_cache.h). */
#define KERN_PACK_VERSION 1

/* Bytes of one k-block of a group, and of a whole group of n_cols columns. */
size_t kern_packed_block_size(enum kern_type type, struct kern_layout layout);
size_t kern_packed_group_size(enum kern_type type, struct kern_layout layout, int n_cols);
int kern_n_groups(struct kern_layout layout, int n_rows);

/* Packs group g of a row-major matrix of file blocks (n_rows x n_cols, rows kern_row_size() bytes
 * apart) into dst, kern_packed_group_size() bytes. */
void kern_pack_group(enum kern_type type, struct kern_layout layout, const void *src, int n_rows,
                     int n_cols, int g, void *dst);

/* A packed matrix, borrowed. */
struct kern_weight {
    const uint8_t *data; /* kern_n_groups() groups of group_size bytes, 64-byte aligned */
    size_t group_size;
    enum kern_type type;
    struct kern_layout layout;
    int n_rows; /* outputs */
    int n_cols; /* inputs */
};

/* Row r of the packed k-block at `packed`, taken apart again. Not for float types. */
void kern_unpack_block(enum kern_type type, struct kern_layout layout, const uint8_t *packed, int r,
                       struct kern_block *out);

/* values[0..n_cols) = row `row` of the matrix, exactly as kern_dequant_row() gives it. */
void kern_unpack_row(const struct kern_weight *w, int row, float *values);

#endif
