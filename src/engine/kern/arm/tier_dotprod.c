#include "engine/kern/arm/kern_arm.h"

void kern_tier_dotprod(struct kern_ops *ops) {
    kern_gemm_q256_dotprod(ops);
    kern_gemm_q32_dotprod(ops);
}
