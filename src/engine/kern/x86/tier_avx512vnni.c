#include "engine/kern/x86/kern_x86.h"

void kern_tier_avx512vnni(struct kern_ops *ops) {
    ops->layout = (struct kern_layout){.rows = 32, .kb = 4};
    kern_act_avx512vnni(ops);
    kern_attn_avx512vnni(ops);
    kern_gemm_float_avx512vnni(ops);
    kern_gemm_q256_avx512vnni(ops);
    kern_gemm_q32_avx512vnni(ops);
    kern_row_avx512vnni(ops);
    kern_sgemm_avx512vnni(ops);
}
