/* The reference tier: every operation as plainly as it can be said. It runs on any machine, reads
 * the packed weights of any layout, and is what all other tiers are compared with. */
#ifndef INGLE_ENGINE_KERN_REF_REF_H
#define INGLE_ENGINE_KERN_REF_REF_H

#include "engine/kern/ops.h"

/* Each installs its part. */
void kern_act_ref(struct kern_ops *ops);
void kern_attn_ref(struct kern_ops *ops);
void kern_gemm_ref(struct kern_ops *ops);
void kern_row_ref(struct kern_ops *ops);
void kern_sgemm_ref(struct kern_ops *ops);

#endif
