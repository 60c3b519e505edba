#include "engine/kern/x86/kern_x86.h"

void kern_tier_avxvnni(struct kern_ops *ops) {
    kern_gemm_q256_avxvnni(ops);
    kern_gemm_q32_avxvnni(ops);
}
