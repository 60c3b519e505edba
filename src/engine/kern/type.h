/* The weight types the kernels compute with. Numbers equal GGUF's tensor type ids.
 *
 * A row of weights in a file is a sequence of blocks of `block_elems` values in `block_bytes`
 * bytes (layouts: the comments in dequant.c). To be multiplied, a matrix is
 * first packed (pack.h) and the activations are brought into the form `act` (act.h). */
#ifndef INGLE_ENGINE_KERN_TYPE_H
#define INGLE_ENGINE_KERN_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kern_type {
    KERN_F32 = 0,
    KERN_F16 = 1,
    KERN_Q4_0 = 2,
    KERN_Q4_1 = 3,
    KERN_Q5_0 = 6,
    KERN_Q5_1 = 7,
    KERN_Q8_0 = 8,
    KERN_Q2_K = 10,
    KERN_Q3_K = 11,
    KERN_Q4_K = 12,
    KERN_Q5_K = 13,
    KERN_Q6_K = 14,
    KERN_IQ4_NL = 20,
    KERN_IQ4_XS = 23,
    KERN_BF16 = 30,
    KERN_MXFP4 = 39,
    KERN_TYPE_MAX = 40
};

/* The form of the activations that a weight type is multiplied with. */
enum kern_act {
    KERN_ACT_F32,    /* F32 weights */
    KERN_ACT_F16,    /* F16 weights: activations rounded to as many bits */
    KERN_ACT_BF16,   /* BF16 weights: activations rounded to bf16 */
    KERN_ACT_Q8_32,  /* 32-element block types: int8 with a scale per 32 */
    KERN_ACT_Q8_256, /* 256-element block types: int8 with a scale per 256 */
    KERN_N_ACT
};

struct kern_type_info {
    const char *name; /* as published: "Q4_K" */
    int block_elems;
    int block_bytes;
    enum kern_act act;
};

/* NULL for an id the kernels do not know. */
const struct kern_type_info *kern_type_info(uint32_t id);

/* Bytes of a row of n values; n must be a multiple of block_elems. */
size_t kern_row_size(enum kern_type type, int64_t n);

#endif
