/* What each x86-64 tier installs into the table of operations. */
#ifndef INGLE_ENGINE_KERN_X86_KERN_X86_H
#define INGLE_ENGINE_KERN_X86_KERN_X86_H

#include "engine/kern/ops.h"

/* One function a tier (tier_<name>.c); each expects the lower tiers to have installed theirs. */
void kern_tier_avx2(struct kern_ops *ops);
void kern_tier_avxvnni(struct kern_ops *ops);
void kern_tier_avx512vnni(struct kern_ops *ops);
void kern_tier_avx512bf16(struct kern_ops *ops);

/* Their parts, one a file <family>_<tier>.c. */
void kern_act_avx2(struct kern_ops *ops);
void kern_attn_avx2(struct kern_ops *ops);
void kern_gemm_float_avx2(struct kern_ops *ops);
void kern_gemm_q256_avx2(struct kern_ops *ops);
void kern_gemm_q32_avx2(struct kern_ops *ops);
void kern_kv_avx2(struct kern_ops *ops);
void kern_row_avx2(struct kern_ops *ops);
void kern_sgemm_avx2(struct kern_ops *ops);
void kern_gemm_q256_avxvnni(struct kern_ops *ops);
void kern_gemm_q32_avxvnni(struct kern_ops *ops);
void kern_act_avx512vnni(struct kern_ops *ops);
void kern_attn_avx512vnni(struct kern_ops *ops);
void kern_gemm_float_avx512vnni(struct kern_ops *ops);
void kern_gemm_q256_avx512vnni(struct kern_ops *ops);
void kern_gemm_q32_avx512vnni(struct kern_ops *ops);
void kern_row_avx512vnni(struct kern_ops *ops);
void kern_sgemm_avx512vnni(struct kern_ops *ops);
void kern_gemm_float_avx512bf16(struct kern_ops *ops);

#endif
