#include "engine/kern/x86/kern_x86.h"

void kern_tier_avx512bf16(struct kern_ops *ops) {
    kern_gemm_float_avx512bf16(ops);
}
