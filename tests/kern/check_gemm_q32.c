/* Products of the 32-element block types. */
#include "gemm.h"

void check_gemm_q32(struct check *c) {
    static const enum kern_type types[] = {KERN_Q4_0, KERN_Q4_1,   KERN_Q5_0, KERN_Q5_1,
                                           KERN_Q8_0, KERN_IQ4_NL, KERN_MXFP4};
    static const int cols[] = {32, 64, 96, 128, 160, 256, 288, 544};
    gemm_check_types(c, types, (int)BASE_COUNT(types), cols, (int)BASE_COUNT(cols));
}
