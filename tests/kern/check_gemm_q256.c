/* Products of the 256-element block types. */
#include "gemm.h"

void check_gemm_q256(struct check *c) {
    static const enum kern_type types[] = {KERN_Q2_K, KERN_Q3_K, KERN_Q4_K,
                                           KERN_Q5_K, KERN_Q6_K, KERN_IQ4_XS};
    static const int cols[] = {256, 512, 768, 1536};
    gemm_check_types(c, types, (int)BASE_COUNT(types), cols, (int)BASE_COUNT(cols));
}
