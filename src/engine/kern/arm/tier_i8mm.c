#include "engine/kern/arm/kern_arm.h"

void kern_tier_i8mm(struct kern_ops *ops) {
    /* Float kernels depend on the rows of a group only; every integer kernel is replaced. */
    ops->layout = (struct kern_layout){.rows = 8, .kb = 8};
    kern_gemm_float_i8mm(ops);
    kern_gemm_q256_i8mm(ops);
    kern_gemm_q32_i8mm(ops);
}
