/* What each aarch64 tier installs into the table of operations. */
#ifndef INGLE_ENGINE_KERN_ARM_KERN_ARM_H
#define INGLE_ENGINE_KERN_ARM_KERN_ARM_H

#include "engine/kern/ops.h"

/* One function a tier (tier_<name>.c); each expects the lower tiers to have installed theirs. */
void kern_tier_neon(struct kern_ops *ops);
void kern_tier_dotprod(struct kern_ops *ops);
void kern_tier_i8mm(struct kern_ops *ops);

/* Their parts, one a file <family>_<tier>.c. */
void kern_act_neon(struct kern_ops *ops);
void kern_attn_neon(struct kern_ops *ops);
void kern_gemm_float_neon(struct kern_ops *ops);
void kern_gemm_q256_neon(struct kern_ops *ops);
void kern_gemm_q32_neon(struct kern_ops *ops);
void kern_kv_neon(struct kern_ops *ops);
void kern_row_neon(struct kern_ops *ops);
void kern_sgemm_neon(struct kern_ops *ops);
void kern_gemm_q256_dotprod(struct kern_ops *ops);
void kern_gemm_q32_dotprod(struct kern_ops *ops);
void kern_gemm_float_i8mm(struct kern_ops *ops);
void kern_gemm_q256_i8mm(struct kern_ops *ops);
void kern_gemm_q32_i8mm(struct kern_ops *ops);

#endif
