#include "engine/kern/arm/kern_arm.h"

void kern_tier_neon(struct kern_ops *ops) {
    ops->layout = (struct kern_layout){.rows = 8, .kb = 4};
    kern_act_neon(ops);
    kern_attn_neon(ops);
    kern_gemm_float_neon(ops);
    kern_gemm_q256_neon(ops);
    kern_gemm_q32_neon(ops);
    kern_kv_neon(ops);
    kern_row_neon(ops);
    kern_sgemm_neon(ops);
}
