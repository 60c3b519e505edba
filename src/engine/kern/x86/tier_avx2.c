#include "engine/kern/x86/kern_x86.h"

void kern_tier_avx2(struct kern_ops *ops) {
    ops->layout = (struct kern_layout){.rows = 16, .kb = 4};
    kern_act_avx2(ops);
    kern_attn_avx2(ops);
    kern_gemm_float_avx2(ops);
    kern_gemm_q256_avx2(ops);
    kern_gemm_q32_avx2(ops);
    kern_kv_avx2(ops);
    kern_row_avx2(ops);
    kern_sgemm_avx2(ops);
}
