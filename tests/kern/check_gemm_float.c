/* Products of the float types, odd numbers of columns among them. */
#include "gemm.h"

void check_gemm_float(struct check *c) {
    static const enum kern_type types[] = {KERN_F32, KERN_F16, KERN_BF16};
    static const int cols[] = {1, 2, 3, 5, 16, 31, 64, 97, 255, 256, 257, 600};
    gemm_check_types(c, types, (int)BASE_COUNT(types), cols, (int)BASE_COUNT(cols));
}
